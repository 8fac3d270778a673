"""Positions as checked: every default applied, every word decided."""

from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

from exitd.configuration.conditions import (
    condition_of,
    confirmation_of,
    move_of,
    source_of,
)
from exitd.configuration.document import Document, Path
from exitd.configuration.exit_keys import Action, Exit
from exitd.configuration.exit_words import (
    action_of,
    goes_to_market,
    watches_elsewhere,
)
from exitd.configuration.keys import ExitDefaults
from exitd.configuration.position_file import Position
from exitd.configuration.position_file import Side as SideWord
from exitd.configuration.values import Expiry
from exitd.configuration.wording import Wording, wording
from exitd.core.condition import (
    Condition,
    ConditionKind,
    Confirmation,
    FixedLevel,
    Level,
    Move,
    Trailing,
)
from exitd.core.market import PriceSource
from exitd.core.position import Side
from exitd.core.trigger import Twap


class CheckedExit(Struct, frozen=True, kw_only=True):
    """One exit, complete.

    `path` leads to it in its file, `line` is where its name stands; `word` is the
    key of its condition. `is_watching` says that it watches another market than its
    own. Of `wording`, what its action has no use for is to be ignored.
    `before_liquidation` is in percent.
    """

    name: str
    path: Path
    line: int
    word: str
    condition: Condition
    source: PriceSource
    is_watching: bool
    confirmation: Confirmation | None
    action: Action
    orders: str
    wording: Wording
    is_hard: bool
    patience_ns: tuple[int, int]
    twap: Twap | None
    before_liquidation: Decimal | None
    expiry: Expiry | None
    once: bool

    @property
    def closes(self) -> bool:
        return self.action in ("close", "cancel_and_close")

    @property
    def closes_all(self) -> bool:
        return self.closes and self.wording.close.is_whole

    @property
    def level_path(self) -> Path:
        return (*self.path, self.word)

    @property
    def level(self) -> Level | None:
        """The level that it acts at, in the market that it watches."""
        condition = self.condition
        return condition.price if isinstance(condition, FixedLevel) else None


class CheckedMove(Struct, frozen=True):
    """One move of a position: where it stands, which exit it moves, and how."""

    path: Path
    exit: str
    move: Move


class CheckedPosition(Struct, frozen=True, kw_only=True):
    """One position of a file; `file` is relative to the configuration's directory."""

    name: str
    file: str
    path: Path
    line: int
    venue: str
    symbol: str
    side: Side | None
    exits: tuple[CheckedExit, ...]
    moves: tuple[CheckedMove, ...] = ()
    backstop: Decimal | None = None

    def exit(self, name: str) -> CheckedExit:
        """Give an exit by its name, which is there."""
        return next(exit_ for exit_ in self.exits if exit_.name == name)

    def is_stop(self, exit_: CheckedExit) -> bool:
        """Whether an exit closes on the losing side, at a level or by a trail."""
        if self.side is None or not exit_.closes:
            return False
        condition = exit_.condition
        if isinstance(condition, Trailing):
            return True
        return isinstance(condition, FixedLevel) and self._is_adverse(condition.kind)

    def _is_adverse(self, kind: ConditionKind) -> bool:
        adverse = ConditionKind.BELOW if self.side is Side.LONG else ConditionKind.ABOVE
        return kind in (ConditionKind.STOP_LOSS, adverse)

    def protects(self, exit_: CheckedExit) -> bool:
        """Whether an exit is a stop from the start, by the position's own price."""
        if not self.is_stop(exit_):
            return False
        condition = exit_.condition
        if isinstance(condition, Trailing):
            return condition.after is None
        return exit_.word == "stop_loss" or not exit_.is_watching

    def is_target(self, exit_: CheckedExit) -> bool:
        """Whether an exit closes at a level on the winning side, or trails from one."""
        if self.side is None or not exit_.closes:
            return False
        if exit_.word == "take_profit":
            return True
        return isinstance(exit_.condition, FixedLevel) and not self.is_stop(exit_)


def _side(word: SideWord | None) -> Side | None:
    return None if word is None else Side(word)


class _Completing(Struct, frozen=True):
    """A position under completion, and what holds where its exits say nothing."""

    document: Document
    name: str
    position: Position
    layers: tuple[ExitDefaults, ...]
    once: bool
    follows: bool

    def exit(self, name: str, exit_: Exit) -> CheckedExit:
        path: Path = ("positions", self.name, "exits", name)
        position, follows = self.position, self.follows
        words = wording(exit_, position, *self.layers)
        side = _side(position.side)
        source = source_of(exit_, words, position.venue, position.symbol, side)
        twap = exit_.twap
        (word,) = exit_.conditions
        return CheckedExit(
            name=name,
            path=path,
            line=self.document.locate(path, key=True).line,
            word=word,
            condition=condition_of(exit_, words, follows=follows),
            source=source,
            is_watching=watches_elsewhere(exit_, position) is not None,
            confirmation=confirmation_of(exit_, words, source, follows=follows),
            action=action_of(exit_),
            orders=exit_.orders or "all",
            wording=words,
            is_hard=exit_.hard is True,
            patience_ns=_patience(exit_, words, position.side),
            twap=None if twap is None else Twap(twap.slices, twap.every),
            before_liquidation=exit_.before_liquidation,
            expiry=exit_.expires,
            once=self.once if exit_.once is None else exit_.once,
        )

    def moves(self) -> Iterator[CheckedMove]:
        position = self.position
        for index, move in enumerate(position.moves):
            words = wording(position.exits[move.set], position, *self.layers)
            path: Path = ("positions", self.name, "moves", index)
            made = move_of(move, words, self.name, follows=self.follows)
            yield CheckedMove(path, move.set, made)


def _patience(exit_: Exit, words: Wording, side: str | None) -> tuple[int, int]:
    """Leave out what an exit has no use for: `defaults` are for others as well."""
    if words.order != "limit":
        return 0, 0
    first, wider = words.patience
    tries_wider = (
        goes_to_market(exit_, side)
        and exit_.hard is not True
        and words.slippage_limit is not None
    )
    return first, wider if tries_wider else 0


def checked(
    document: Document,
    file: str,
    name: str,
    position: Position,
    layers: tuple[ExitDefaults, ...],
    *,
    once: bool,
    follows: bool,
) -> CheckedPosition:
    """Complete a position in which nothing is wrong.

    *once* and *follows* (the entry price) hold where it does not say itself.
    """
    path: Path = ("positions", name)
    is_once = once if position.once is None else position.once
    completing = _Completing(
        document,
        name,
        position,
        layers,
        is_once and position.side is not None,
        follows,
    )
    return CheckedPosition(
        name=name,
        file=file,
        path=path,
        line=document.locate(path, key=True).line,
        venue=position.venue,
        symbol=position.symbol,
        side=_side(position.side),
        exits=tuple(completing.exit(*item) for item in position.exits.items()),
        moves=tuple(completing.moves()),
        backstop=position.backstop,
    )
