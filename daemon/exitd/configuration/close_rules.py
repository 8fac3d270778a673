"""How a close may be sent: at once for stops, in slices only for what can wait."""

from collections.abc import Iterator

from exitd.configuration.document import Path, Problem
from exitd.configuration.exit_keys import Exit
from exitd.configuration.exit_words import is_stop


def close_problems(
    path: Path, exit_: Exit, condition: str, side: str | None
) -> Iterator[Problem]:
    if exit_.twap is not None and is_stop(exit_, side):
        what = "a trailing take-profit" if exit_.deviation else f"'{condition}'"
        yield (
            (*path, "twap"),
            f"a stop closes at once, and {what} is one here; remove 'twap', or use it "
            "with take_profit, at_time or max_hold",
        )
