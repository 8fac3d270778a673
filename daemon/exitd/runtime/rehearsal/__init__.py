"""Rehearsals: the engine itself on a clock that prices move, and what it would do."""
