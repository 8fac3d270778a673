"""What venues have answered to `exitd doctor --live`: kept here, shown by `status`."""

from collections.abc import Sequence

from exitd.ports.answers import UNKNOWN, VenueAnswer, decoded, encoded, joined, note_of
from exitd.runtime.answer_views import AnswersView
from exitd.runtime.control.requests import account_of
from exitd.runtime.daemon import Daemon


class Answers:
    """Keeps answers beside what else is known of each account."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    async def keep(self, account: str, answers: Sequence[VenueAnswer]) -> AnswersView:
        """Keep newer answers; what is unknown now hides nothing that was known.

        Raises:
            Unusable: There is no such account.
            StoreError: They could not be written down.
        """
        name = account_of(account, self._daemon.accounts)
        store = self._daemon.store
        before = decoded(await store.note(note_of(name)))
        found = joined(before, answers)
        await store.put_note(note_of(name), encoded(found))
        return AnswersView(account=name, answers=found)

    async def counted(self) -> dict[str, str]:
        """Say of each account that was asked how much is known; others are left out."""
        found = {}
        for name in self._daemon.accounts:
            kept = decoded(await self._daemon.store.note(note_of(name)))
            if kept:
                known = joined(kept, ())
                unknown = [a.question.value for a in known if a.answer == UNKNOWN]
                found[name] = _counted(len(known), unknown)
        return found


def _counted(questions: int, unknown: Sequence[str]) -> str:
    known = f"{questions - len(unknown)} of {questions} questions answered"
    return f"{known}, unknown: {', '.join(unknown)}" if unknown else known
