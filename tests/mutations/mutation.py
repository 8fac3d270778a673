"""What a mutation is: one rule removed or turned around, and who must notice."""

from __future__ import annotations


class Mutation:
    """One rule, what takes it out, and the tests that must then fail.

    `before` is source text that occurs in `file` (below the package); its first
    occurrence is replaced. `tests` are names of test functions, wherever they are.
    """

    def __init__(
        self, behaviour: int, file: str, before: str, after: str, *tests: str
    ) -> None:
        assert tests
        self.behaviour = behaviour
        self.file = file
        self.before = before
        self.after = after
        self.tests = tests
