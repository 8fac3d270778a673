"""Money rules of a venue where a nonce is used once, and nodes are opinions."""

from __future__ import annotations

from mutations.mutation import Mutation

MUTATIONS = (
    Mutation(
        111,
        "adapters/symmio/key.py",
        "{read_transaction(raw).nonce for raw in self._signed_before()}",
        "set()",
        "test_b111_given_nodes_that_forgot_a_close_when_started_then_its_nonce_is_taken",
    ),
)
