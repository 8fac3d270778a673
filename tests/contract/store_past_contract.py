"""What every store does with the rows of triggers that no start restores any more."""

from __future__ import annotations

from msgspec.structs import replace

from contract.store_contract import keep
from contract.store_samples import definition, fire, trigger
from exitd.core.records import TriggerGone
from exitd.core.trigger import DoneReason, TriggerRecord, TriggerState
from exitd.ports.store import Batch, PastQuery, Store


def done(id: str, **changed: object) -> TriggerRecord:
    return replace(
        trigger(id),
        definition=replace(definition(id), **changed),  # type: ignore[arg-type]
        state=TriggerState.DONE,
        reason=DoneReason.CANCELLED,
    )


async def gone(store: Store, *records: TriggerRecord) -> None:
    """Let triggers be stored and then forgotten."""
    ids = tuple(TriggerGone(record.id) for record in records)
    await keep(store, Batch(records, ()), Batch(ids, ()))


class PastContract:
    async def test_given_gone_triggers_when_asked_by_id_then_as_they_were(
        self, store: Store
    ):
        await gone(store, done("sl"), done("tp"))

        found = await store.past_triggers_by_id(["tp", "sl", "nobody"])

        assert found == {"sl": done("sl"), "tp": done("tp")}
        assert store.load().triggers == ()
        assert await store.past_triggers_by_id([]) == {}

    async def test_given_one_that_nobody_stored_when_gone_then_nothing_is_there(
        self, store: Store
    ):
        await keep(store, Batch((TriggerGone("nobody"),), ()))

        assert await store.past_triggers(PastQuery()) == ()

    async def test_given_gone_and_put_back_in_one_batch_when_loaded_then_it_is_there(
        self, store: Store
    ):
        await gone(store, done("sl"))
        again = replace(done("sl"), arming=2)
        await keep(store, Batch((again,), ()))

        assert store.load().triggers == (again,)

        await keep(store, Batch((TriggerGone("sl"),), ()))
        assert store.load().triggers == ()
        assert await store.past_triggers(PastQuery()) == (again,)

    async def test_given_many_when_asked_for_then_page_by_page_by_their_ids(
        self, store: Store
    ):
        names = [f"t{number}" for number in (3, 1, 5, 2, 4)]
        await gone(store, *map(done, names))

        first = await store.past_triggers(PastQuery(limit=2))
        then = await store.past_triggers(PastQuery(limit=2, after=first[-1].id))
        rest = await store.past_triggers(PastQuery(limit=9, after=then[-1].id))

        assert [r.id for r in (*first, *then, *rest)] == sorted(names)

    async def test_given_a_place_or_a_prefix_when_asked_for_then_only_those(
        self, store: Store
    ):
        other = done("rasa_1_b", account="other")
        market = done("rasa_2_a", symbol="BTC_USDC_PERP")
        await gone(store, done("rasa_1_a"), other, market, done("rasb"), done("ras"))

        async def ids(query: PastQuery) -> list[str]:
            return [record.id for record in await store.past_triggers(query)]

        assert await ids(PastQuery(account="other")) == ["rasa_1_b"]
        assert await ids(PastQuery(symbol="BTC_USDC_PERP")) == ["rasa_2_a"]
        assert await ids(PastQuery(prefix="rasa_1_")) == ["rasa_1_a", "rasa_1_b"]
        assert await ids(PastQuery(prefix="rasa_1_", after="rasa_1_a")) == ["rasa_1_b"]
        assert await ids(PastQuery(prefix="nobody")) == []

    async def test_given_a_firing_of_one_that_is_gone_then_it_is_still_there(
        self, store: Store
    ):
        await keep(store, Batch((fire("sl", open=False),), ()))
        await gone(store, done("sl"))

        assert await store.fires("sl") == (fire("sl", open=False),)
