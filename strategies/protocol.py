"""What a strategy is, and all that it may see of the desk."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Protocol, TypeVar, runtime_checkable

import msgspec

from venues.model import BookUpdate, Clock, Instrument, OrderStatus, Side, TimeInForce

P_co = TypeVar("P_co", bound=msgspec.Struct, covariant=True)
P_contra = TypeVar("P_contra", bound=msgspec.Struct, contravariant=True)


class Leg(msgspec.Struct, frozen=True):
    """One market of one account that a strategy trades. A loop may have any number of legs."""

    name: str
    account: str
    symbol: str
    hedged_by: str = ""
    """Name of the leg on which the desk hedges every fill of this one, at once; empty where none."""


class Role(StrEnum):
    """What an order is for; stands in its client order id and in the journal."""

    OPEN = "open"
    CLOSE = "close"
    HEDGE = "hedge"
    UNWIND = "unwind"
    FLATTEN = "flatten"
    REDUCE = "reduce"
    WATCHDOG = "watchdog"
    """Closed by the watchdog while the desk stood still: no desk ever sends one."""


class HedgePolicy(msgspec.Struct, frozen=True):
    """How the desk hedges the fills of a strategy's hedged legs."""

    slippage_bps: Decimal = Decimal(5)
    """Bound of the first attempt, from the touch of the hedge venue."""
    slippage_max_bps: Decimal = Decimal(50)
    """Where the bound stops widening; it doubles with each attempt."""
    attempts: int = 6
    """Attempts on the hedge venue before the next rung of the ladder."""
    patience_s: Decimal = Decimal(5)
    """How long an obligation may wait for a hedge venue that cannot trade before the next rung."""
    backup: str = ""
    """A leg on another linked account to hedge on when the first cannot; empty for none."""
    unwind: bool = True
    """Whether the ladder may close on the maker venue what could not be hedged."""


class OrderHandle(Protocol):
    """A strategy's order as the desk's tracker knows it."""

    @property
    def client_order_id(self) -> str: ...
    @property
    def status(self) -> OrderStatus: ...
    @property
    def side(self) -> Side: ...
    @property
    def qty(self) -> Decimal: ...
    @property
    def price(self) -> Decimal: ...
    @property
    def filled_qty(self) -> Decimal: ...

    @property
    def done(self) -> bool:
        """Terminal, and every fill of it booked."""
        ...

    @property
    def reason(self) -> str:
        """Why it was denied or rejected, or cancelled by the venue; empty otherwise."""
        ...


class StopLoop(Exception):
    """Raised by the context inside a strategy that was told to stop: let it pass."""


class HaltLoop(Exception):
    """Raised by a strategy that must not go on; the desk halts the loop and raises an alarm with the text."""


class Context(Protocol[P_co]):
    """All that a strategy sees. The desk hedges, books, checks and journals behind it.

    Waiting methods return when something the strategy watches has changed: a book of its legs, an order of its own, an
    obligation, a parameter, the operator's word. They raise `StopLoop` when the loop is to end now.
    """

    @property
    def loop_id(self) -> str: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def params(self) -> P_co:
        """As of the last safe point."""
        ...

    @property
    def iterations_done(self) -> int: ...

    # -- what it sees

    def instrument(self, leg: str) -> Instrument: ...

    def book(self, leg: str) -> BookUpdate | None:
        """The newest best levels, or None while there is no sound book."""
        ...

    def book_age(self, leg: str) -> float:
        """Seconds since the leg's market data was last known to be current; infinite for never."""
        ...

    def position(self, leg: str) -> Decimal:
        """Signed position that this loop holds on the leg by its own fills, venue units."""
        ...

    def exposure(self) -> Decimal:
        """Net over all legs, base coin at fill prices."""
        ...

    def owed(self) -> Decimal:
        """Signed base coin that the hedger has still to trade for this loop, what is at work included."""
        ...

    def tolerance(self) -> Decimal:
        """Base coin under which the pair cannot be evened out."""
        ...

    def tradable(self, leg: str, *, reduce_only: bool = False) -> str:
        """Empty where new orders (or none but `reduce_only` ones) may go to the leg's account, else why not."""
        ...

    def fees(self, leg: str) -> tuple[Decimal, Decimal]:
        """(maker, taker) fee of the leg's account, fraction of notional."""
        ...

    def holding_back(self) -> bool:
        """True while the operator has paused the loop or asked it to stop: pull resting entries."""
        ...

    def wear(self, last: int = 0) -> tuple[Decimal, Decimal]:
        """(cost in USD, volume in USD) of the last `last` iterations, or of the whole loop for 0; open ones are
        marked at mid."""
        ...

    # -- what it does

    async def place(
        self,
        leg: str,
        side: Side,
        qty: Decimal,
        price: Decimal,
        *,
        role: Role,
        tif: TimeInForce = TimeInForce.GTC,
        post_only: bool = False,
        reduce_only: bool = False,
    ) -> OrderHandle:
        """Check, journal and submit. A refused order comes back DENIED with its reason; nothing is raised for it."""
        ...

    def cancel(self, order: OrderHandle) -> None:
        """Ask for the cancel once; the handle shows what comes of it. Repeating it while one is at work does
        nothing."""
        ...

    async def change(self, timeout: float | None = None) -> bool:
        """Wait for anything to change; False when `timeout` seconds went by first. Raises `StopLoop`."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Hold, while hedges and the operator go on. Raises `StopLoop`."""
        ...

    async def hold(self, seconds: float) -> None:
        """Like `sleep`, but over as soon as parameters are staged or the operator holds the loop back: take a safe
        point and look again."""
        ...

    async def settled(self, order: OrderHandle) -> None:
        """Wait until the order is done and what its fills owe is hedged to within the tolerance."""
        ...

    async def safe_point(self) -> bool:
        """Between steps: takes staged parameters, waits out a pause. False where the loop should finish: stop after
        what is open has been closed."""
        ...

    def iteration(self, done: int) -> None:
        """Book that `done` iterations are complete."""
        ...

    def phase(self, phase: str, detail: str = "") -> None:
        """What the operator sees the loop doing."""
        ...

    def pace(self, text: str) -> None:
        """What the operator sees of a volume goal."""
        ...

    def pause(self, text: str) -> None:
        """Pause this loop by the strategy's own word, with an alarm that says why; takes hold at the safe point."""
        ...

    def log(self, text: str) -> None: ...


class Strategy(Protocol[P_contra]):
    """An embedded strategy: a kind, its parameters, its legs and an async run.

    `run` must be able to start anywhere: after a restart it finds its position and progress in the context.
    """

    kind: ClassVar[str]
    params_type: ClassVar[type[msgspec.Struct]]

    def legs(self, params: P_contra) -> Sequence[Leg]: ...

    def hedge_policy(self, params: P_contra) -> HedgePolicy: ...

    def volume_leg(self, params: P_contra) -> str:
        """The leg whose fills are the volume that wear is divided by."""
        ...

    def target_iterations(self, params: P_contra) -> int:
        """How many iterations the loop is to do; 0 for no end."""
        ...

    def size_base(self, params: P_contra) -> Decimal:
        """Base coin of one order: what a launch holds against the tolerance."""
        ...

    async def run(self, ctx: Context[P_contra]) -> None: ...


@runtime_checkable
class Builds(Protocol[P_contra]):
    """A strategy that may hold more than one order's size says how much; it bounds the leverage of a launch."""

    def max_position_base(self, params: P_contra) -> Decimal:
        """Base coin at which building ends, on one leg."""
        ...
