"""What makes Alpaca refuse an order for how it is written, in the order it looks."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from fakes.alpaca.assets import ASSETS, Asset
from fakes.alpaca.refused import forbidden, missing, unfit, wrong

TYPES = ("market", "limit", "stop", "stop_limit", "trailing_stop")
TIMES = ("day", "gtc", "opg", "cls", "ioc", "fok")
CLASSES = ("", "simple", "bracket", "oco", "oto")
INTENTS = ("buy_to_open", "buy_to_close", "sell_to_open", "sell_to_close")
CENT = Decimal("0.01")


def number(body: dict[str, Any], name: str) -> Decimal | None:
    """Read a number, which may come as a text or as one."""
    value = body.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise wrong("request body format is invalid")
    try:
        found = Decimal(str(value))
    except InvalidOperation as exc:
        raise wrong("request body format is invalid") from exc
    if not found.is_finite():
        raise wrong("request body format is invalid")
    if found <= 0:
        raise wrong(f"{name} must be > 0")
    return found


def asset_of(symbol: object) -> Asset:
    if not isinstance(symbol, str) or not symbol:
        raise wrong("symbol is required")
    for asset in ASSETS.values():
        if symbol.upper() in (asset.symbol, asset.position_symbol):
            return asset
    raise unfit(f'asset "{symbol}" not found')


def one_of(body: dict[str, Any], name: str, known: tuple[str, ...]) -> str:
    value = body.get(name) or ""
    if value not in known:
        raise wrong(f"invalid {name}" if value else f"{name} is required")
    return str(value)


def check_prices(body: dict[str, Any], kind: str) -> None:
    """Refuse prices that a type has no use for, and types without theirs."""
    limit, stop = number(body, "limit_price"), number(body, "stop_price")
    trails = (number(body, "trail_price"), number(body, "trail_percent"))
    if kind == "market" and (limit is not None or stop is not None):
        raise wrong("market orders require no stop or limit price")
    # The limit of an oco is that of its take-profit.
    if kind == "limit" and limit is None and body.get("order_class") != "oco":
        raise wrong("limit orders require a limit price")
    if kind == "limit" and stop is not None:
        raise wrong("limit orders require no stop price")
    if kind == "stop" and stop is None:
        raise wrong("stop orders require a stop price")
    if kind == "stop" and limit is not None:
        raise wrong("stop orders require no limit price")
    if kind == "stop_limit" and (limit is None or stop is None):
        raise wrong("stop limit orders require both stop and limit price")
    if kind == "trailing_stop":
        if sum(trail is not None for trail in trails) != 1:
            raise wrong(
                "trailing stop orders must specify one of trail_price or trail_percent"
            )
        if trails[1] is not None and trails[1] < Decimal("0.1"):
            raise wrong("trail_percent must be greater than or equal to 0.1")


def check_step(asset: Asset, name: str, price: Decimal | None) -> None:
    if price is None or asset.is_crypto:
        return
    step = CENT if price >= 1 else Decimal("0.0001")
    if price % step:
        raise unfit(
            f"invalid {name} {price}. sub-penny increment does not fulfill minimum"
            " pricing criteria"
        )


def check_size(body: dict[str, Any], asset: Asset) -> tuple[Decimal | None, ...]:
    qty, notional = number(body, "qty"), number(body, "notional")
    if qty is None and notional is None:
        raise wrong("qty or notional is required")
    if qty is not None and notional is not None:
        raise wrong("only one of qty or notional is accepted")
    is_part = notional is not None or (qty is not None and qty % 1 != 0)
    if is_part and not asset.is_crypto:
        if not asset.fractionable:
            raise forbidden(f'asset "{asset.symbol}" is not fractionable')
        if body["time_in_force"] != "day":
            raise unfit("fractional orders must be DAY orders")
        if (body.get("order_class") or "simple") != "simple":
            raise unfit("fractional orders must be simple orders")
        if body["type"] == "trailing_stop":
            raise unfit("fractional orders must be market, limit or stop orders")
    if notional is not None and body["type"] != "market":
        raise unfit("notional orders must be market orders")
    if qty is not None and asset.is_crypto and qty < Decimal(asset.min_order_size or 0):
        raise forbidden(
            f"minimal qty of order {asset.min_order_size}", symbol=asset.symbol
        )
    return qty, notional


def check_times(body: dict[str, Any], asset: Asset) -> None:
    kind, when = body["type"], body["time_in_force"]
    if asset.is_crypto:
        if when not in ("gtc", "ioc"):
            raise unfit("invalid crypto time_in_force")
        if kind not in ("market", "limit", "stop_limit"):
            raise unfit("invalid order type for crypto order")
        if (body.get("order_class") or "simple") != "simple":
            raise unfit("crypto orders must be simple orders")
    elif when in ("ioc", "fok"):
        raise unfit(f"{when} orders are not enabled for this account")
    elif when in ("opg", "cls") and kind not in ("market", "limit"):
        raise unfit(f"{when} orders must be market or limit orders")
    if body.get("extended_hours"):
        if kind in ("stop", "stop_limit", "trailing_stop"):
            raise unfit("stop orders are not eligible for extended hours trading")
        if kind != "limit" or when not in ("day", "gtc"):
            raise unfit("extended hours order must be DAY or GTC limit orders")


def leg_prices(body: dict[str, Any]) -> dict[str, Decimal | None]:
    """Give `take`, `stop` and `stop_limit` of the exits that a body names."""
    take, stop = body.get("take_profit") or {}, body.get("stop_loss") or {}
    if not isinstance(take, dict) or not isinstance(stop, dict):
        raise wrong("request body format is invalid")
    return {
        "take": number(take, "limit_price"),
        "stop": number(stop, "stop_price"),
        "stop_limit": number(stop, "limit_price"),
    }


def check_class(body: dict[str, Any], asset: Asset, base: Decimal, opens: bool) -> None:
    """Check what an order of several needs; *base* is what its exits are far from."""
    kind = body.get("order_class") or "simple"
    legs = leg_prices(body)
    take, stop = legs["take"], legs["stop"]
    if kind == "simple":
        if take is not None or stop is not None:
            raise wrong("simple orders require no take profit or stop loss")
        return
    if kind == "bracket" and (take is None or stop is None):
        raise wrong(
            "bracket orders require take_profit.limit_price and stop_loss.stop_price"
        )
    if kind == "oco" and (take is None or stop is None):
        raise wrong(
            "oco orders require take_profit.limit_price and stop_loss.stop_price"
        )
    if kind == "oto" and (take is None) == (stop is None):
        raise wrong("oto orders require exactly one of take_profit or stop_loss")
    if body["time_in_force"] not in ("day", "gtc"):
        raise unfit("complex orders must be DAY or GTC orders")
    if body.get("extended_hours"):
        raise unfit("extended hours order must be simple orders")
    if kind == "oco":
        if body["type"] != "limit":
            raise wrong("oco orders must be limit orders")
        if opens:
            raise unfit("oco orders must be exit orders")
    elif body["type"] not in ("market", "limit"):
        raise wrong("bracket orders must be market or limit orders")
    elif not opens:
        raise unfit("bracket orders must be entry orders")
    # The exits of a buy sell; those of an oco do what the order itself does.
    sells = (body["side"] == "buy") is (kind != "oco")
    _check_distance(take if kind != "oco" else None, stop, base, sells=sells)
    if take is not None and stop is not None and (take > stop) is not sells:
        relation = ">" if sells else "<"
        raise unfit(f"take_profit.limit_price must be {relation} stop_loss.stop_price")
    for name, price in (
        ("take_profit.limit_price", take),
        ("stop_loss.stop_price", stop),
        ("stop_loss.limit_price", legs["stop_limit"]),
    ):
        check_step(asset, name, price)


def _check_distance(
    take: Decimal | None, stop: Decimal | None, base: Decimal, *, sells: bool
) -> None:
    extra = {"base_price": format(base, "f")}
    if take is not None:
        if sells and take < base + CENT:
            raise unfit("take_profit.limit_price must be >= base_price + 0.01", **extra)
        if not sells and take > base - CENT:
            raise unfit("take_profit.limit_price must be <= base_price - 0.01", **extra)
    if stop is not None:
        if sells and stop > base - CENT:
            raise unfit("stop_loss.stop_price must be <= base_price - 0.01", **extra)
        if not sells and stop < base + CENT:
            raise unfit("stop_loss.stop_price must be >= base_price + 0.01", **extra)


def check_words(body: dict[str, Any]) -> Asset:
    """Check what is written, before anything that depends on the account."""
    asset = asset_of(body.get("symbol"))
    one_of(body, "side", ("buy", "sell"))
    kind = one_of(body, "type", TYPES)
    one_of(body, "time_in_force", TIMES)
    if body.get("order_class"):
        one_of(body, "order_class", CLASSES)
    if body.get("position_intent"):
        one_of(body, "position_intent", INTENTS)
    if len(str(body.get("client_order_id") or "")) > 128:
        raise wrong("client_order_id must be no more than 128 characters")
    check_prices(body, kind)
    check_size(body, asset)
    check_times(body, asset)
    for name in ("limit_price", "stop_price"):
        check_step(asset, name, number(body, name))
    if not asset.tradable:
        raise unfit(f'asset "{asset.symbol}" is not tradable')
    return asset


def not_found(what: str) -> Exception:
    return missing(f"order not found for {what}")
