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
    Mutation(
        88,
        "adapters/symmio/requests.py",
        "    return followed.state.changed_s * NS_PER_S < asked_ns\n",
        "    return False\n",
        "test_b088_given_a_quote_of_another_fork_then_its_close_is_not_taken_for_cancelled",
    ),
    Mutation(
        88,
        "adapters/symmio/requests.py",
        "quote.quote_id, block - 1)",
        "quote.quote_id, block)",
        "test_b088_given_a_request_and_its_fill_in_one_block_then_not_taken_for_cancelled",
    ),
    Mutation(
        88,
        "adapters/symmio/requests.py",
        "        await _check_explained(session, followed)\n",
        "        pass\n",
        "test_b088_given_logs_without_the_newest_block_then_read_until_they_explain_it",
    ),
    Mutation(
        88,
        "adapters/symmio/history.py",
        "return after.parent == ledger.last_hash",
        "return await self._contracts.block_hash(ledger.last) == ledger.last_hash",
        "test_b088_given_an_undone_block_that_one_node_believes_in_then_read_again",
    ),
    Mutation(
        89,
        "adapters/symmio/outbox.py",
        "self._settings.confirmations - RECEIPTS_LAG, 0)",
        "self._settings.confirmations, 0)",
        "test_b089_given_receipts_that_lag_behind_counts_then_it_is_not_taken_for_lost",
    ),
)
