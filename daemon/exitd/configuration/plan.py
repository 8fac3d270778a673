"""What a newly loaded set of files would change, and what of it waits for a person.

Pure: the running triggers and what is known of the markets go in, a plan comes out.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from exitd.configuration.backstops import (
    Backstops,
    backstops_of,
    changes_of,
    without_backstop,
)
from exitd.configuration.differences import Difference, differences, summary
from exitd.configuration.findings import Finding, has_errors, in_order
from exitd.configuration.instants import instant_text
from exitd.configuration.loaded import Loaded
from exitd.configuration.market_checks import check_markets
from exitd.configuration.markets import Markets, fitted
from exitd.configuration.plan_facts import Facts, StopOf, no_trails
from exitd.configuration.policies import Policies
from exitd.configuration.positions import CheckedExit, CheckedPosition
from exitd.configuration.sources import DAEMON_FILE
from exitd.configuration.triggers import definitions
from exitd.configuration.weakening import weakening
from exitd.core.checks import watched_by
from exitd.core.condition import AtInstant, Missed
from exitd.core.files import is_from_file
from exitd.core.position import PositionKey, PositionRecord
from exitd.core.trigger import (
    DoneReason,
    TriggerDefinition,
    TriggerRecord,
    TriggerState,
)


class ChangeKind(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


class Change(Struct, frozen=True, kw_only=True):
    """One trigger that a reload would add, change or remove.

    `distance` says how far its level is from the price, where that is known.
    `waits_because` is why a person has to agree; empty where nobody has to.
    """

    kind: ChangeKind
    id: str
    file: str
    line: int
    summary: str
    differences: tuple[Difference, ...] = ()
    distance: str = ""
    would_fire_now: bool = False
    waits_because: str = ""


class Plan(Struct, frozen=True, kw_only=True):
    """The difference between what runs and what the files say.

    `definitions` are all triggers of the files, as they would be applied.
    `findings` has everything wrong with them; with an error nothing is applied.
    """

    changes: tuple[Change, ...]
    unchanged: int
    definitions: tuple[TriggerDefinition, ...]
    findings: tuple[Finding, ...]
    by_api: int = 0
    by_webhook: int = 0
    paused: tuple[str, ...] = ()
    without_backstop: tuple[str, ...] = ()
    backstops: tuple[tuple[PositionKey, Decimal], ...] = ()
    backstop_changes: tuple[str, ...] = ()
    is_paper: bool = False
    digest: str = ""

    @property
    def is_refused(self) -> bool:
        return has_errors(self.findings)

    @property
    def is_empty(self) -> bool:
        return not self.changes and not self.backstop_changes

    @property
    def waits(self) -> bool:
        """Whether the whole set waits for `exitd apply`."""
        return any(change.waits_because for change in self.changes)

    @property
    def fires_now(self) -> bool:
        """Whether applying it fires at once, which needs `--yes`."""
        return any(change.would_fire_now for change in self.changes)

    def differences(self) -> list[str]:
        """Say of what is changed in which words, each with its id."""
        return [
            f"{change.id}: {', '.join(str(one) for one in change.differences)}"
            for change in self.changes
            if change.differences
        ]


def _place(owner: str) -> tuple[str, int]:
    """Split `file:<path>:<line>`."""
    path, _, line = owner.removeprefix("file:").rpartition(":")
    return path, int(line) if line.isdigit() else 0


def _is_running(record: TriggerRecord) -> bool:
    """Whether the files own it still; one that they removed was cancelled."""
    is_gone = (
        record.state is TriggerState.DONE and record.reason is DoneReason.CANCELLED
    )
    return is_from_file(record.definition) and not is_gone


def _is_alive(record: TriggerRecord) -> bool:
    return record.state is not TriggerState.DONE


def _waiting_reason(
    before: TriggerRecord | None, after: TriggerDefinition | None, facts: Facts
) -> str:
    if before is None or before.state is TriggerState.DONE:
        return ""
    if facts.policies.weakening_reload == "apply":
        return ""
    missed = Missed(facts.policies.missed)
    why = weakening(before.definition, after, missed)
    return (
        f"{why} of an open position" if why and facts.is_open(before.definition) else ""
    )


def _crossing(
    trigger: TriggerDefinition, before: TriggerRecord | None, facts: Facts
) -> bool:
    """Whether a new or changed trigger would fire at once."""
    if facts.policies.crossed_at_arm_by_file == "wait":
        return False
    if before is not None:
        # What has fired stays done for its position, whatever its file says now; what
        # fires goes on as it was asked for, and what is paused stays so.
        if before.paused or before.state in (TriggerState.FIRING, TriggerState.DONE):
            return False
        if watched_by(before.definition) == watched_by(trigger):
            return False
    return facts.is_open(trigger) and facts.is_crossed(trigger)


def _change(
    before: TriggerRecord | None, after: TriggerDefinition, facts: Facts
) -> Change | None:
    old = None if before is None else before.definition
    differing = () if old is None else differences(old, after)
    if old is not None and not differing:
        return None
    fires = _crossing(after, before, facts)
    reasons = [_waiting_reason(before, after, facts)]
    if fires:
        reasons.append("it would fire now")
    file, line = _place(after.owner)
    return Change(
        kind=ChangeKind.ADDED if old is None else ChangeKind.CHANGED,
        id=after.id,
        file=file,
        line=line,
        summary=summary(after),
        differences=differing,
        distance=facts.distance(after),
        would_fire_now=fires,
        waits_because=", ".join(reason for reason in reasons if reason),
    )


def _removal(before: TriggerRecord, facts: Facts) -> Change:
    file, line = _place(before.definition.owner)
    return Change(
        kind=ChangeKind.REMOVED,
        id=before.id,
        file=file,
        line=line,
        summary=summary(before.definition),
        distance=facts.distance(before.definition),
        waits_because=_waiting_reason(before, None, facts),
    )


def _expired(
    loaded: Loaded,
    position: CheckedPosition,
    exit_: CheckedExit,
    definition: TriggerDefinition,
    now_ns: int,
) -> Finding | None:
    """Refuse an exit that would be new and whose time is over (behaviour 37)."""
    moment = definition.condition
    if isinstance(moment, AtInstant) and moment.ts_ns <= now_ns:
        return loaded.finding(
            position,
            exit_.level_path,
            f"'{definition.id}' would be new, and {instant_text(moment.ts_ns)} has "
            "passed; remove it or write a later time",
        )
    if definition.expires_ns is None or definition.expires_ns > now_ns:
        return None
    return loaded.finding(
        position,
        (*exit_.path, "expires"),
        f"'{definition.id}' would be new, and has expired; remove it or write a later "
        "time",
    )


def _taken(
    loaded: Loaded,
    position: CheckedPosition,
    exit_: CheckedExit,
    holder: TriggerRecord | None,
) -> Finding | None:
    """Refuse a name that a trigger from elsewhere goes by."""
    if holder is None:
        return None
    return loaded.finding(
        position,
        exit_.path,
        f"'{holder.id}' was armed by {holder.definition.owner} already; cancel that "
        "one or use another name",
        key=True,
    )


def _orphans(loaded: Loaded, records: Iterable[TriggerRecord]) -> Iterator[Finding]:
    """Refuse to take an account away from triggers that need it still."""
    if loaded.settings is None:
        return
    document = loaded.document(DAEMON_FILE)
    accounts = loaded.settings.accounts
    for record in records:
        account = record.definition.account
        if account in accounts:
            continue
        is_needed = record.state is TriggerState.FIRING or (
            _is_alive(record) and not is_from_file(record.definition)
        )
        if is_needed:
            yield document.finding(
                ("venues",),
                f"venue '{account}' is gone, and '{record.id}' ({record.state}, by "
                f"{record.definition.owner}) needs it still; let it end or cancel it "
                "first",
                key=True,
            )


def _compare(
    loaded: Loaded,
    new: tuple[TriggerDefinition, ...],
    by_id: Mapping[str, TriggerRecord],
    others: Mapping[str, TriggerRecord],
    facts: Facts,
) -> tuple[list[Change], list[Finding]]:
    """Give what the files add or change, and which of it cannot be."""
    changes: list[Change] = []
    found: list[Finding | None] = []
    places = ((p, e) for p in loaded.positions for e in p.exits)
    for (position, exit_), trigger in zip(places, new, strict=True):
        found.append(_taken(loaded, position, exit_, others.get(trigger.id)))
        change = _change(by_id.get(trigger.id), trigger, facts)
        if change is not None:
            changes.append(change)
            found.append(_expired(loaded, position, exit_, trigger, facts.now_ns))
    return changes, [finding for finding in found if finding is not None]


def plan(
    loaded: Loaded,
    running: Iterable[TriggerRecord],
    *,
    now_ns: int,
    known: Markets | None = None,
    positions: Mapping[PositionKey, PositionRecord] | None = None,
    stop_of: StopOf = no_trails,
    backstops: Backstops | None = None,
) -> Plan:
    """
    Compare what runs with what was loaded.

    Args:
        running: Every trigger there is, whoever set it.
        now_ns: UTC.
        known: Instruments and prices; what is not known is not checked.
        positions: None where they are not known: then each counts as open.
        stop_of: Where a trail that goes on would have its stop by what was loaded.
        backstops: Those that run; None where they are not known.
    """
    records = tuple(running)
    policies = loaded.settings.file.policies if loaded.settings else Policies()
    facts = Facts(known or Markets(), positions, stop_of, policies, now_ns)
    by_id = {record.id: record for record in records if _is_running(record)}
    known_by_id = {id_: record.definition for id_, record in by_id.items()}
    made = definitions(loaded, now_ns=now_ns, running=known_by_id)
    new = tuple(fitted(trigger, facts.known) for trigger in made)
    found = [*loaded.findings, *_orphans(loaded, records)]
    others = {
        record.id: record
        for record in records
        if _is_alive(record) and not is_from_file(record.definition)
    }
    changes, refused = _compare(loaded, new, by_id, others, facts)
    found.extend(refused)
    unchanged = len(new) - len(changes)
    touched = {change.id for change in changes}
    found.extend(check_markets(loaded, facts.known, only=touched))
    kept = {trigger.id for trigger in new}
    if not loaded.has_errors:
        gone = (record for record in by_id.values() if record.id not in kept)
        changes.extend(_removal(r, facts) for r in gone if _is_alive(r))
    wanted = backstops_of(loaded.positions)
    owners = [record.definition.owner for record in others.values()]
    return Plan(
        changes=tuple(sorted(changes, key=lambda c: (c.file, c.line, c.id))),
        unchanged=unchanged,
        definitions=new,
        findings=in_order(found),
        by_api=sum(not owner.startswith("webhook:") for owner in owners),
        by_webhook=sum(owner.startswith("webhook:") for owner in owners),
        paused=tuple(r.id for r in by_id.values() if r.paused and r.id in kept),
        without_backstop=without_backstop(loaded.positions),
        backstops=tuple(wanted.items()),
        backstop_changes=() if backstops is None else changes_of(wanted, backstops),
        is_paper=loaded.settings is not None and not loaded.settings.is_live,
        digest=loaded.digest,
    )
