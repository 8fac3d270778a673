"""The alert that accounts stand by, and its end."""

from exitd.logs import Event
from exitd.ports.alerts import Alert, AlertLevel
from exitd.runtime.standby import Standby

_TOPIC, _ABOUT = Event.ACCOUNT_STANDING_BY.value, "exitd"


def standing_alert(standby: Standby) -> Alert:
    """Say of every account that stands by why it does."""
    standing = (
        f"{name} stands by: {standby.accounts[name].reason}"
        for name in standby.standing
    )
    text = f"{'; '.join(standing)}; nothing is sent before `exitd takeover`"
    return Alert(level=AlertLevel.CRITICAL, topic=_TOPIC, about=_ABOUT, text=text)


def ended_alert() -> Alert:
    text = "no account stands by"
    level = AlertLevel.INFO
    return Alert(level=level, topic=_TOPIC, about=_ABOUT, text=text, cleared=True)
