"""An account at Schwab, as exitd.yaml names it."""

from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Annotated, Literal

from pydantic import Field

from exitd.configuration.addresses import AbsolutePath, HttpUrl
from exitd.configuration.document import Document, Path
from exitd.configuration.findings import Finding, Severity
from exitd.configuration.keys import Count, Keys, described
from exitd.configuration.secrets import SecretReference, mode_complaint
from exitd.configuration.stocks import Stock
from exitd.configuration.symbols import Symbol
from exitd.configuration.unproven import why_not_live
from exitd.configuration.values import DurationValue

TYPE = "schwab"

AccountNumber = Annotated[str, Field(strict=True, pattern=r"^[0-9]{4,12}$")]


class SchwabAccount(Keys):
    """An account at Schwab (`type: schwab`).

    A person logs in once a week by `exitd schwab login`. It was never tried against the
    broker itself: paper mode only.
    """

    type: Literal["schwab"] = described(
        ..., "Charles Schwab; its table is `venues/schwab.yaml`."
    )
    key: SecretReference = described(..., "The key of your app at Schwab.")
    secret: SecretReference = described(..., "The secret of your app at Schwab.")
    account_number: AccountNumber = described(
        ..., "The number of the account, in quotes.", examples=["12345678"]
    )
    callback: HttpUrl = described(
        "https://127.0.0.1", "The callback URL that your app was registered with."
    )
    login_file: AbsolutePath | None = described(
        None,
        "Where the login of a person is kept, mode 0600.",
        shown="schwab-<name>.json in the state directory",
    )
    symbols: dict[Symbol, Stock] = described(
        {},
        "The stocks that may be traded, by name; those that are held are known anyway.",
        shown="none",
    )
    url: HttpUrl | None = described(
        None, "Another address, such as a fake broker.", shown="from the table"
    )
    poll: DurationValue | None = described(
        None,
        "How often orders, executions and positions are asked for.",
        shown="from the table",
    )
    requests_per_minute: Count | None = described(
        None,
        "How many requests closes, cancels and questions may take in a minute; prices "
        "and `poll` take theirs beside them.",
        shown="from the table",
    )


def check_schwab(
    document: Document, name: str, account: SchwabAccount, mode: str
) -> Iterator[Finding]:
    """Check what is said of an account in several places."""
    path: Path = ("venues", name)
    why = why_not_live(TYPE) if mode == "live" else ""
    if why:
        yield document.finding((*path, "type"), why)
    if account.login_file is not None:
        complaint = mode_complaint(FilePath(account.login_file))
        if complaint is not None:
            yield document.finding(
                (*path, "login_file"), complaint, severity=Severity.WARNING
            )
