"""What each command prints with `--json`; the manual and docs/commands.md show it.

A name that is there stays and means the same; further ones may come. A word that ends
in View is a shape of the HTTP API (docs/api-reference.md).
"""

from collections.abc import Mapping

_ARMED = "ArmedView: `triggers`, `notes`"
_EACH = f"{_ARMED} (EntryChangedView for an entry); of several ids a list of these"
_FINDINGS = (
    "`findings`: `file`, `line`, `column`, `width`, `severity`, `message`, `excerpt` of"
    " each"
)

#: By the words of the command; what follows a semicolon is for an option.
DOCUMENTS: Mapping[str, str] = {
    "version": "`version`, `python`",
    "sim": "`url`, `port`, once it listens",
    "record": "`file`, `prices`, `counts` by source",
    "demo": "with `--until-exit`: `trigger_id`, `level`, `observed_price`,"
    " `fill_price`, `slippage`, `frame_to_order_ms`",
    "check": f"`is_valid`, `files`, `positions`, `exits`, {_FINDINGS}",
    "init": "`directory`, `files`",
    "schema": "the JSON Schema, as without it",
    "plan": "`mode`, `protecting`, `refused`, `waits`, `fires_now`, `changes`,"
    " `backstops`, `backstop_changes`, `unchanged`, `outside_the_files`, `paused`,"
    " `without_backstop`, `findings`, `digest`, `drift`, `applied`",
    "apply": "as `plan`, with `applied` true",
    "test-rules": f"`is_valid`, `is_ok`, `cases`: `file`, `case`, `is_ok`, `report`,"
    f" `findings` of each; where the files are not valid, {_FINDINGS} instead",
    "replay": "`file`, `notes`, `report`",
    "status": "StatusView",
    "ls": "`banner`, `triggers` (TriggerView), `entries` (EntryView);"
    " `--positions`: `banner`, `positions` (PositionView)",
    "show": "DetailView; for an entry EntryDetailView",
    "explain": "ExplainView; for an entry EntryDetailView",
    "top": "`banner`, `status` (StatusView), `triggers` (TriggerView, the nearest"
    " first), `more`",
    "doctor": "`worst`, `counts`, `checks`: `check`, `about`, `verdict`, `text`,"
    " `remedy`, `facts` of each; `--live`: `account`, `answers`",
    "entries": "`banner`, `entries` (EntryView)",
    "add": f"{_ARMED}; `--dry-run`: `positions`, as a file would have them",
    "amend": f"{_ARMED}; `--dry-run`: `dry_run`, `trigger` (TriggerView), `changes`",
    "pause": _EACH,
    "resume": _EACH,
    "cancel": f"{_EACH}; `--dry-run`: `dry_run`, `triggers`, `entries`",
    "rearm": _EACH,
    "close": "`triggers` (TriggerView, with what was filled), `notes`;"
    " `--dry-run`: `dry_run`, `quantity`, `positions` (PositionView)",
    "fire": "`triggers` (TriggerView), `notes`; `--dry-run`: OrderView",
    "flatten": "FlattenView",
    "take-profit": "TakeProfitView; `--dry-run`: `dry_run`, `positions` (PositionView)",
    "import": "ImportView",
    "handover": "HandoverView",
    "tail": "`facts` (FactView); with `-f` one FactView on each line",
    "events": "`facts` (FactView); `--kinds`: `events`: `event`, `level`, `meaning`",
    "report": "CostsView",
    "takeover": "TakeoverView",
    "backup": "`state`, `copy`, `bytes`",
    "restore": "`state`, `copy`, `kept`, `applied`",
    "service status": "`unit`, `is_active`, and what systemd says: `LoadState`,"
    " `UnitFileState`, `ActiveState`, `SubState`, `MainPID`",
    "export csv": "`rows`, each with the columns of the table; `--reconcile`: also"
    " `reconciled` (ReconciledView)",
    "notify test": "a list: `target`, `reason` (empty where it was sent) of each",
    "token new": "TokenView, with the `secret`, this once",
    "token ls": "TokensView",
    "token revoke": "TokensView",
    "webhook preview": "`normalized`, `validation`, `findings`, `analysis`, and the"
    " order of each broker by its name",
    "webhook url": "`route`, `url`, `notes`, `bodies`",
    "webhook log": "`signals` (SignalView)",
    "symmio delegate": "`chain_id`, `to`, `data`",
    "symmio key": "`address`, `file`",
}
