"""The trading calendars that an exit can go by, named by their market's code."""

from exitd.configuration.findings import did_you_mean, quoted

#: Market codes of ISO 10383, and CME for the futures of Chicago.
CALENDARS = {
    "XNYS": "New York Stock Exchange",
    "XNAS": "Nasdaq",
    "XLON": "London Stock Exchange",
    "XETR": "Xetra, Frankfurt",
    "XPAR": "Euronext Paris",
    "XTKS": "Tokyo Stock Exchange",
    "XHKG": "Hong Kong Stock Exchange",
    "XTSE": "Toronto Stock Exchange",
    "XASX": "Australian Securities Exchange",
    "CME": "Chicago Mercantile Exchange",
}


def read_calendar(written: object) -> str:
    text = written if isinstance(written, str) else ""
    if text in CALENDARS:
        return text
    if text == "24/7":
        raise ValueError(
            "a market that never closes has no calendar; leave out 'calendar'"
        )
    raise ValueError(
        f"{quoted(written)} is not one of {', '.join(CALENDARS)}"
        f"{did_you_mean(text.upper(), CALENDARS)}"
    )
