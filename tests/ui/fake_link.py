"""A link without a desk: records what is sent and answers as told."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from cockpit.link.client import LinkError
from cockpit.link.messages import Ack, Query, Snapshot, Verb
from cockpit.link.rows import Tables
from cockpit.link.store import Store
from strategies.hedge_params import HedgeParams
from strategies.params import specs
from venues.model import Clock

STRATEGIES = msgspec.json.encode([{"kind": "hedge", "doc": "Maker here, hedge there.", "params": specs(HedgeParams)}])


class FakeLink:
    """`answer` decides on every verb but queries; `sent` holds them in order."""

    def __init__(self, clock: Clock) -> None:
        self.store = Store(clock)
        self.sent: list[Verb] = []
        self.closed = False
        self.answer: Callable[[Verb], Ack] = lambda _verb: Ack("1", ok=True)
        self.strategies = Ack("1", ok=True, result=msgspec.Raw(STRATEGIES))
        self.reach = Ack("1", ok=False, error="not told what to answer")
        self.answers: dict[str, Ack | Callable[[Query], Ack]] = {}
        """By the query's name; it goes before `strategies` and `reach`."""
        self.asked: list[Query] = []
        self.cut = False
        self._seq = 0

    async def start(self) -> None:
        """Connected at once."""

    async def close(self) -> None:
        self.closed = True

    async def send(
        self, verb: Verb, *, command_id: str | None = None, timeout: float = 10.0, resend: bool = False
    ) -> Ack:
        if self.cut:
            raise LinkError("not connected to the desk", command_id or "1", unknown=False)
        if isinstance(verb, Query):
            return self._query(verb)
        self.sent.append(verb)
        return self.answer(verb)

    def _query(self, query: Query) -> Ack:
        self.asked.append(query)
        told = self.answers.get(query.what)
        if told is not None:
            return told(query) if callable(told) else told
        if query.what == "strategies":
            return self.strategies
        if query.what == "reach":
            return self.reach
        return Ack("1", ok=False, error=f"query: {query.what!r} has no answer here; give `answers` one")

    def snapshot(self, tables: Tables) -> None:
        """The desk's whole state, as one message."""
        self._seq += 1
        self.store.apply(Snapshot(self._seq, 0, tables))
