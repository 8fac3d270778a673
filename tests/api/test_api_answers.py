"""What `exitd doctor --live` was told: kept by the daemon, counted by `status`."""

from __future__ import annotations

from api.daemons import ACCOUNT, World
from exitd.client import AsyncClient, calls
from exitd.ports.answers import Question, VenueAnswer


def answered(question: Question, answer: str, ts_ns: int = 1) -> VenueAnswer:
    return VenueAnswer(question=question, answer=answer, ts_ns=ts_ns)


async def test_given_answers_when_kept_then_status_counts_them(world: World):
    lag = VenueAnswer(
        question=Question.HISTORY_LAG, answer="shown", number_ns=5, ts_ns=1
    )
    async with AsyncClient(world.address) as client:
        before = await client.ask(calls.status())
        kept = await client.ask(calls.keep_answers(ACCOUNT, [lag]))
        after = await client.ask(calls.status())

    assert before.answers == {}
    assert lag in kept.answers
    assert len(kept.answers) == len(Question)
    assert after.answers[ACCOUNT].startswith("1 of 7 questions answered, unknown: ")


async def test_given_an_unknown_answer_when_kept_then_a_known_one_stays(world: World):
    question = Question.UNKNOWN_CANCEL
    async with AsyncClient(world.address) as client:
        known = [answered(question, "refused")]
        await client.ask(calls.keep_answers(ACCOUNT, known))
        unknown = [answered(question, "unknown", 2)]
        kept = await client.ask(calls.keep_answers(ACCOUNT, unknown))

    assert next(a for a in kept.answers if a.question is question) == known[0]


async def test_given_nonsense_when_kept_then_refused_in_a_sentence(world: World):
    good = {"question": "history_lag", "answer": "shown", "ts_ns": 1}
    wrong = (
        {"account": "other", "answers": [good]},
        {"account": ACCOUNT, "answers": [{**good, "question": "what"}]},
        {"account": ACCOUNT, "answers": [{**good, "number_ns": 10**15}]},
    )
    async with world.unix() as raw:
        replies = [await raw.post("/v1/answers", json=body) for body in wrong]

    assert [reply.status_code for reply in replies] == [422] * 3
