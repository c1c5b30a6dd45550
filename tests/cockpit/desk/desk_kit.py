"""The real desk on a loop in virtual time: over fake venues, or over the paper exchange with markets moved by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

import msgspec
from fake_venue import D, FakeVenue, linear

from cockpit.desk.desk import Desk, DeskOptions
from cockpit.desk.hedger import HedgeBook
from cockpit.desk.journal import Journal
from cockpit.desk.loops import Loop
from cockpit.desk.orders import Order
from cockpit.desk.risk import RiskLimits
from cockpit.sim.loop import VirtualClock, VirtualLoop
from strategies.hedge import HedgeLoop
from strategies.params import Param
from strategies.protocol import Context, HaltLoop, HedgePolicy, Leg, Role, Strategy
from venues.model import NS_PER_S, OrderRequest, Side, TimeInForce, Venue

T = TypeVar("T")
START = 1_763_683_200 * NS_PER_S
"""2025-11-21 00:00 UTC"""

LIMITS = RiskLimits(
    max_order_notional_usd=D(10**9),
    max_position_notional_usd=D(10**9),
    max_leverage=D(1000),
    max_naked_usd=D(10**9),
    stale_s=D(3600),
)
"""Nothing in the way, and the fake venues' books, which move only when told to, stay good for an hour."""


class IdleParams(msgspec.Struct, frozen=True, kw_only=True):
    """A strategy that does what the test says, no more."""

    maker: Annotated[str, Param("maker")] = "mk"
    taker: Annotated[str, Param("taker")] = "tk"
    ticker: Annotated[str, Param("coin")] = "BTC"
    size: Annotated[Decimal, Param("size", unit="base", gt=D(0), live=True)] = D("0.05")
    iterations: Annotated[int, Param("cycles", ge=D(0), live=True)] = 0
    attempts: Annotated[int, Param("attempts", ge=D(1))] = 6
    patience: Annotated[Decimal, Param("patience", unit="s", ge=D(0))] = D(5)
    backup: Annotated[str, Param("backup account")] = ""
    unwind: Annotated[bool, Param("unwind")] = True


class Idle:
    """Rests; `act` is a coroutine the test hands in, run once in the strategy's own task."""

    kind: ClassVar[str] = "idle"
    params_type: ClassVar[type[msgspec.Struct]] = IdleParams

    def __init__(self) -> None:
        self.contexts: dict[str, Context[IdleParams]] = {}
        self.act: Callable[[Context[IdleParams]], Coroutine[Any, Any, None]] | None = None

    def legs(self, params: IdleParams) -> Sequence[Leg]:
        legs = [Leg("maker", params.maker, params.ticker, hedged_by="taker"), Leg("taker", params.taker, params.ticker)]
        return [*legs, Leg("backup", params.backup, params.ticker)] if params.backup else legs

    def hedge_policy(self, params: IdleParams) -> HedgePolicy:
        return HedgePolicy(
            attempts=params.attempts,
            patience_s=params.patience,
            backup="backup" if params.backup else "",
            unwind=params.unwind,
        )

    def volume_leg(self, params: IdleParams) -> str:
        return "maker"

    def target_iterations(self, params: IdleParams) -> int:
        return params.iterations

    def size_base(self, params: IdleParams) -> Decimal:
        return params.size

    async def run(self, ctx: Context[IdleParams]) -> None:
        self.contexts[ctx.loop_id] = ctx
        if self.act is not None:
            act, self.act = self.act, None
            await act(ctx)
        while await ctx.safe_point():
            await ctx.change(None)


class Faulty(Idle):
    """A strategy that raises what it is told to, at its second breath."""

    kind: ClassVar[str] = "faulty"

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    async def run(self, ctx: Context[IdleParams]) -> None:
        await ctx.sleep(1.0)
        raise self._error


class Rig:
    """A loop in virtual time, venues, a journal and the desk on them. `kill` cuts the desk off as kill -9 does."""

    def __init__(
        self,
        venues: Callable[[VirtualClock], Sequence[Venue]],
        *,
        journal: str | Path = ":memory:",
        limits: RiskLimits = LIMITS,
        options: DeskOptions | None = None,
        strategies: Mapping[str, Strategy[Any]] | None = None,
    ) -> None:
        self.loop = VirtualLoop(START)
        self.clock = VirtualClock(self.loop)
        self.problems: list[dict[str, Any]] = []
        self.loop.set_exception_handler(lambda _loop, context: self.problems.append(context))
        self.venues = list(venues(self.clock))
        self.idle = Idle()
        self._journal = journal
        self._limits = limits
        self._options = options or DeskOptions(linger_s=0)
        self._strategies: dict[str, Any] = {"idle": self.idle, "hedge": HedgeLoop(), **(strategies or {})}
        self.desk = self._new_desk()

    def _new_desk(self) -> Desk:
        return Desk(
            clock=self.clock,
            journal=Journal.open(self._journal),
            venues=self.venues,
            strategies=self._strategies,
            limits=self._limits,
            options=self._options,
        )

    def __enter__(self) -> Rig:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.run(self.desk.cut_off())
        self.desk.journal.close()
        self.loop.close()
        if kind is None:
            assert not self.problems, self.problems
            assert not self.defects, self.defects

    # -- time

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(coroutine)

    def pass_time(self, seconds: float = 0.1) -> None:
        async def wait() -> None:
            await asyncio.sleep(seconds)

        self.run(wait())

    def call(self, function: Callable[..., T], *args: Any, seconds: float = 0.1, **named: Any) -> T:
        """Call inside the loop, then let time go by."""

        async def inside() -> T:
            return function(*args, **named)

        result = self.run(inside())
        self.pass_time(seconds)
        return result

    def until(self, true: Callable[[], object], seconds: float = 60.0, step: float = 0.05) -> None:
        """Let time go by until `true`; fails where it never comes true."""
        for _ in range(round(seconds / step)):
            if true():
                return
            self.pass_time(step)
        raise AssertionError(f"not within {seconds} s of virtual time; alarms: {self.alarms}")

    # -- the desk's life

    def start(self) -> None:
        self.run(self.desk.start())

    def kill(self) -> None:
        """As kill -9: nothing is written or sent any more; what the journal had not saved is lost."""
        self.cut()
        self.desk = self._new_desk()

    def crash(self, *, saved: bool = True) -> None:
        """As `kill`; `saved`: all that was written until now had come to the disk."""
        if saved:
            self.desk.journal.flush()
        self.kill()

    def leave_out(self, *names: str) -> None:
        """Accounts that are no longer configured when the next desk starts: the desk at work is killed."""
        self.desk.journal.flush()
        self.cut()
        self.venues = [venue for venue in self.venues if venue.account not in names]
        self.desk = self._new_desk()

    def cut(self) -> None:
        desk = self.desk
        writer: Any = desk.journal
        writer._writer._queue.clear()
        real = list(self.venues)
        for account in desk.accounts.values():
            account.venue = _Dead(account.venue)
        writer._write = lambda *_row: None
        saved = writer._writer.write
        writer._writer.write = lambda *_row: None
        self.run(desk.cut_off())
        writer._writer.write = saved
        desk.journal.close()
        self.venues = real

    # -- short cuts

    @property
    def alarms(self) -> dict[str, str]:
        return {id_: alarm.text for id_, alarm in self.desk.alarms.active.items()}

    @property
    def defects(self) -> list[str]:
        return [text for id_, text in self.alarms.items() if id_.startswith("defect/")]

    @property
    def log(self) -> list[str]:
        return [line.text for line in self.desk.alarms.lines]

    def launch(self, kind: str = "idle", seconds: float = 0.1, **params: object) -> Loop:
        return self.call(self.desk.loops.launch, kind, params, seconds=seconds)

    def place(
        self,
        side: Side = Side.BUY,
        qty: str = "0.05",
        price: str = "100000",
        *,
        loop: str = "L1",
        leg: str = "maker",
        role: Role = Role.OPEN,
        seconds: float = 0.0,
        **options: Any,
    ) -> Order:
        """An order by the idle strategy of a loop."""
        ctx = self.idle.contexts[loop]
        order = self.run(ctx.place(leg, side, D(qty), D(price), role=role, tif=TimeInForce.GTC, **options))
        assert isinstance(order, Order)
        if seconds:
            self.pass_time(seconds)
        return order

    def book_of(self, loop: Loop) -> HedgeBook:
        (book,) = loop.books.values()
        return book

    def held(self, account: str, symbol: str = "BTCUSDT") -> Decimal:
        return self.desk.ledger.position(account, symbol)


class _Dead:
    """The venue of a desk that was killed: it can still be read, and no longer be told anything."""

    def __init__(self, venue: Any) -> None:
        self._venue = venue

    def __getattr__(self, name: str) -> Any:
        return getattr(self._venue, name)

    def submit(self, order: OrderRequest) -> None: ...
    def cancel(self, client_order_id: str, symbol: str) -> None: ...
    async def cancel_all(self, symbol: str | None = None) -> None: ...
    async def cancel_all_after(self, seconds: float) -> None: ...
    async def close(self) -> None: ...


class FakeRig(Rig):
    """Two fake venues, `mk` and `tk` (and `bk` where asked for), with books at 100,000."""

    def __init__(self, *, backup: bool = False, maker: Any = None, taker: Any = None, able: Any = None, **options: Any):
        names = ("mk", "tk", "bk") if backup else ("mk", "tk")
        instruments = {"mk": maker or linear(), "tk": taker or linear(), "bk": linear()}

        def venues(clock: VirtualClock) -> list[Any]:
            return [FakeVenue(name, clock, (instruments[name],), able=able) for name in names]

        super().__init__(venues, **options)
        self.mk: FakeVenue = self.venues[0]  # type: ignore[assignment]  # made just above
        self.tk: FakeVenue = self.venues[1]  # type: ignore[assignment]
        self.bk: FakeVenue = self.venues[-1]  # type: ignore[assignment]

    def __enter__(self) -> FakeRig:
        self.start()
        self.quote()
        return self

    def quote(self) -> None:
        async def books() -> None:
            for venue in (self.mk, self.tk, *([self.bk] if self.bk is not self.tk else [])):
                venue.book("99999.5", "100000.5")

        self.run(books())
        self.pass_time(0.1)

    def at(self, venue: FakeVenue, action: str, *args: Any, seconds: float = 0.05, **named: Any) -> Any:
        """Let a venue do something, inside the loop."""
        return self.call(getattr(venue, action), *args, seconds=seconds, **named)


__all__ = ["START", "D", "FakeRig", "HaltLoop", "Idle", "IdleParams", "Rig"]
