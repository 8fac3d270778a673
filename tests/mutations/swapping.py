"""Takes a rule out of a package that is loaded already, function by function.

Only what happens inside of functions can be exchanged so. What a module does when it
is loaded (constants, classes, decorators, defaults) has happened: then nothing is
touched, and the answer is that the package has to be loaded anew.
"""

from __future__ import annotations

import gc
import inspect
from collections.abc import Iterator
from types import CodeType, FunctionType

#: All that a code object does; where its lines are does not count.
_TRAITS = (
    *("co_name", "co_qualname", "co_code", "co_names", "co_varnames", "co_flags"),
    *("co_cellvars", "co_freevars", "co_argcount", "co_posonlyargcount"),
    *("co_kwonlyargcount", "co_exceptiontable", "co_stacksize"),
)


def _constants(code: CodeType) -> list[object]:
    """Give its constants with their types, since 1 == True == 1.0."""
    return [
        (type(each), repr(each))
        for each in code.co_consts
        if not isinstance(each, CodeType)
    ]


def _within(code: CodeType) -> list[CodeType]:
    return [each for each in code.co_consts if isinstance(each, CodeType)]


def _does_itself_as(one: CodeType, other: CodeType) -> bool:
    """Tell whether both do the same, apart from the code that lies within them."""
    return (
        all(getattr(one, trait) == getattr(other, trait) for trait in _TRAITS)
        and _constants(one) == _constants(other)
        and len(_within(one)) == len(_within(other))
    )


def _does_as(one: CodeType, other: CodeType) -> bool:
    return _does_itself_as(one, other) and all(
        map(_does_as, _within(one), _within(other))
    )


def _is_function(code: CodeType) -> bool:
    return bool(code.co_flags & inspect.CO_OPTIMIZED)


def _all_within(code: CodeType) -> Iterator[CodeType]:
    for each in _within(code):
        yield each
        yield from _all_within(each)


def find_changed(
    was: CodeType, is_: CodeType
) -> list[tuple[CodeType, CodeType]] | None:
    """Give each outermost function that differs, or None when more than those does."""
    if not _does_itself_as(was, is_):
        return None
    changed: list[tuple[CodeType, CodeType]] = []
    for old, new in zip(_within(was), _within(is_), strict=True):
        if _does_as(old, new):
            continue
        if _is_function(old) and _is_function(new) and old.co_name == new.co_name:
            changed.append((old, new))
            continue
        inner = find_changed(old, new)
        if inner is None:
            return None
        changed += inner
    return changed


def _place(code: CodeType) -> tuple[str, int]:
    return code.co_qualname, code.co_firstlineno


def find_functions(folder: str) -> dict[str, list[FunctionType]]:
    """Give every function that was made from a file below *folder*, by that file."""
    found: dict[str, list[FunctionType]] = {}
    for each in gc.get_objects():
        if isinstance(each, FunctionType):
            path = each.__code__.co_filename
            if path.startswith(folder):
                found.setdefault(path, []).append(each)
    return found


def exchange(path: str, was: str, is_: str, found: list[FunctionType]) -> bool:
    """Give the functions of the loaded file *path* the code that its new text has.

    Args:
        found: Every function that was made from that file.

    Returns:
        Whether the package now does what it would if it was loaded from that text;
        where not, nothing was changed.
    """
    changed = find_changed(compile(was, path, "exec"), compile(is_, path, "exec"))
    if not changed:
        return False
    codes = {_place(old): new for old, new in changed}
    within = {_place(each) for old, _ in changed for each in _all_within(old)}
    outer = [each for each in found if _place(each.__code__) in codes]
    if any(_place(each.__code__) in within for each in found):
        return False  # one that was made when it was loaded, as a decorator does
    if {_place(each.__code__) for each in outer} != set(codes):
        return False  # not loaded, or made only when it is called
    if any(
        each.__code__.co_freevars != codes[_place(each.__code__)].co_freevars
        for each in outer
    ):
        return False
    for each in outer:
        each.__code__ = codes[_place(each.__code__)]
    return True
