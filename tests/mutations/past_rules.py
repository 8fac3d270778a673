"""Rules of triggers that are done and leave memory, and of names given again."""

from mutations.mutation import Mutation

MUTATIONS = (
    # what still needs a trigger keeps it
    Mutation(
        111,
        "core/forgetting.py",
        "if record.state is not TriggerState.DONE or id in state.fires:",
        "if False:",
        "test_given_an_armed_trigger_among_the_done_then_the_rule_itself_says_no",
    ),
    Mutation(
        111,
        "core/forgetting.py",
        "any(a.order.attempt.trigger_id == id for a in state.open_attempts_on(key))",
        "False",
        "test_given_an_open_order_that_a_start_has_loaded_then_its_trigger_stays",
    ),
    Mutation(
        111,
        "core/forgetting.py",
        "if id in state.entry_of_exit or _is_remembered(state, record):",
        "if id in state.entry_of_exit:",
        "test_given_a_firing_that_is_remembered_then_its_trigger_stays",
    ),
    Mutation(
        111,
        "core/forgetting.py",
        "or account in state.barriers:",
        "or False:",
        "test_given_an_unclean_stop_then_nothing_of_its_account_is_forgotten",
    ),
    Mutation(
        71,
        "core/forgetting.py",
        "if id in state.entry_of_exit or _is_remembered(state, record):",
        "if _is_remembered(state, record):",
        "test_given_an_entry_that_may_still_fill_then_its_exits_stay",
    ),
    Mutation(
        68,
        "core/forgetting.py",
        "or id in named(key)",
        "or False",
        "test_given_a_stop_that_moves_by_it_then_it_stays",
    ),
    Mutation(
        39,
        "core/forgetting.py",
        "if definition.owner.startswith(_STANDING):",
        "if False:",
        "test_given_a_file_that_names_it_when_long_done_then_it_is_not_armed_anew",
        "test_given_a_default_stop_that_somebody_took_off_then_it_stays",
    ),
    # and what still needs a market that ended
    Mutation(
        111,
        "core/ended_markets.py",
        "if market in state.market_ends.needed_by or account in state.barriers:",
        "if account in state.barriers:",
        "test_given_a_trigger_elsewhere_that_watches_it_then_it_stays",
    ),
    Mutation(
        111,
        "core/ended_markets.py",
        "if market in state.market_ends.needed_by or account in state.barriers:",
        "if market in state.market_ends.needed_by:",
        "test_given_an_unclean_stop_then_no_market_of_its_account_is_forgotten",
    ),
    Mutation(
        111,
        "core/ended_markets.py",
        "position.held > ZERO or not position.proven",
        "not position.proven",
        "test_given_an_open_position_however_old_then_it_stays",
    ),
    Mutation(
        111,
        "core/ended_markets.py",
        "position.held > ZERO or not position.proven",
        "position.held > ZERO",
        "test_given_a_connection_that_was_lost_then_it_stays_until_it_is_read_again",
    ),
    Mutation(
        111,
        "core/ended_markets.py",
        "under_way.attempts or under_way.waiting",
        "under_way.waiting",
        "test_given_a_close_that_may_still_fill_then_it_stays",
    ),
    # no number is given twice, and nothing is done twice
    Mutation(
        22,
        "runtime/control/drafting.py",
        "await self._daemon.loop.past.recall(names_in(definitions))",
        "pass",
        "test_given_a_name_that_is_forgotten_when_armed_again_then_its_numbers_go_on",
    ),
    Mutation(
        22,
        "runtime/control/triggers.py",
        "await self._daemon.loop.past.recall([id])",
        "pass",
        "test_b022_given_a_key_whose_trigger_is_forgotten_then_the_first_answer",
    ),
    Mutation(
        111,
        "runtime/signals/carrying.py",
        "await self._loop.past.recall([close_id])",
        "pass",
        "test_given_a_close_that_is_forgotten_then_it_is_not_done_twice",
    ),
    Mutation(
        111,
        "runtime/past.py",
        "return found or self._going.get(trigger_id)",
        "return found",
        "test_given_one_that_is_not_gone_from_disk_yet_then_it_is_found_all_the_same",
    ),
    Mutation(
        111,
        "runtime/past.py",
        "self.known(id) or before[id] or stored.get(id)",
        "self.known(id) or stored.get(id)",
        "test_given_one_that_goes_to_disk_while_others_are_read_then_it_is_found",
    ),
)
