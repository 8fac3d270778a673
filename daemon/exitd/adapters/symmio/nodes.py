"""Several nodes of one chain: who is believed, who is asked, what if they differ.

A node is one opinion. Those that are behind, ahead of time, on another chain or on
another fork are not read from until they agree again; all of them get what is sent.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from exitd.adapters.symmio.node import Head, Node, NodeDown, NodeSaidNo, Reverted
from exitd.adapters.symmio.notices import Notices
from exitd.core.units import NS_PER_S
from exitd.errors import VenueUnavailable
from exitd.ports.clock import Clock
from exitd.ports.notices import NoticeKind


class Tolerance(Struct, frozen=True, kw_only=True):
    """How far nodes may differ before one is not believed.

    `behind` in blocks, of which one takes `block_ms`; `ahead_s` how far a block may
    be dated after our own clock; `age_s` from when on the newest block of all is too
    old to decide anything by.
    """

    behind: int = 5
    block_ms: int = 2_000
    ahead_s: int = 30
    age_s: int = 90


class _Seen:
    """What was last seen of a node."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.head: Head | None = None
        self.trouble = ""
        self.is_right_chain = False
        self.chain_id: int | None = None


class Nodes:
    """The nodes of one chain, in the order in which they are preferred.

    `notices` tells when one is not believed, and when it is again.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        *,
        chain_id: int,
        clock: Clock,
        tolerance: Tolerance,
        notices: Notices | None = None,
    ) -> None:
        assert nodes
        self._seen = [_Seen(node) for node in nodes]
        self._chain_id = chain_id
        self._clock = clock
        self._tolerance = tolerance
        self._notices = notices

    @property
    def troubles(self) -> dict[str, str]:
        """Why nodes are not believed now."""
        return {s.node.name: s.trouble for s in self._seen if s.trouble}

    @property
    def other_chains(self) -> list[int]:
        """The chains that nodes are on, where none is on the right one."""
        if any(s.is_right_chain for s in self._seen):
            return []
        return sorted({s.chain_id for s in self._seen if s.chain_id is not None})

    async def survey(self) -> Head:
        """Ask every node for its newest block, and decide whom to believe.

        Raises:
            VenueUnavailable: None can be believed.
        """
        await asyncio.gather(*(self._look(seen) for seen in self._seen))
        self._compare_heights()
        await self._compare_forks()
        believed = self._believed()
        if self._notices is not None:
            self._tell(self._notices, is_any_believed=bool(believed))
        if not believed:
            whys = "; ".join(f"{n}: {t}" for n, t in self.troubles.items())
            raise VenueUnavailable(f"no node can be believed: {whys}")
        newest = believed[0].head
        assert newest is not None
        return newest

    def _tell(self, notices: Notices, *, is_any_believed: bool) -> None:
        kind = NoticeKind.NODE_DOUBTED
        rest = (
            "the others are asked instead"
            if is_any_believed
            else "nor is any other: nothing can be read, and closes only go out blindly"
        )
        for seen in self._seen:
            name = seen.node.name
            if seen.trouble:
                notices.begin(
                    kind,
                    name,
                    f"{name} is not believed: {seen.trouble}; {rest}. If it goes on,"
                    " name another under `nodes`",
                )
            else:
                notices.end(kind, name, f"{name} is believed again")

    async def _look(self, seen: _Seen) -> None:
        try:
            if not seen.is_right_chain:
                seen.chain_id = await seen.node.chain_id()
                seen.is_right_chain = seen.chain_id == self._chain_id
                if not seen.is_right_chain:
                    found = seen.chain_id
                    seen.trouble = f"it is on chain {found}, not {self._chain_id}"
                    seen.head = None
                    return
            seen.head = await seen.node.head()
            seen.trouble = "" if seen.head is not None else "it has no block"
        except (NodeDown, NodeSaidNo, Reverted) as exc:
            seen.head, seen.trouble = None, str(exc)

    def _compare_heights(self) -> None:
        """Set aside who is dated in the future, behind the rest, or far ahead of it."""
        limits, now_s = self._tolerance, self._clock.now_ns() // NS_PER_S
        for seen in self._alive():
            assert seen.head is not None
            if seen.head.ts_s > now_s + limits.ahead_s:
                seen.trouble = f"its block {seen.head.number} is of the future"
            elif seen.head.ts_s < now_s - limits.age_s:
                seen.trouble = f"its newest block is {now_s - seen.head.ts_s} s old"
        self._doubt_leader()
        if len(self._alive()) < 2:
            return
        newest = max(s.head.number for s in self._alive() if s.head is not None)
        for seen in self._alive():
            assert seen.head is not None
            if newest - seen.head.number > limits.behind:
                seen.trouble = f"it is {newest - seen.head.number} blocks behind"

    def _doubt_leader(self) -> None:
        """Set aside who is further ahead of all others than its time allows."""
        heads = sorted(
            ((s.head, s) for s in self._alive() if s.head is not None),
            key=lambda pair: pair[0].number,
        )
        if len(heads) < 2:
            return
        (second, _), (first, leader) = heads[-2:]
        blocks, passed_s = first.number - second.number, first.ts_s - second.ts_s
        limits = self._tolerance
        is_possible = passed_s * 1000 * 2 >= blocks * limits.block_ms
        if blocks > limits.behind and not is_possible:
            leader.trouble = f"its block {first.number} is known to nobody else"

    async def _compare_forks(self) -> None:
        """Ask all for one block that all should have; most of them are right."""
        # Another survey may begin meanwhile, and forget their heads.
        alive = [(s, s.head) for s in self._alive() if s.head is not None]
        if len(alive) < 2:
            return
        common = min(head.number for _, head in alive)
        hashes = await asyncio.gather(
            *(self._hash_at(seen, head, common) for seen, head in alive)
        )
        counted = Counter(h for h in hashes if h)
        if len(counted) < 2:
            return
        (right, votes), (_, others) = counted.most_common(2)
        if votes == others:
            # Nobody can tell who is right: who was listed first is believed.
            right = next(h for h in hashes if h)
        for (seen, _), its in zip(alive, hashes, strict=True):
            if its and its != right:
                seen.trouble = f"it has another block {common} than the others"

    async def _hash_at(self, seen: _Seen, newest: Head, number: int) -> str:
        if newest.number == number:
            return newest.hash
        try:
            head = await seen.node.head(hex(number))
        except (NodeDown, NodeSaidNo, Reverted) as exc:
            seen.trouble = str(exc)
            return ""
        if head is None:
            seen.trouble = f"it lost block {number}"
            return ""
        return head.hash

    def _alive(self) -> list[_Seen]:
        return [s for s in self._seen if not s.trouble and s.head is not None]

    def _believed(self) -> list[_Seen]:
        """The newest first; among equals in the order of preference."""
        return sorted(self._alive(), key=lambda s: -s.head.number if s.head else 0)

    async def read(self, method: str, params: list[object]) -> object:
        """Ask those that are believed in turn, until one answers.

        Raises:
            VenueUnavailable: None did.
            Reverted: A contract said no.
        """
        return (await self.opinions(method, params, 1))[0]

    async def opinions(
        self, method: str, params: list[object], wanted: int
    ) -> list[object]:
        """Ask until *wanted* nodes have answered, or all have been asked.

        Raises:
            VenueUnavailable: Not one answered.
            Reverted: A contract said no.
        """
        answers: list[object] = []
        failures: list[str] = []
        # Those that were set aside only since the last look may have recovered.
        believed = self._believed() or [s for s in self._seen if s.is_right_chain]
        for seen in believed:
            try:
                answers.append(await seen.node.ask(method, params))
            except NodeDown as exc:
                seen.trouble = str(exc)
                failures.append(str(exc))
            except NodeSaidNo as exc:
                failures.append(str(exc))
            if len(answers) == wanted:
                return answers
        if not answers:
            said = "; ".join(failures) or "none is on the right chain"
            raise VenueUnavailable(f"no node answered: {said}")
        return answers

    async def broadcast(self, raw: bytes) -> list[str | NodeDown | NodeSaidNo]:
        """Send the same bytes to every node; what each said, in their order.

        Where a node took them, or had them, this is an empty text.
        """
        sent = "0x" + raw.hex()
        return list(await asyncio.gather(*(_send(s.node, sent) for s in self._seen)))

    async def close(self) -> None:
        for seen in self._seen:
            await seen.node.close()


#: What nodes say of bytes that they have already.
_KNOWN = ("already known", "known transaction", "alreadyknown", "already imported")


async def _send(node: Node, sent: str) -> str | NodeDown | NodeSaidNo:
    try:
        await node.ask("eth_sendRawTransaction", [sent])
    except NodeDown as exc:
        return exc
    except NodeSaidNo as exc:
        said = exc.message.lower()
        return "" if any(known in said for known in _KNOWN) else exc
    except Reverted as exc:
        # Some nodes try a transaction before they take it.
        return NodeSaidNo(node.name, 3, f"execution reverted: {exc.reason}")
    return ""
