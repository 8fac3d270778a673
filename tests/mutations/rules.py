"""Every money rule that is removed on purpose."""

from __future__ import annotations

import core_rules
import runtime_rules
from mutation import Mutation

MUTATIONS: tuple[Mutation, ...] = tuple(
    sorted(
        (*core_rules.MUTATIONS, *runtime_rules.MUTATIONS),
        key=lambda mutation: mutation.behaviour,
    )
)
