"""The house rules, read from the source itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from source_trees import kept, nodes, tree_of

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "daemon" / "exitd"

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
CLASS_METHODS_MAX = 20

# Only this part may ask what time it is; the simulator is another program.
MAY_READ_CLOCKS = ("adapters/system/", "simulator/")
CLOCKS = {
    "time": {
        "time",
        "time_ns",
        "monotonic",
        "monotonic_ns",
        "perf_counter",
        "perf_counter_ns",
        "process_time",
        "process_time_ns",
        "clock_gettime",
        "clock_gettime_ns",
    },
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
}
# Without these a run can be repeated from its seed; keys and tokens need `secrets`.
DICE = {"random", "uuid"}
# One word, one meaning: a name says what is in the file.
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
# Exact amounts come from text and stay exact.
EXACT = ("core/", "configuration/")
# A command imports what it needs when it runs, so that `exitd version` is quick.
MAY_IMPORT_LATE = ("cli/",)
# A loop of its own makes time jump there: what sleeps takes no time.
VIRTUAL_TIME = ROOT / "tests" / "simulation"
# Put together here, or this file would find itself.
UNFINISHED = re.compile(
    r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + ")"
)
MACHINE_PATH = re.compile(r"(?<![\w.~])/(work|root|Users|home)/\w")


def python_files(folder: Path) -> list[Path]:
    return sorted(
        path for path in folder.rglob("*.py") if "__pycache__" not in path.parts
    )


OURS = python_files(PACKAGE)
TESTS = python_files(ROOT / "tests")
ALL = OURS + TESTS + python_files(ROOT / "benchmarks")
OURS_CLI = PACKAGE / "cli"
Function = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def below(*folders: str) -> list[Path]:
    return [path for path in OURS if inside(path).startswith(folders)]


def outside(*folders: str) -> list[Path]:
    return [path for path in OURS if not inside(path).startswith(folders)]


def inside(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.fixture(scope="module", autouse=True)
def trees() -> Iterator[None]:
    with kept():
        yield


def place(path: Path, node: ast.AST) -> str:
    return f"{name_of(path)}:{getattr(node, 'lineno', 1)}"


def imported(node: ast.AST) -> set[str]:
    """Every name that an import statement of an absolute module could mean."""
    match node:
        case ast.Import(names=aliases):
            return {alias.name for alias in aliases}
        case ast.ImportFrom(module=str(module), names=aliases, level=0):
            return {module, *(f"{module}.{alias.name}" for alias in aliases)}
    return set()


def assert_none(findings: Iterator[str]) -> None:
    found = list(findings)
    assert not found, "\n" + "\n".join(found)


def test_given_files_when_read_then_each_is_short_and_says_what_it_is_for():
    def findings() -> Iterator[str]:
        for path in ALL:
            lines = len(path.read_text().splitlines())
            if lines > FILE_LINES_MAX:
                yield (
                    f"{name_of(path)} has {lines} lines; give each of its ideas a file"
                    f" of its own, {FILE_LINES_MAX} lines at most."
                )
            if not ast.get_docstring(tree_of(path)):
                yield f"{name_of(path)} has no docstring; say what it is for."

    assert_none(findings())


def test_given_files_when_named_then_each_name_says_what_is_in_it():
    assert_none(
        f"{name_of(path)}: '{name}' says nothing; name the idea."
        for path in ALL
        for name in (path.stem, *path.relative_to(ROOT).parts[:-1])
        if name in VAGUE_NAMES
    )


def lines_of(node: ast.stmt | ast.expr) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def own_lines(path: Path, function: Function) -> int:
    """Without the functions inside it, which are measured themselves."""
    inner = [node for node in function.body if isinstance(node, FUNCTIONS)]
    lines = lines_of(function) - sum(map(lines_of, inner))
    if OURS_CLI in path.parents:
        # The options of a command are a declaration, one line or more for each.
        lines -= function.body[0].lineno - function.lineno
    return lines


def test_given_functions_and_classes_when_measured_then_they_are_small():
    def findings() -> Iterator[str]:
        for path, node in nodes(ALL):
            if isinstance(node, FUNCTIONS):
                lines = own_lines(path, node)
                if lines > FUNCTION_LINES_MAX:
                    yield (
                        f"{place(path, node)}: {node.name} has {lines} lines; split it,"
                        f" {FUNCTION_LINES_MAX} at most."
                    )
            if isinstance(node, ast.ClassDef):
                # A suite may have as many tests as there are behaviours.
                methods = sum(
                    isinstance(member, FUNCTIONS) and not member.name.startswith("test")
                    for member in node.body
                )
                if methods > CLASS_METHODS_MAX:
                    yield (
                        f"{place(path, node)}: {node.name} has {methods} methods; move"
                        f" a concern out, {CLASS_METHODS_MAX} at most."
                    )

    assert_none(findings())


def test_given_files_when_read_then_nothing_is_left_for_later():
    assert_none(
        f"{name_of(path)}:{number}: finish it, or write an issue and take it out."
        for path in ALL
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if UNFINISHED.search(line)
    )


def test_given_files_when_read_then_none_names_a_machine():
    folders = ("docs", "config", "systemd", ".ci")
    paths = [path for name in folders for path in (ROOT / name).rglob("*")]
    paths += [ROOT / name for name in ("README.md", "exitd", "Makefile")] + ALL
    texts = ("", ".md", ".py", ".yaml", ".yml", ".service", ".sysusers", ".tmpfiles")

    assert_none(
        f"{name_of(path)}:{number}: a path of one machine; pass it in."
        for path in paths
        if path.suffix in texts and path.is_file()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if MACHINE_PATH.search(line)
    )


def hands_on(handler: ast.ExceptHandler) -> bool:
    """Does it raise again, or give what it caught to somebody who will?"""
    for node in ast.walk(handler):
        match node:
            case ast.Raise():
                return True
            case ast.Call(args=[*_, ast.Name(id=name)]) if name == handler.name:
                return True
    return False


def test_given_handlers_when_read_then_each_names_what_it_expects():
    def findings() -> Iterator[str]:
        for path, node in nodes(ALL):
            if not isinstance(node, ast.ExceptHandler):
                continue
            caught = ast.walk(node.type) if node.type else iter(())
            names = {name.id for name in caught if isinstance(name, ast.Name)}
            if node.type is None or "Exception" in names:
                yield (
                    f"{place(path, node)}: catches everything; name what is expected"
                    " here and let a bug crash."
                )
            if "BaseException" in names and not hands_on(node):
                yield f"{place(path, node)}: swallows a cancellation; raise it again."

    assert_none(findings())


def reads_clock(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id=owner), attr=attr):
            return attr in CLOCKS.get(owner, ())
        case ast.Attribute(value=ast.Attribute(attr=owner), attr=attr):
            return owner in ("datetime", "date") and attr in CLOCKS[owner]
        case ast.ImportFrom(module="time", names=aliases):
            return any(alias.name in CLOCKS["time"] for alias in aliases)
    return False


def test_given_source_when_read_then_time_and_chance_come_from_outside():
    def findings() -> Iterator[str]:
        for path, node in nodes(outside(*MAY_READ_CLOCKS)):
            if reads_clock(node):
                yield f"{place(path, node)}: reads a clock; take a Clock."
            if {name.partition(".")[0] for name in imported(node)} & DICE:
                yield (
                    f"{place(path, node)}: rolls dice; derive the value or take it as"
                    " an argument (a key or token: the module secrets)."
                )

    assert_none(findings())


def floats_allowed(tree: ast.Module) -> set[ast.AST]:
    """
    The parts of a tree where a float is no amount: a duration in seconds (`…_s`), a
    likeness of words, and `isinstance(value, float)`, which keeps floats out.
    """
    allowed: list[ast.AST | None] = []
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="isinstance"), args=[_, kinds]):
                allowed.append(kinds)
            case ast.keyword(arg=str(name), value=value):
                allowed.append(value if is_no_amount(name) else None)
            case ast.arg(arg=name, annotation=annotation):
                allowed.append(annotation if is_no_amount(name) else None)
            case ast.AnnAssign(target=ast.Name(id=name) | ast.Attribute(attr=name)):
                allowed.append(node if is_no_amount(name) else None)
            case ast.Assign(targets=[ast.Name(id=name) | ast.Attribute(attr=name)]):
                allowed.append(node if is_no_amount(name) else None)
            case ast.FunctionDef(args=arguments):
                pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
                allowed += [value for arg, value in pairs if is_no_amount(arg.arg)]
    return {inner for node in allowed if node for inner in ast.walk(node)}


def is_no_amount(name: str) -> bool:
    return name.lower().endswith("_s") or name == "cutoff"


def test_given_money_when_computed_then_no_float_takes_part():
    def findings() -> Iterator[str]:
        for path in below(*EXACT):
            allowed = floats_allowed(tree_of(path))
            for node in ast.walk(tree_of(path)):
                match node:
                    case ast.Constant(value=float()) if node not in allowed:
                        yield f"{place(path, node)}: a float; write Decimal('…')."
                    case ast.Name(id="float") if node not in allowed:
                        yield f"{place(path, node)}: float; use Decimal from text."

    assert_none(findings())


def test_given_imports_when_read_then_ours_stand_at_the_top():
    def findings() -> Iterator[str]:
        for path, function in nodes(outside(*MAY_IMPORT_LATE)):
            if isinstance(function, FUNCTIONS):
                for node in ast.walk(function):
                    if any(name.split(".")[0] == "exitd" for name in imported(node)):
                        yield (
                            f"{place(path, node)}: hides an import, and a cycle with"
                            " it; move it to the top, or move the code."
                        )

    assert_none(findings())


def is_set(node: ast.expr | None) -> bool:
    match node:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Call(func=ast.Name(id="set" | "frozenset")):
            return True
    return False


def test_given_core_when_it_iterates_then_the_order_is_the_same_in_every_run():
    assert_none(
        f"{place(path, node)}: walks a set, in another order each run; sort it."
        for path, node in nodes(below("core/"))
        if is_set(getattr(node, "iter", None))
    )


def logs_text(node: ast.AST) -> bool:
    match node:
        case ast.Call(
            func=ast.Name(id="log" | "log_at"), args=[*_, ast.Constant(value=str())]
        ):
            return True
    return False


def test_given_log_lines_when_written_then_the_event_is_of_the_catalogue():
    assert_none(
        f"{place(path, node)}: logs a text; add an Event to logs/events.py."
        for path, node in nodes(OURS)
        if logs_text(node)
    )


def sleeps(node: ast.AST) -> bool:
    match node:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="time" | "asyncio"), attr="sleep"),
            args=[how_long, *_],
        ):
            # Zero lets the other tasks run; it takes no time.
            return not (isinstance(how_long, ast.Constant) and how_long.value == 0)
    return bool(imported(node) & {"time.sleep", "asyncio.sleep"})


def is_mock(name: str) -> bool:
    return name.startswith("unittest.mock") or name.split(".")[0] in (
        "mock",
        "pytest_mock",
    )


def is_waved_through(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(value=ast.Attribute(attr="mark"), attr=attr):
            return attr in ("skip", "skipif", "xfail")
    return False


def test_given_tests_when_read_then_they_use_fakes_never_sleep_and_never_skip():
    def findings() -> Iterator[str]:
        for path, node in nodes(TESTS):
            if sleeps(node) and VIRTUAL_TIME not in path.parents:
                yield f"{place(path, node)}: sleeps; wait for the event instead."
            if any(is_mock(name) for name in imported(node)):
                yield (
                    f"{place(path, node)}: a mock; write a fake that passes the"
                    " contract suite."
                )
            if is_waved_through(node):
                yield f"{place(path, node)}: is skipped or may fail; make it hold."

    assert_none(findings())


def test_given_tests_when_named_then_no_two_files_have_one_name():
    names = sorted(path.name for path in TESTS if path.name.startswith("test_"))

    assert names == sorted(set(names))
