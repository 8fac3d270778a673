"""Break a text in ways in which people and disks do."""

import random

FRAGMENTS = (
    *("- ", ": ", "{", "}", "[", "]", ",", "|", ">", "&x ", "*x ", "!t ", "%", "@"),
    *("'", '"', "#", "?", "<<: ", "~", "null", "true", "0", "-1", "1e3", "9" * 50),
    *("50%", "+3%", "8h", "12:30", "2027-01-31T16:00:00Z", "\n", "  ", "\t", "\x00"),
    *("exits", "positions", "stop_loss: 1", "moves: [{after: a}]", "for: 8h"),
    *("tighten: {at: 1, to: 1%}", "do: close", "orders: all", "rest", "on", "\ufeff"),
    *("+12%", "-10% roi", "+500 pnl", "500 USDC", "50% initial", "[5s, 10s]"),
    *("trailing: 2%, ", "after: tp1", "to: entry", "at: +5%", "deviation: 1%, "),
    *("15:55 UTC", "5m before close", "calendar: XNYS, ", "watch: binance/B, "),
    *("twap: {slices: 5, every: 30s}, ", "hard: true, ", "entry: keep, ", "prices: 3"),
    *("{a: {b: {c: d}}}", "[[[]]]", "\u2028", "\u00e9", "side: short", "once: true"),
)


def mutate(text: str, dice: random.Random) -> str:
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(text) + 1)
        end = min(len(text), at + dice.randint(0, 12))
        match dice.randrange(4):
            case 0:
                text = text[:at] + dice.choice(FRAGMENTS) + text[at:]
            case 1:
                text = text[:at] + text[end:]
            case 2:
                text = text[:at] + dice.choice(FRAGMENTS) + text[end:]
            case _:
                lines = text.split("\n")
                line = dice.randrange(len(lines))
                lines[line:line] = [lines[dice.randrange(len(lines))]]
                text = "\n".join(lines)
    return text
