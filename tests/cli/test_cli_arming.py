"""`add`, `amend`, `pause`, `resume`, `cancel`, `rearm`, `plan`, `apply` and tokens."""

import shlex
from pathlib import Path

import pytest

from cli.conftest import Command
from e2e.house import POSITIONS_FILE, House


def test_given_position_when_stop_and_ladder_are_added_then_all_are_armed(
    command: Command, home: House
):
    words = ("--tp", "155", "--close", "25%", "--tp", "160", "--close", "rest")

    done = command("add", "sol-core", "--sl", "131", *words, "--json")

    made = done.json["triggers"]
    assert done.status == 0
    assert [(t["kind"], t["level"], t["quantity"]) for t in made] == [
        ("stop_loss", "131", "100%"),
        ("take_profit", "155", "25%"),
        ("take_profit", "160", "rest"),
    ]
    ids = [t["id"] for t in made]
    assert command("cancel", *ids, "--yes").status == 0


def test_b070_given_a_position_when_its_group_is_cancelled_then_stop_and_targets_go(
    command: Command, home: House
):
    command("add", "sol-core", "--sl", "131", "--tp", "155", "--tp", "160")

    dry = command("cancel", "--position", "sol-core", "--dry-run")
    done = command("cancel", "--position", "sol-core", "--yes", "--json")
    again = command("cancel", "--position", "sol-core", "--yes")

    assert dry.out.count("would cancel trg_") == 3
    gone = [answer["triggers"][0] for answer in done.json]
    assert {t["state"] for t in gone} == {"cancelled"}
    assert [t["kind"] for t in gone].count("take_profit") == 2
    assert (again.status, "is of a file" in again.err) == (1, True)
    left = command("ls", "--json").json["triggers"]
    assert {t["id"] for t in left} == {"sol-core/sl", "sol-core/tp1"}


def test_given_neither_triggers_nor_a_position_when_cancelled_then_usage(
    command: Command, home: House
):
    assert command("cancel", "--yes").status == 2
    assert command("cancel", "trg_1", "--position", "sol-core", "--yes").status == 2
    assert "no trigger of nobody" in command("cancel", "--position", "nobody").err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("sol-core", "--sl", "131.257"), "131.25 and 131.26"),
        (("sol-core", "--sl", "145"), "145"),
        (("sol-core", "--sl", "abc"), "plain digits"),
        (("nobody", "--sl", "131"), "no file has a position 'nobody'"),
        (("--symbol", "SOL_USDC_PERP", "--sl", "131"), "side"),
        (("--symbol", "SOL_USDC_PERP", "--below", "120"), "must say what it does"),
    ],
)
def test_given_unusable_trigger_when_added_then_1_and_the_sentence(
    command: Command, home: House, words: tuple[str, ...], says: str
):
    done = command("add", *words, "--json")

    assert done.status == 1
    assert done.out == ""
    assert says in done.err
    assert done.err.count("\n") == 1


def test_b022_given_same_key_twice_when_added_then_armed_once(
    command: Command, home: House
):
    words = ("add", "sol-core", "--sl", "130", "--idempotency-key", "k1", "--json")

    first = command(*words).json["triggers"][0]["id"]
    second = command(*words).json["triggers"][0]["id"]

    assert first == second
    command("cancel", first, "--yes")


def test_given_dry_run_when_added_then_yaml_that_the_check_accepts(
    command: Command, home: House, tmp_path
):
    before = command("ls").out.count("\n")
    market = ("--symbol", "SOL_USDC_PERP", "--side", "long")

    done = command("add", *market, "--sl", "131.25", "--tp", "150", "--dry-run")
    wrong = command("add", *market, "--sl", "12%", "--dry-run")

    folder = tmp_path / "c"
    (folder / "conf.d").mkdir(parents=True)
    (folder / "exitd.yaml").write_text(home.config.read_text())
    (folder / "conf.d" / "new.yaml").write_text(done.out)
    assert command("check", str(folder)).status == 0
    assert wrong.status == 1
    assert command("ls").out.count("\n") == before


EVERY_KIND = [
    ("--trailing 2.5% --after 150 --tighten '1% at +20%' --step 0.5%", "trailing"),
    ("--tp 150 --deviation 1% --close '50% initial'", "trailing"),
    ("--sl -3% --for 120s --emergency -6% --entry keep", "stop_loss"),
    ("--sl 131 --missed fire", "stop_loss"),
    ("--sl '-20% roi' --leverage 5 --before-liquidation 1%", "stop_loss"),
    ("--sl 128 --prices 3 --emergency 120 --close '500 USDC'", "stop_loss"),
    ("--sl 129 --move 'entry after sol-core/tp1' --move '135 at +5%'", "stop_loss"),
    ("--tp '+500 pnl' --order limit --slippage-limit 0.5% --hard", "take_profit"),
    ("--sl 127 --order limit --slippage-limit 1% --patience 5s,10s", "stop_loss"),
    ("--at-time '15:55 America/New_York' --twap '5 every 30s'", "at_time"),
    ("--at-time '5m before close' --calendar XNYS --close 50%", "at_time"),
    ("--max-hold 8h", "max_hold"),
    ("--below 120 --do close --watch backpack/BTC_USDC_PERP", "below"),
]


@pytest.mark.parametrize(("written", "kind"), EVERY_KIND)
def test_given_any_kind_when_added_then_armed_and_its_yaml_is_accepted(
    command: Command, home: House, tmp_path: Path, written: str, kind: str
):
    words = shlex.split(written)
    market = ("--symbol", "SOL_USDC_PERP", "--side", "long")
    # A move of a file names exits of the same position.
    is_apart = "--move" in words

    dry = command("add", *market, *words, "--dry-run")
    done = command("add", "sol-core", *words, "--json")

    assert done.status == 0, done.err
    made = done.json["triggers"]
    assert [t["kind"] for t in made] == [kind]
    shown = command("show", made[0]["id"]).out
    for name, value in made[0]["words"].items():
        assert f"{name:<10} {value}" in shown
    assert command("cancel", made[0]["id"], "--yes").status == 0
    if is_apart:
        return
    folder = tmp_path / "c"
    (folder / "conf.d").mkdir(parents=True)
    (folder / "exitd.yaml").write_text(home.config.read_text())
    (folder / "conf.d" / "new.yaml").write_text(dry.out)
    checked = command("check", str(folder))
    assert checked.status == 0, checked.err + checked.out


def test_given_several_when_options_are_said_then_each_gets_its_own(
    command: Command, home: House
):
    words = ("--sl", "-5%", "--trailing", "4%", "--after", "+2%", "--tp", "+12%")
    options = ("--close", "50%", "--for", "5s", "--move", "entry at +5%")
    both = ("--tp", "+20%", "--entry", "keep")

    done = command("add", "sol-core", *words, *options, *both, "--dry-run", "--json")

    assert done.json["positions"]["sol-core"] == {
        "exits": {
            "sl": {"stop_loss": "-5%", "entry": "keep", "for": "5s"},
            "trail": {"trailing": "4%", "entry": "keep", "after": "+2%"},
            "tp1": {"take_profit": "+12%", "entry": "keep", "close": "50%"},
            "tp2": {"take_profit": "+20%", "entry": "keep", "close": "50%"},
        },
        "moves": [{"set": "sl", "at": "+5%", "to": "entry"}],
    }


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--trailing", "2%", "--tighten", "1%"), "write it as '1% at +20%'"),
        (("--tp", "150", "--twap", "5"), "write it as '5 every 30s'"),
        (("--sl", "130", "--move", "entry"), "write it as 'entry after tp1'"),
    ],
)
def test_given_half_a_word_when_added_then_2_and_how_to_write_it(
    command: Command, home: House, words: tuple[str, ...], says: str
):
    done = command("add", "sol-core", *words)

    assert done.status == 2
    assert says in done.err


def test_b051_given_own_trail_when_amended_then_its_best_price_stays(
    command: Command, home: House
):
    words = ("--trailing", "20", "--tighten", "1% at +90%", "--json")
    made = command("add", "sol-core", *words).json["triggers"][0]

    dry = command("amend", made["id"], "--tighten", "2% at +90%", "--dry-run")
    done = command("amend", made["id"], "--trailing", "15", "--json")
    bare = command("amend", made["id"], "--tighten", "none", "--json")

    assert "would set tighten to at +90% to 2%" in dry.out
    assert "now trailing 20" in dry.out
    assert (made["level"], made["watermark"]) == ("121", "141")
    view = done.json["triggers"][0]
    assert (view["level"], view["watermark"]) == ("126", "141")
    assert bare.json["triggers"][0]["words"] == {}
    assert command("cancel", made["id"], "--yes").status == 0


def test_given_own_trigger_when_amended_then_level_is_new(
    command: Command, home: House
):
    made = command("add", "sol-core", "--sl", "130", "--json").json["triggers"][0]

    dry = command("amend", made["id"], "--level", "129", "--dry-run")
    done = command("amend", made["id"], "--level", "129.5", "--json")
    bad = command("amend", made["id"], "--level", "129.555")
    crossed = ("amend", made["id"], "--level", "145")
    refused, tried = command(*crossed), command(*crossed, "--dry-run")
    fires = command(*crossed, "--dry-run", "--if-crossed", "fire")

    assert "would set level to 129" in dry.out
    assert (tried.status, tried.err) == (refused.status, refused.err)
    assert "145 is already crossed" in tried.err
    assert "would fire at once" in fires.err
    assert done.json["triggers"][0]["level"] == "129.5"
    assert bad.status == 1
    assert command("cancel", made["id"], "--yes").status == 0


def test_given_trigger_of_a_file_when_cancelled_or_amended_then_place_is_named(
    command: Command, home: House
):
    cancelled = command("cancel", "sol-core/sl", "--yes")
    amended = command("amend", "sol-core/sl", "--level", "130")
    dry = command("cancel", "sol-core/sl", "--dry-run")

    assert cancelled.status == amended.status == 1
    assert "conf.d/sol.yaml:7" in cancelled.err
    assert "conf.d/sol.yaml:7" in amended.err
    assert "would cancel sol-core/sl" in dry.out


def test_given_trigger_when_paused_then_drift_until_resumed(
    command: Command, home: House
):
    paused = command("pause", "sol-core/tp1")
    status = command("status").out
    resumed = command("resume", "sol-core/tp1", "--json")

    assert "paused" in paused.out
    assert "paused by hand: sol-core/tp1" in status
    assert resumed.json["triggers"][0]["state"] == "armed"


def test_given_armed_trigger_when_rearmed_then_1(command: Command, home: House):
    done = command("rearm", "sol-core/sl")

    assert done.status == 1
    assert done.err.count("\n") == 1


def test_given_files_in_force_when_plan_then_0_and_no_backstop_is_said(
    command: Command, home: House
):
    done = command("plan")
    applied = command("apply")

    assert (done.status, applied.status) == (0, 0)
    assert "nothing to do" in done.out
    assert "nothing protects sol-core if this machine dies" in done.out
    assert command("plan", "--json").json["changes"] == []


def test_given_broken_file_when_plan_then_78_with_place(command: Command, home: House):
    good = home.positions_file.read_text()
    try:
        home.positions_file.write_text(POSITIONS_FILE.replace("long", "lnog"))
        done = command("plan")
        applied = command("apply", "--yes")
        document = command("plan", "--json")
    finally:
        home.positions_file.write_text(good)

    assert (done.status, applied.status, document.status) == (78, 78, 78)
    assert "did you mean 'long'" in done.out
    assert document.json["refused"] is True


def test_given_level_that_is_crossed_when_applied_then_only_with_yes(
    command: Command, home: House
):
    good = home.positions_file.read_text()
    try:
        home.positions_file.write_text(f"{good}      now: {{stop_loss: 145}}\n")
        planned = command("plan")
        refused = command("apply")
    finally:
        home.positions_file.write_text(good)

    assert planned.status == 2
    assert "would fire now" in planned.out
    assert refused.status == 1
    assert "--yes" in refused.err


def test_given_token_when_made_listed_revoked_then_secret_is_shown_once(
    command: Command, home: House
):
    made = command("token", "new", "bot", "--scope", "read", "--scope", "trade")
    again = command("token", "new", "bot", "--scope", "read")
    listed = command("token", "ls")
    bad = command("token", "new", "other", "--scope", "all")
    revoked = command("token", "revoke", "bot", "--yes")
    gone = command("token", "revoke", "bot", "--yes")

    secret = made.out.strip()
    assert secret.startswith("exitd_")
    assert secret not in made.err
    assert secret not in listed.out
    assert listed.out.split("\t")[:2] == ["bot", "read trade"]
    assert again.status == bad.status == gone.status == 1
    assert revoked.status == 0
    assert command("token", "ls", "--json").json == {"tokens": []}


def test_given_a_token_that_ends_when_listed_then_when_and_that_it_has(
    command: Command, home: House
):
    month = command("token", "new", "month", "--scope", "read", "--expires", "30d")
    brief = command("token", "new", "brief", "--scope", "read", "--expires", "1ms")
    listed = command("token", "ls")
    past = command("token", "new", "p", "--scope", "read", "--expires", "1999-01-01")
    as_json = command("token", "ls", "--json").json["tokens"]
    for name in ("month", "brief"):
        command("token", "revoke", name, "--yes")

    assert (month.status, brief.status) == (0, 0)
    assert "month may read, until 20" in month.err
    ends = {row.split("\t")[0]: row.split("\t")[3] for row in listed.out.splitlines()}
    assert ends["month"].startswith("20")
    assert ends["brief"].startswith("expired 20")
    assert past.status == 1
    assert {each["name"]: each["is_expired"] for each in as_json} == {
        "month": False,
        "brief": True,
    }


def test_given_no_targets_when_notify_test_then_it_says_so(
    command: Command, home: House
):
    done = command("notify", "test", "--json")

    assert done.status == 0
    assert done.json == []
