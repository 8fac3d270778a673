"""Accounts with what their venues have answered: only ever towards more caution."""

from collections.abc import AsyncIterator, Iterable

from msgspec.structs import replace

from exitd.configuration.loaded import AccountSettings
from exitd.ports.answers import Question, decoded, note_of
from exitd.ports.store import Store


async def as_answered(
    accounts: Iterable[AccountSettings], store: Store
) -> AsyncIterator[AccountSettings]:
    """Give the accounts, each with at least twice the lag of the history measured.

    No answer shortens a wait: what the files say is the least.
    """
    for settings in accounts:
        kept = decoded(await store.note(note_of(settings.name)))
        lags = [a.number_ns or 0 for a in kept if a.question is Question.HISTORY_LAG]
        slack_ns = max([settings.lag_slack_ns, *(2 * lag_ns for lag_ns in lags)])
        yield replace(settings, lag_slack_ns=slack_ns)
