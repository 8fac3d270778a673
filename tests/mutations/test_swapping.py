"""A function of a loaded module gets the code it has without a rule, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from mutations.swapping import exchange, find_functions

SOURCE = """
from functools import wraps

LIMIT = 2

def told(function):
    @wraps(function)
    def run():
        return function() + 0
    return run

def first(limit=LIMIT):
    return min(limit, 5)

@told
def wrapped():
    return sum(each for each in (1, 2))

class Book:
    size = 3

    def rest(self):
        return self.size - 1

    @property
    def is_full(self):
        return self.size > 2
"""
_numbers = count()


def loaded() -> tuple[str, SimpleNamespace]:
    path = f"/nowhere/{next(_numbers)}.py"
    names: dict[str, Any] = {}
    exec(compile(SOURCE, path, "exec"), names)
    return path, SimpleNamespace(**names)


@pytest.mark.parametrize(
    ("before", "after", "seen"),
    [
        ("min(limit, 5)", "max(limit, 5)", lambda module: module.first()),
        ("for each in (1, 2)", "for each in (1, 4)", lambda module: module.wrapped()),
        ("self.size - 1", "self.size + 2", lambda module: module.Book().rest()),
        ("return self.size > 2", "\n        return 5", lambda m: m.Book().is_full),
    ],
)
def test_given_a_rule_in_a_function_when_exchanged_then_the_loaded_one_lacks_it(
    before: str, after: str, seen: Callable[[SimpleNamespace], int]
):
    path, module = loaded()
    kept = module.first, module.wrapped, module.Book
    changed = SOURCE.replace(before, after)
    assert seen(module) != 5

    assert exchange(path, SOURCE, changed, find_functions(path)[path])

    assert seen(module) == 5
    assert kept == (module.first, module.wrapped, module.Book)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("LIMIT = 2", "LIMIT = 3"),
        ("LIMIT = 2", "LIMIT = 2.0"),
        ("limit=LIMIT", "limit=7"),
        ("@told\n", ""),
        ("size = 3", "size = 4"),
        ("function() + 0", "function() + 1"),
        ("    @property\n", ""),
        ("def rest(self)", "def left(self)"),
    ],
)
def test_given_a_rule_that_loading_applied_when_exchanged_then_it_says_no(
    before: str, after: str
):
    path, module = loaded()
    changed = SOURCE.replace(before, after)
    functions = list(find_functions(path)[path])
    codes = [each.__code__ for each in functions]

    assert not exchange(path, SOURCE, changed, functions)

    assert [each.__code__ for each in functions] == codes
    assert (module.first(), module.wrapped(), module.Book().rest()) == (2, 3, 2)


def test_given_a_module_that_is_not_loaded_when_exchanged_then_it_says_no():
    changed = SOURCE.replace("min(limit, 5)", "max(limit, 5)")

    assert not exchange("/nowhere/else.py", SOURCE, changed, [])
