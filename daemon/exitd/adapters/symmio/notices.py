"""What somebody should know of an account on a chain, told once while it lasts."""

from __future__ import annotations

from collections.abc import Callable

from exitd.ports.notices import Notice, NoticeKind

OnNotice = Callable[[Notice], None]


class Notices:
    """Keeps which notices stand, so that each is told once and ended once.

    Args:
        account: Stands in front of what a notice is about.
    """

    def __init__(self, account: str, tell: OnNotice) -> None:
        self._account = account
        self._tell = tell
        self._standing: set[tuple[NoticeKind, str]] = set()

    def begin(self, kind: NoticeKind, about: str, text: str) -> None:
        """Tell of something, unless that has been done and it is not over."""
        if (kind, about) not in self._standing:
            self._standing.add((kind, about))
            self._tell(Notice(text, kind=kind, about=self._place(about)))

    def end(self, kind: NoticeKind, about: str, text: str) -> None:
        """Tell that something is over, where its beginning was told."""
        if (kind, about) in self._standing:
            self._standing.discard((kind, about))
            place = self._place(about)
            self._tell(Notice(text, kind=kind, about=place, is_over=True))

    def standing(self, kind: NoticeKind) -> list[str]:
        """Give what notices of a kind are about, of those that are not over."""
        return sorted(about for known, about in self._standing if known is kind)

    def _place(self, about: str) -> str:
        return f"{self._account}/{about}" if about else self._account
