"""Bodies from a seed: alerts of every dialect, and what is nearly one."""

import json
import random

SECRET = "kept-to-ourselves"
PRICES = ("marketPrice", "stopPrice", "limitPrice", "trailPrice", "trailPercent")
EXITS = (
    "profitTarget",
    "stopLossTarget",
    "stopLossLimit",
    "profitTargetStopPrice",
    "profitTargetLimitPrice",
    "stopLossStopPrice",
    "stopLossLimitPrice",
)
OPTIONS = ("AAPL  240119C00150000", "AAPL240119C00150000")
TAGS = ("dca", "swing")
ODD_TICKERS = (*OPTIONS, "", "{{ticker}}", "Ä")
WORDS = {
    "ticker": ("AAPL", "brk.b", "BTC/USD", "BTC-USD", "ETHUSD", " spy ", *ODD_TICKERS),
    "direction": ("long", "short", "LONG", "Short", "up", "buy", ""),
    "action": ("buy", "sell", "long", "short", "hold"),
    "positionDirection": ("entryLong", "exitLong", "entryShort", "exitShort", "flat"),
    "orderType": ("market", "limit", "stop", "stop_limit", "trailing_stop", "oco"),
    "timeInForce": ("day", "gtc", "opg", "cls", "ioc", "fok", "DAY", "gtd"),
    "profitTargetType": ("limit", "stop_limit", "stop"),
    "stopLossType": ("stop", "stop_limit", "limit"),
    "positionIntent": (
        "buy_to_open",
        "buy_to_close",
        "sell_to_open",
        "SELL_TO_CLOSE",
        "dca",
    ),
    "clientOrderId": ("a", "x" * 128, "x" * 129, "id-1", "{{timenow}}"),
    "accountId": ("DU1", "main"),
}
BROKERS = ("alpaca", "interactive_brokers", "td_ameritrade", "schwab", "coinbase")
NUMBERS = (0, -1, 1, 10, 100, 100.5, 0.0001, 0.00004, 1e-9, 1e14, 1e15, 150.801, 0.5)
ODD = (None, True, False, "", " ", "NaN", "ten", "1,000", "1e3", "{{close}}", [], {})
ODD += ([1], {"a": 1}, "١٢", "1_000", "0x1", "null", "-5", "+5.5", ".5", "5.")


def price(dice: random.Random, wildness: float = 0.25) -> object:
    chosen = dice.random()
    if chosen < 1 - wildness:
        number = round(dice.uniform(0.5, 200), dice.choice((0, 1, 2, 3, 4, 8)))
        return str(number) if dice.random() < 0.2 else number
    return dice.choice(NUMBERS) if chosen < 1 - wildness / 2 else dice.choice(ODD)


def alert(dice: random.Random) -> dict[str, object]:
    """Make a body of fields that mostly fit together."""
    body: dict[str, object] = {
        "ticker": dice.choice(("AAPL", "X", "BTC/USD", "AAPL240119C00150000")),
        "direction": dice.choice(("long", "short")),
        "auth_key": SECRET,
    }
    wildness = dice.choice((0.0, 0.02, 0.25))
    for name, words in WORDS.items():
        if dice.random() < wildness:
            body[name] = dice.choice(words)
        elif dice.random() < wildness / 20:
            body[name] = dice.choice(ODD)
    for name in PRICES:
        if dice.random() < 0.3:
            body[name] = price(dice, wildness)
    size = dice.choice(("qty", "qty", "notional", "none"))
    for name in ("qty", "notional"):
        if name == size or dice.random() < wildness / 4:
            body[name] = dice.choice((1, 10, 0.5)) if wildness == 0 else price(dice)
    for name in EXITS:
        if dice.random() < wildness / 2 + 0.03:
            body[name] = price(dice, wildness)
    for name in ("takeProfit", "stopLoss"):
        if dice.random() < wildness / 2:
            members = ("limitPrice", "stopPrice", "type", "other")
            body[name] = {
                member: dice.choice(("limit", "stop", "stop_limit"))
                if member == "type"
                else price(dice)
                for member in members
                if dice.random() < 0.4
            }
    if dice.random() < wildness:
        body["extendedHours"] = dice.choice((True, False, "true", "no", 1))
    if dice.random() < wildness / 2:
        body["price"] = price(dice)
        body["extras"] = {"stop": price(dice), "limit": price(dice), "note": "x"}
    if dice.random() < wildness + 0.05:
        body["metadata"] = {
            "brokerPlatform": dice.choice(BROKERS),
            "timestamp": dice.choice(("1705329000000", 1705329000, "2024-01-15", "")),
            "comment": dice.choice(("fine", "{{strategy.order.comment}}", "\u2028", 3)),
            "auth_key": SECRET,
        }
    if dice.random() < 0.1:
        body["unknown"] = dice.choice(ODD)
    if dice.random() < 0.05:
        body["extra"] = {"unknown": dice.choice(ODD), "auth_key": SECRET}
    for name in [name for name in body if dice.random() < wildness / 10]:
        del body[name]
    return body


JUNK = (b"{", b"}", b"[", b"]", b'"', b",", b":", b"//", b"{{close}}", b"NaN", b"\\u")
JUNK += (b"-", b"1e9", b"'", b"\xff", b"\x00", b"true", b"None", b"\\ud800", b"  ")


def body(dice: random.Random) -> bytes:
    """Make the bytes of one body; some of them are damaged on the way."""
    raw = json.dumps(alert(dice), ensure_ascii=dice.random() < 0.5).encode()
    if dice.random() < 0.15:
        for _ in range(dice.randint(1, 3)):
            at = dice.randrange(len(raw) + 1)
            cut = dice.choice((0, 0, 1, 5))
            raw = raw[:at] + dice.choice(JUNK) + raw[at + cut :]
    return raw
