"""`webhook url`: what to paste where alerts are made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from exitd.cli.exit_codes import ExitCode
from exitd.cli.failures import CommandFailed
from exitd.cli.options import Config, Json
from exitd.cli.printing import note, say, say_json

if TYPE_CHECKING:
    from exitd.configuration.loaded import Settings

#: For alerts of indicators and prices. Numbers are not quoted: they are numbers then.
INDICATOR = (
    '{"ticker": "{{ticker}}", "direction": "long", "auth_key": "@KEY@", '
    '"orderType": "market", "qty": 10, "marketPrice": {{close}}, '
    '"metadata": {"signal": "what made it", "timestamp": "{{timenow}}", '
    '"signalPlatform": "tradingview"}}'
)
#: The same where a route only closes; without a size all of it.
CLOSING = (
    '{"ticker": "{{ticker}}", "direction": "short", "auth_key": "@KEY@", '
    '"orderType": "market", "positionIntent": "sell_to_close", '
    '"marketPrice": {{close}}, '
    '"metadata": {"signal": "what made it", "timestamp": "{{timenow}}", '
    '"signalPlatform": "tradingview"}}'
)
#: For alerts of strategies: side and quantity are those of the strategy's order.
STRATEGY = (
    '{"ticker": "{{ticker}}", "action": "{{strategy.order.action}}", '
    '"auth_key": "@KEY@", "orderType": "market", '
    '"qty": {{strategy.order.contracts}}, "marketPrice": {{close}}, '
    '"metadata": {"signal": "{{strategy.order.id}}", "timestamp": "{{timenow}}", '
    '"signalPlatform": "tradingview"}}'
)
_PORTS = "TradingView sends to the ports 80 and 443 only"


def url(
    route: Annotated[
        str, typer.Argument(metavar="ROUTE", help="As under `webhook: routes:`.")
    ],
    with_key: Annotated[
        bool,
        typer.Option(
            "--with-key", help="Print the auth_key itself; mind who is looking."
        ),
    ] = False,
    config: Config = None,
    json: Json = False,
) -> int:
    """
    Print the URL of a route, and bodies to paste into the dialog of an alert.

    \b
    Examples:
      exitd webhook url tv
      exitd webhook url tv --with-key --json
    """
    settings = _settings(config)
    routes = settings.file.webhook.routes
    if route not in routes:
        raise CommandFailed(_no_route(route, routes))
    place = _place(settings)
    key = _key(settings, route) if with_key else f"AUTH_KEY OF {route}"
    found = f"{place}/webhook/{route}"
    opens = "open" in routes[route].allow
    notes = [
        *_notes(settings, place),
        "" if opens else _only_closes(route),
        "" if with_key else f"the auth_key is in {routes[route].auth_key}",
    ]
    bodies = {
        "indicator": (INDICATOR if opens else CLOSING).replace("@KEY@", key),
        "strategy": STRATEGY.replace("@KEY@", key),
    }
    told = [text for text in notes if text]
    if json:
        say_json({"route": route, "url": found, "notes": told, "bodies": bodies})
        return ExitCode.OK
    say(found)
    say("")
    say("The message of an alert on an indicator or a price:")
    say(bodies["indicator"])
    say("")
    say("The message of an alert on a strategy:")
    say(bodies["strategy"])
    for text in told:
        note(text)
    return ExitCode.OK


def _settings(config: Path | None) -> Settings:
    import os

    from exitd.configuration.findings import render
    from exitd.configuration.load import load
    from exitd.errors import ConfigurationError
    from exitd.settings import read_settings

    loaded = load(config or read_settings().config, dict(os.environ))
    if loaded.settings is None:
        raise ConfigurationError(render(loaded.findings))
    return loaded.settings


def _no_route(route: str, routes: object) -> str:
    from exitd.configuration.findings import did_you_mean, quoted

    assert isinstance(routes, dict)
    if not routes:
        return "there is no route yet; write one under `webhook: routes:` (exitd.yaml)"
    names = ", ".join(routes)
    near = did_you_mean(route, routes)
    return f"there is no route {quoted(route)}{near}; those there are: {names}"


def _only_closes(route: str) -> str:
    return (
        "this route only closes what is held, and refuses what would open; "
        f"webhook.routes.{route}.allow: [open, close] changes that"
    )


def _place(settings: Settings) -> str:
    webhook = settings.file.webhook
    if webhook.public_url is not None:
        return webhook.public_url
    if webhook.bind == "off":
        raise CommandFailed(
            "no alert can come in: webhook.bind is off, and there is no public_url"
        )
    return f"http://{webhook.bind}"


def _notes(settings: Settings, place: str) -> list[str]:
    from urllib.parse import urlsplit

    from exitd.configuration.addresses import is_loopback

    webhook, found = settings.file.webhook, urlsplit(place)
    if webhook.public_url is None:
        reach = (
            "this machine only reaches it"
            if is_loopback(found.hostname or "")
            else "it has no TLS"
        )
        return [
            f"{reach}: put a reverse proxy in front and set webhook.public_url "
            f"(docs/webhook.md); {_PORTS}"
        ]
    port = found.port or (443 if found.scheme == "https" else 80)
    return [] if port in (80, 443) else [f"{_PORTS}, and this is {port}"]


def _key(settings: Settings, route: str) -> str:
    import json
    import os

    from exitd.configuration.secrets import resolve

    key = resolve(settings.file.webhook.routes[route].auth_key, dict(os.environ))
    # As it has to stand between the quotes of JSON.
    return json.dumps(key.reveal(), ensure_ascii=False)[1:-1]
