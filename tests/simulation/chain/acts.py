"""What must hold of each transaction that leaves: durable before, one act a nonce."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from exitd.core.attempt import AttemptKey
from simulation.chain.blocks import Sent, read_sent
from simulation.chain.contract import CLOSE, THROUGH, inner_of

if TYPE_CHECKING:
    from simulation.chain.world import ChainWorld

_MARK = b"exitd"


class Act(Struct, frozen=True):
    """What a transaction does, whatever it offers; `attempt` where it is a close."""

    to: str
    data: bytes
    client_id: int | None = None

    @property
    def is_void(self) -> bool:
        """Whether it only uses its nonce up."""
        return not self.data


def act_of(sent: Sent) -> Act:
    data = sent.data
    is_close = data[:4] == THROUGH and inner_of(data)[1][:4] == CLOSE
    if not is_close:
        return Act(sent.to, data)
    assert data[-9:-4] == _MARK, "a close without an id of ours"
    return Act(sent.to, data, int.from_bytes(data[-4:], "big"))


class ActWatch:
    """Looks at each transaction as it leaves, the first time."""

    def __init__(self, world: ChainWorld) -> None:
        self._world = world
        self._by_nonce: dict[int, list[Act]] = {}
        self._nonces: dict[int, int] = {}

    def note(self, sent: Sent) -> None:
        act = act_of(sent)
        world = self._world
        world.counted["transactions"] += 1
        said = "nothing" if act.is_void else act.client_id or "housekeeping"
        world.say("sent", f"nonce {sent.nonce}: {said} {sent.hash[:10]}")
        known = self._by_nonce.setdefault(sent.nonce, [])
        world.counted["transactions outbid"] += act in known
        if act.client_id is not None:
            self._check_close(act, sent, known)
        known.append(act)

    def _check_close(self, act: Act, sent: Sent, known: list[Act]) -> None:
        assert act.client_id is not None
        wrong = self._world.wrong
        for other in known:
            if other.client_id is not None and other != act:
                wrong.append(
                    f"nonce {sent.nonce} is that of the closes {other.client_id} and "
                    f"{act.client_id}"
                )
        nonce = self._nonces.setdefault(act.client_id, sent.nonce)
        if nonce != sent.nonce:
            wrong.append(
                f"the close {act.client_id} was sent with the nonces {nonce} and "
                f"{sent.nonce}"
            )
        key = self._world.attempt_of(act.client_id)
        if key is None:
            wrong.append(f"{act.client_id} was sent before it was durable")
        else:
            self._check_written(key, act, sent)

    def _check_written(self, key: AttemptKey, act: Act, sent: Sent) -> None:
        """What leaves is what is written, but for what it offers."""
        mirror = self._world.mirror
        attempt = mirror.attempts[key.trigger_id, key.arming, key.n]
        written = read_sent(attempt.signed)
        if (written.nonce, act_of(written)) != (sent.nonce, act):
            self._world.wrong.append(f"{key} was sent otherwise than it is written")
        fired = mirror.fires.get((key.trigger_id, key.arming))
        if fired is None or fired.attempts < key.n:
            self._world.wrong.append(f"{key} was sent before its firing was durable")
