"""What a ticker is, where nobody says it: a share, an option or a coin."""

import re

from exitd.core.ticket import AssetClass

# Pairs that are written without a separator; anything else like that is a share.
_COINS = (
    "AAVE|ADA|AVAX|BAT|BCH|BTC|CRV|DOGE|DOT|ETH|GRT|LINK|LTC|MKR|PEPE|SHIB|SOL|SUSHI|"
    "TRUMP|UNI|USDC|USDT|XRP|XTZ|YFI"
)
_QUOTES = "USDT|USDC|USD|EUR|BTC|ETH"
_PAIR = re.compile(rf"([A-Z0-9]{{2,10}})[/-]({_QUOTES})")
_JOINED = re.compile(rf"({_COINS})({_QUOTES})")
_OPTION = re.compile(r"[A-Z0-9]{1,6} {0,5}[0-9]{6}[CP][0-9]{8}")
_OPTION_LENGTH = 21


def asset_class_of(ticker: str) -> AssetClass:
    """
    Read the class of a ticker from its form, in capitals.

    `BTC/USD`, `BTC-USD` and well-known pairs such as `BTCUSD` are crypto; a symbol of
    the OCC (21 characters, or without the spaces in it) is an option; all else is
    equity.
    """
    if _PAIR.fullmatch(ticker) or _JOINED.fullmatch(ticker):
        return AssetClass.CRYPTO
    if _OPTION.fullmatch(ticker) and (
        " " not in ticker or len(ticker) == _OPTION_LENGTH
    ):
        return AssetClass.OPTION
    return AssetClass.EQUITY


def symbol_of(ticker: str, asset_class: AssetClass) -> str:
    """Write a ticker the way brokers take it: `BTC/USD`; options without spaces."""
    match asset_class:
        case AssetClass.CRYPTO:
            pair = _PAIR.fullmatch(ticker) or _JOINED.fullmatch(ticker)
            return f"{pair[1]}/{pair[2]}" if pair else ticker
        case AssetClass.OPTION:
            return ticker.replace(" ", "")
        case AssetClass.EQUITY:
            return ticker
