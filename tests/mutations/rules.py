"""Every money rule that is removed on purpose."""

from __future__ import annotations

from mutations import (
    alpaca_rules,
    bound_rules,
    broker_rules,
    chain_rules,
    clock_rules,
    core_rules,
    entry_rules,
    exit_rules,
    feed_rules,
    health_rules,
    hole_rules,
    leg_rules,
    overlapped_rules,
    past_rules,
    phone_rules,
    runtime_rules,
    sibling_rules,
    signal_rules,
    sizing_rules,
    source_rules,
    standby_rules,
    trail_rules,
    webhook_rules,
)
from mutations.mutation import Mutation

MUTATIONS: tuple[Mutation, ...] = tuple(
    sorted(
        (
            *alpaca_rules.MUTATIONS,
            *bound_rules.MUTATIONS,
            *broker_rules.MUTATIONS,
            *chain_rules.MUTATIONS,
            *clock_rules.MUTATIONS,
            *core_rules.MUTATIONS,
            *entry_rules.MUTATIONS,
            *exit_rules.MUTATIONS,
            *feed_rules.MUTATIONS,
            *health_rules.MUTATIONS,
            *hole_rules.MUTATIONS,
            *leg_rules.MUTATIONS,
            *sibling_rules.MUTATIONS,
            *signal_rules.MUTATIONS,
            *sizing_rules.MUTATIONS,
            *overlapped_rules.MUTATIONS,
            *past_rules.MUTATIONS,
            *phone_rules.MUTATIONS,
            *runtime_rules.MUTATIONS,
            *source_rules.MUTATIONS,
            *standby_rules.MUTATIONS,
            *trail_rules.MUTATIONS,
            *webhook_rules.MUTATIONS,
        ),
        key=lambda mutation: mutation.behaviour,
    )
)
