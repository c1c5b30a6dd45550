"""A loop as it was at a time: its parameters, its state and what it owed, from what the journal says of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from decimal import Decimal
from statistics import quantiles
from typing import Any

from cockpit.desk.journal_rows import JournaledFill, JournaledLoop, JournaledObligation, JournaledOrder, ParamChange
from cockpit.desk.loops import LoopState
from strategies.params import ParamError, parse_params
from strategies.protocol import Strategy
from strategies.registry import STRATEGIES
from venues.model import NS_PER_MS, Instrument, InstrumentKind

ZERO = Decimal(0)
TAKEN = "new parameters are in effect"
"""What the desk says of a loop that has reached its safe point."""
RESTARTED = "the desk was restarted"
KEPT_LATENCIES = 10_000
STATES = frozenset(state.value for state in LoopState)

Leg = tuple[str, str, str]
"""(leg, account, symbol)"""
Instruments = Mapping[tuple[str, str], Instrument]


class LoopPast:
    """Moved on by the journal's rows, in their order."""

    def __init__(self, row: JournaledLoop, changes: list[ParamChange], instruments: Instruments) -> None:
        """`changes` are all of this loop's, oldest first: without them `row` gives what it was launched with."""
        self.row = row
        self.id = row.id
        self.params = dict(row.params)
        for change in reversed(changes):
            if change.field in self.params:
                self.params[change.field] = change.old
        self.pending: dict[str, str] = {}
        self.state = LoopState.STARTING
        self.detail = ""
        self.phase = ""
        self.cycles = 0
        self.owed = ZERO
        """Signed base coin still to be hedged."""
        self.hedges = 0
        self.latencies_ms: deque[float] = deque(maxlen=KEPT_LATENCIES)
        self._open: deque[list[Decimal | int]] = deque()
        """Obligations not covered yet, oldest first: [signed base that is left, ns]."""
        self._instruments = instruments
        # Strategies take any parameters of their own; this one gets those that were journaled for it.
        self._strategy: Strategy[Any] | None = STRATEGIES.get(row.strategy)
        self._seen: dict[str, Leg] = {}
        self._legs: tuple[Leg, ...] | None = None

    # -- what it was

    @property
    def begun(self) -> int:
        return self.row.created_ts

    @property
    def legs(self) -> tuple[Leg, ...]:
        """As its strategy names them; of a strategy that is not known here, as its orders did."""
        if self._legs is None:
            self._legs = self._named()
        return self._legs or tuple(self._seen.values())

    def _named(self) -> tuple[Leg, ...]:
        if self._strategy is None:
            return ()
        try:
            legs = self._strategy.legs(parse_params(self._strategy.params_type, self.params))
        except ParamError:
            return ()
        return tuple((leg.name, leg.account, self._symbol(leg.account, leg.symbol)) for leg in legs)

    def _symbol(self, account: str, wanted: str) -> str:
        """The venue's own symbol for a coin: that of a perpetual market before any other."""
        if (account, wanted) in self._instruments:
            return wanted
        order = (InstrumentKind.LINEAR, InstrumentKind.INVERSE, InstrumentKind.SPOT)
        found = [i for (name, _), i in self._instruments.items() if name == account and i.base == wanted.upper()]
        return min(found, key=lambda i: (order.index(i.kind), i.symbol)).symbol if found else wanted

    @property
    def iterations(self) -> int:
        if self._strategy is None:
            return 0
        try:
            return self._strategy.target_iterations(parse_params(self._strategy.params_type, self.params))
        except ParamError:
            return 0

    def latency_ms(self) -> tuple[float | None, float | None]:
        """p50 and p99 from a fill to the hedge fill that covered it."""
        if len(self.latencies_ms) < 2:
            return None, None
        cuts = quantiles(sorted(self.latencies_ms), n=100, method="inclusive")
        return round(cuts[49], 1), round(cuts[98], 1)

    # -- what happened to it

    def said(self, text: str) -> None:
        """A line of the log about it: changes of state are told there and nowhere else."""
        word, _, why = text.partition(":")
        if word in STATES:
            self.state = LoopState(word)
            self.detail = why.strip()
            if self.state is not LoopState.RUNNING:
                self.phase = ""
        elif text == TAKEN:
            self.params.update(self.pending)
            self.pending.clear()
            self._legs = None
        else:
            self.detail = text

    def changed(self, row: ParamChange) -> None:
        self.pending[row.field] = row.new

    def meant(self, row: JournaledOrder) -> None:
        """An order of it."""
        self._seen.setdefault(row.leg, (row.leg, row.account, row.symbol))
        self.cycles = max(self.cycles, row.cycle)
        if row.role in ("open", "close"):
            self.phase = "opening" if row.role == "open" else "closing"

    def oblige(self, row: JournaledObligation) -> None:
        self.owed += row.base
        if row.trade_id:
            self._open.append([row.base, row.ts])
        else:
            self._open.clear()

    def filled(self, row: JournaledFill) -> None:
        """A hedge or an unwind works off what is owed; other fills have obligations of their own."""
        if row.role not in ("hedge", "unwind"):
            return
        self.hedges += 1
        self.owed -= row.signed_base
        left = row.signed_base
        while self._open and left:
            first = self._open[0]
            base, ts = Decimal(first[0]), int(first[1])
            if (base > 0) != (left > 0):
                return
            if abs(base) > abs(left):
                first[0] = base - left
                return
            left -= base
            self._open.popleft()
            self.latencies_ms.append((row.ts_init - ts) / NS_PER_MS)

    def restarted(self) -> None:
        """Loops that had not ended come back paused, and one that was halted stays so."""
        if not self.state.ended and self.state is not LoopState.HALTED:
            self.state, self.detail, self.phase = LoopState.PAUSED, RESTARTED, ""

    def ended_as_journaled(self) -> None:
        """The last thing booked has been shown: what only stands in its own row holds now."""
        self.cycles = max(self.cycles, self.row.iterations_done)
