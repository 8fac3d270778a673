"""A plan as people read it and as programs do."""

from itertools import groupby

from exitd.configuration.findings import as_json as findings_as_json
from exitd.configuration.findings import render
from exitd.configuration.plan import Change, ChangeKind, Plan
from exitd.core.units import text

PAPER = "PAPER, NOT PROTECTING: nothing is sent, no position is protected"
_SIGNS = {ChangeKind.ADDED: "+", ChangeKind.CHANGED: "~", ChangeKind.REMOVED: "-"}
_ID_WIDTH_MAX = 40


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _what(change: Change) -> str:
    if change.kind is not ChangeKind.CHANGED:
        return change.summary
    return ", ".join(str(difference) for difference in change.differences)


def _change_lines(changes: list[Change], width: int) -> list[str]:
    lines: list[str] = []
    what_width = max(len(_what(change)) for change in changes)
    for change in changes:
        line = f"  {_SIGNS[change.kind]} {change.id:<{width}}  {_what(change)}"
        if change.distance:
            padding = what_width - len(_what(change))
            line += f"{' ' * padding}   {change.distance}"
        lines.append(line)
        if change.would_fire_now:
            lines.append(f"      ! would fire now: {change.distance}")
        elif change.waits_because:
            lines.append(f"      ! waits for exitd apply: {change.waits_because}")
    return lines


def _footer(plan: Plan) -> list[str]:
    lines: list[str] = []
    if plan.by_api or plan.by_webhook:
        parts = []
        if plan.by_api:
            parts.append(f"{plan.by_api} set by API or command")
        if plan.by_webhook:
            parts.append(f"{plan.by_webhook} by webhook")
        lines.append(f"outside the files: {', '.join(parts)}; not touched")
    if plan.paused:
        lines.append(f"paused by hand: {', '.join(plan.paused)}")
    if plan.without_backstop:
        names = ", ".join(plan.without_backstop)
        have = "has" if len(plan.without_backstop) == 1 else "have"
        lines.append(
            f"nothing protects {names} if this machine dies: "
            f"{'it' if have == 'has' else 'they'} {have} no backstop"
        )
    return lines


def _last_line(plan: Plan) -> str:
    if plan.is_refused:
        return "not valid; the running set stays as it is"
    if plan.is_empty:
        return f"nothing to do, {_count(plan.unchanged, 'exit')} unchanged"
    counted = _count(len(plan.changes) + len(plan.backstop_changes), "change")
    if plan.fires_now:
        return f"{counted}. All wait for `exitd apply --yes`: some would fire now."
    if plan.waits:
        return f"{counted}. All wait for `exitd apply`."
    return f"{counted}. `exitd apply` to run them."


def render_plan(plan: Plan) -> str:
    """Write a plan for a terminal; no trailing newline."""
    lines = [PAPER] if plan.is_paper else []
    if plan.findings:
        lines.append(render(plan.findings))
    ids = [len(change.id) for change in plan.changes]
    width = min(max(ids, default=0), _ID_WIDTH_MAX)
    for file, changes in groupby(plan.changes, key=lambda change: change.file):
        lines.append(file)
        lines.extend(_change_lines(list(changes), width))
    lines.extend(f"  {change}" for change in plan.backstop_changes)
    lines.extend(_footer(plan))
    lines.append(_last_line(plan))
    return "\n".join(lines)


def plan_as_json(plan: Plan) -> dict[str, object]:
    """Give the `--json` form of a plan."""
    return {
        "mode": "paper" if plan.is_paper else "live",
        "protecting": not plan.is_paper,
        "refused": plan.is_refused,
        "waits": plan.waits,
        "fires_now": plan.fires_now,
        "changes": [
            {
                "kind": change.kind.value,
                "id": change.id,
                "file": change.file,
                "line": change.line,
                "summary": change.summary,
                "differences": [
                    {"key": d.key, "before": d.before, "after": d.after}
                    for d in change.differences
                ],
                "distance": change.distance,
                "would_fire_now": change.would_fire_now,
                "waits_because": change.waits_because,
            }
            for change in plan.changes
        ],
        "backstops": {str(key): text(percent) for key, percent in plan.backstops},
        "backstop_changes": list(plan.backstop_changes),
        "unchanged": plan.unchanged,
        "outside_the_files": {"api": plan.by_api, "webhook": plan.by_webhook},
        "paused": list(plan.paused),
        "without_backstop": list(plan.without_backstop),
        "findings": findings_as_json(plan.findings),
        "digest": plan.digest,
    }
