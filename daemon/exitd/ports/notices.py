"""What somebody should know of a venue for as long as it lasts.

Each is told once when it begins and once when it is over.
"""

from enum import StrEnum
from typing import Self


class NoticeKind(StrEnum):
    """What a notice is about; the value is the topic of its alert."""

    REVOCATION_PROPOSED = "chain.revocation_proposed"
    ACCESS_LOST = "chain.access_lost"
    ADDRESS_WRONG = "chain.address_wrong"
    GAS_LOW = "chain.gas_low"
    FEES_CAPPED = "chain.fees_capped"
    TRANSACTION_STUCK = "chain.transaction_stuck"
    REQUEST_STUCK = "chain.request_stuck"
    NODE_DOUBTED = "chain.node_doubted"
    QUOTE_DISPUTED = "chain.quote_disputed"
    SYMBOLS_OLD = "chain.symbols_old"
    SESSION_LOST = "broker.session_lost"
    LOGIN_ENDING = "broker.login_ending"
    QUESTION_DECLINED = "broker.question_declined"
    SYMBOL_AMBIGUOUS = "broker.symbol_ambiguous"
    ORDER_AMBIGUOUS = "broker.order_ambiguous"


class Notice(str):
    """One sentence for a person, with what to do; itself the text.

    A text, so that who only passes words on needs nothing else of it. Of one `kind`
    and `about`, that with `is_over` ends the one before.
    """

    __slots__ = ("about", "is_over", "kind")

    kind: NoticeKind
    about: str
    is_over: bool

    def __new__(
        cls, text: str, *, kind: NoticeKind, about: str, is_over: bool = False
    ) -> Self:
        notice = super().__new__(cls, text)
        notice.kind, notice.about, notice.is_over = kind, about, is_over
        return notice
