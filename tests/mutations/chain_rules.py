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
    Mutation(
        89,
        "core/doubt.py",
        "        _on_vanished(turn, attempt)\n",
        "        pass\n",
        "test_b089_given_a_close_that_worked_and_is_gone_then_in_doubt_and_the_same_bytes",
    ),
    Mutation(
        89,
        "core/doubt.py",
        "    if capabilities.expiry is Expiry.NONCE and not is_young:\n",
        "    if not is_young:\n",
        "test_b089_given_no_nonce_when_a_history_does_not_show_it_then_it_works_on",
    ),
    Mutation(
        89,
        "core/doubt.py",
        "Expiry.NONCE and not is_young:",
        "Expiry.NONCE:",
        "test_b089_given_it_began_to_work_a_moment_ago_then_who_reads_may_be_behind",
    ),
    Mutation(
        89,
        "adapters/symmio/closes.py",
        "session.depth.number < receipt.block:",
        "False:",
        "test_b089_given_a_close_that_failed_in_a_block_not_read_yet_then_it_may_succeed",
    ),
    Mutation(
        89,
        "adapters/symmio/outbox.py",
        "is_out=not self.is_fresh(raw)",
        "is_out=False",
        "test_b089_given_a_close_found_after_a_restart_when_undone_then_sent_again",
    ),
    Mutation(
        89,
        "adapters/symmio/watching.py",
        "        events += self._undone(",
        "        self._undone(",
        "test_b089_given_a_request_that_was_told_when_undone_then_all_is_asked_anew",
    ),
    Mutation(
        89,
        "adapters/symmio/key.py",
        "return unused - self._signed() if unused else unused",
        "return unused",
        "test_b089_given_a_nonce_given_back_whose_close_is_open_then_it_is_left_to_that",
    ),
    Mutation(
        92,
        "adapters/symmio/outbox.py",
        "self._key.free | self._undone(head)",
        "self._key.free",
        "test_b092_given_a_nonce_that_was_given_back_then_later_closes_do_not_wait_for_it",
    ),
    Mutation(
        92,
        "adapters/symmio/outbox.py",
        "return self.is_lost or self.receipt not in (None, self.told)",
        "return self.is_lost",
        "test_b092_given_an_end_that_nobody_could_judge_then_told_at_a_later_look",
    ),
)
