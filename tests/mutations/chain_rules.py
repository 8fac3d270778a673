"""Money rules of a venue where a nonce is used once, and nodes are opinions."""

from __future__ import annotations

from mutations.mutation import Mutation

MUTATIONS = (
    Mutation(
        89,
        "adapters/symmio/outbox.py",
        "isinstance(no, NodeSaidNo) and is_refusal(no)",
        "isinstance(no, NodeSaidNo)",
        "test_b089_given_nodes_in_trouble_after_they_took_a_close_then_it_is_in_doubt",
    ),
    Mutation(
        111,
        "adapters/symmio/key.py",
        "{read_transaction(raw).nonce for raw in self._signed_before()}",
        "set()",
        "test_b111_given_nodes_that_forgot_a_close_when_started_then_its_nonce_is_taken",
    ),
)
