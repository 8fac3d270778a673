"""An exit at a plain level is read by its shape, and comes out as by every rule."""

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from exitd.configuration.levels import read_level
from exitd.configuration.values import read_quantity
from exitd.core.position import Side
from exitd.runtime.control.asked_exit import AskedExit, read_exit, read_whole
from exitd.runtime.control.requests import Market
from exitd.runtime.problems import Unusable

NOW_NS = 1_700_000_000_000_000_000
D = Decimal

PLAIN = st.decimals("0.00000001", "100000000", places=8)
LEVELS = st.one_of(PLAIN, st.sampled_from([read_level("-3%"), read_level("-20% roi")]))
CONDITIONS = ("stop_loss", "take_profit", "above", "below")
BESIDE: dict[str, list[Any]] = {
    "do": ["close", "cancel", "cancel_and_close", "notify"],
    "orders": ["all", "limit", "some-id"],
    "close": [read_quantity("0.1"), read_quantity("50%"), read_quantity("rest")],
    "order": ["market", "limit"],
    "slippage_limit": [D("0.5"), D("2")],
    "hard": [True, False],
    "patience": [(0, 0), (30, 0), (30, 60)],
    "price": ["mark", "last", "last_close", "bid_ask"],
    "candle": ["1m", "5m"],
    "last_close": ["closed"],
    "for_": [120],
    "prices": [3],
    "emergency": [D("90"), D("110")],
    "leverage": [D("5")],
    "before_liquidation": [D("5")],
}
MARKETS = st.builds(
    Market,
    st.just("main"),
    st.sampled_from(["SOL_USDC_PERP", "BTC_USDC_PERP"]),
    st.sampled_from([Side.LONG, Side.SHORT, None]),
)


@st.composite
def exits(draw) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=2))
    words = {name: draw(LEVELS) for name in names}
    for name in draw(st.sets(st.sampled_from(sorted(BESIDE)), max_size=4)):
        words[name] = draw(st.sampled_from(BESIDE[name]))
    return words


def outcome(read, *asked, **how) -> AskedExit | tuple[str, str]:
    try:
        return read(*asked, **how)
    except Unusable as error:
        return error.code, str(error)


@given(words=exits(), market=MARKETS, follows=st.booleans())
def test_given_any_words_then_the_quick_way_reads_what_every_rule_does(
    words, market, follows
):
    how = {"id": "t", "now_ns": NOW_NS, "follows": follows}
    whole = outcome(read_whole, words, (), market, **how)
    assert outcome(read_exit, words, (), market, **how) == whole


@given(levels=st.lists(PLAIN, min_size=2, max_size=5))
def test_given_alike_exits_then_each_has_its_own_level_and_id(levels):
    market = Market("main", "SOL_USDC_PERP", Side.LONG)
    made = [
        read_exit(
            {"stop_loss": level, "close": read_quantity("0.1")},
            (),
            market,
            id=f"t{number}",
            now_ns=NOW_NS,
            follows=True,
        )
        for number, level in enumerate(levels)
    ]
    assert [asked.definition.level for asked in made] == levels
    assert [asked.exit.level for asked in made] == levels
    assert [asked.definition.id for asked in made] == [
        f"t{number}" for number in range(len(levels))
    ]
