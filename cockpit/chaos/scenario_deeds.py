"""What a story can make happen, 1: prices, fills, trades from outside, the operator, the machine itself."""

from __future__ import annotations

import math
from decimal import Decimal
from enum import StrEnum

import msgspec

from cockpit.chaos.kinds import Fault
from cockpit.chaos.scenario_values import AccountName, LoopName
from cockpit.chaos.scene import Scene, Unmet
from cockpit.desk.ids import OrderId
from cockpit.link import messages as m
from strategies.protocol import Role
from venues.model import NS_PER_S, Side

ONE, ZERO, PCT = Decimal(1), Decimal(0), Decimal(100)


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """One action, its arguments as fields."""

    async def do(self, scene: Scene) -> None:
        """Raises `Unmet` where there is nothing to do it to."""
        raise AssertionError(f"{type(self).__name__} does not say what it does")


class MakerRole(StrEnum):
    ANY = ""
    OPEN = "open"
    CLOSE = "close"


class StopWay(StrEnum):
    CYCLE = "cycle"
    NOW = "now"
    FLATTEN = "flatten"


class Scope(StrEnum):
    PAIRS = "pairs"
    ALL = "all"


class KillPoint(StrEnum):
    NOW = "now"
    BEFORE_SUBMIT = "before_submit"
    AFTER_SUBMIT = "after_submit"
    BEFORE_CANCEL = "before_cancel"
    BEFORE_FILL = "before_fill"
    AFTER_FILL = "after_fill"
    WRITE = "write"
    COMMIT = "commit"


# -- prices --------------------------------------------------------------------------------------------------------


class Price(Deed, frozen=True, kw_only=True):
    """All venues' price, quote currency: at once, or `over` seconds."""

    to: Decimal
    over: Decimal = ZERO

    async def do(self, scene: Scene) -> None:
        world = scene.world
        now = Decimal(world.reference.at(world.now()))
        world.reference.drift = 0.0
        world.note(
            "market", f"the price goes from {now:.2f} to {self.to}" + (f" in {self.over} s" if self.over else "")
        )
        if not self.over:
            world.reference.jump(float(self.to / now))
            return
        world.reference.drift = math.log(float(self.to / now)) / (float(self.over) / 3600)
        world.loop.call_later(float(self.over), self._arrive, scene)

    def _arrive(self, scene: Scene) -> None:
        reference = scene.world.reference
        reference.drift = 0.0
        reference.jump(float(self.to) / reference.at(scene.world.now()))


class Premium(Deed, frozen=True, kw_only=True):
    """How far one venue's price is from the others', percent."""

    account: AccountName
    pct: Decimal

    async def do(self, scene: Scene) -> None:
        scene.world.markets[self.account].premium = float(ONE + self.pct / PCT)
        scene.world.note("market", f"{self.account} trades {self.pct:+} % off the others")


class Depth(Deed, frozen=True, kw_only=True):
    """What each level of a venue's book holds from now on, base coin."""

    account: AccountName
    base: Decimal

    async def do(self, scene: Scene) -> None:
        scene.world.scripted_market(self.account).set_depth(self.base)
        scene.world.note("market", f"{self.account} has {self.base} on each level")


class FundingRate(Deed, frozen=True, kw_only=True):
    """What the next settlement of a venue charges longs, percent of notional, and in how many seconds it is."""

    account: AccountName
    pct: Decimal
    seconds: Decimal = Decimal(2)

    async def do(self, scene: Scene) -> None:
        world = scene.world
        market = world.markets[self.account]
        assert market.sink is not None
        now = world.now()
        market.sink.on_funding_rate(market, now, self.pct / PCT, 28_800, now + int(self.seconds * NS_PER_S))


# -- orders and positions ------------------------------------------------------------------------------------------


class Fill(Deed, frozen=True, kw_only=True):
    """Somebody trades with a resting order of ours, at its price: `qty` venue units of it, or a share of what is left.
    The order is waited for."""

    account: AccountName
    role: MakerRole = MakerRole.ANY
    qty: Decimal | None = None
    share: Decimal = ONE
    wait: Decimal = Decimal(30)

    async def do(self, scene: Scene) -> None:
        if await scene.wait(lambda: "" if self._resting(scene) else "nothing", float(self.wait)):
            raise Unmet(f"no order{' to ' + self.role if self.role else ''} rests on {self.account} to be filled")
        instrument = scene.instrument(self.account)
        order_id, left = self._resting(scene)[0]
        wanted = max(1, int(left * self.share)) if self.qty is None else instrument.qty_to_lots(self.qty)
        got = scene.world.exchange.trade_against(self.account, order_id, wanted)
        if got < wanted:
            words = f"{instrument.lots_to_qty(got)} of {instrument.lots_to_qty(wanted)}"
            raise Unmet(f"only {words} could be filled of {order_id} on {self.account}")

    def _resting(self, scene: Scene) -> list[tuple[str, int]]:
        """(client id, lots left) of what may be filled."""
        out = []
        for order in scene.world.exchange.account_state(self.account).open_orders:
            parsed = OrderId.parse(order.client_order_id)
            making = parsed is not None and parsed.role in (Role.OPEN, Role.CLOSE)
            if making and parsed is not None and self.role in (MakerRole.ANY, parsed.role.value):
                out.append((order.client_order_id, order.lots - order.filled))
        return out


class Liquidate(Deed, frozen=True, kw_only=True):
    """The venue takes a share of the position, at the market."""

    account: AccountName
    share: Decimal = ONE

    async def do(self, scene: Scene) -> None:
        held, instrument = scene.held(self.account), scene.instrument(self.account)
        qty = instrument.round_qty(abs(held) * self.share)
        scene.trouble.meddled[self.account] = scene.world.now()
        closed = scene.world.exchange.force_close(self.account, instrument.symbol, qty) if qty else ZERO
        if not closed:
            raise Unmet(f"{self.account} holds {held}: nothing to liquidate")
        scene.world.struck(self.account, Fault.LIQUIDATION, f"takes {closed:f} of {held:+f}")


class Trade(Deed, frozen=True, kw_only=True):
    """Somebody trades by hand on an account of ours, at the market."""

    account: AccountName
    side: Side
    qty: Decimal

    async def do(self, scene: Scene) -> None:
        instrument = scene.instrument(self.account)
        scene.trouble.meddled[self.account] = scene.world.now()
        got = scene.world.exchange.foreign_trade(self.account, instrument.symbol, self.side, self.qty)
        if got != self.qty:
            raise Unmet(f"only {got} of {self.qty} could be traded by hand on {self.account}")
        scene.world.struck(self.account, Fault.MANUAL_TRADE, f"{self.side} {self.qty:f} by hand")


class Withdraw(Deed, frozen=True, kw_only=True):
    """The operator takes money off an account on the venue's own page; `leave` is what stays there, settle currency."""

    account: AccountName
    leave: Decimal

    async def do(self, scene: Scene) -> None:
        asset = scene.instrument(self.account).settle
        cash = scene.world.exchange.account_state(self.account).cash.get(asset, ZERO)
        if cash <= self.leave:
            raise Unmet(f"{self.account} has {cash} {asset}: nothing to withdraw that would leave {self.leave}")
        try:
            scene.world.exchange.withdraw(self.account, asset, cash - self.leave)
        except ValueError as error:
            raise Unmet(str(error)) from None
        scene.world.note("market", f"{cash - self.leave:,.0f} {asset} are withdrawn from {self.account}")


class VenueCancels(Deed, frozen=True, kw_only=True):
    """The venue itself cancels every open order of the account."""

    account: AccountName

    async def do(self, scene: Scene) -> None:
        scene.world.note("trouble", f"{self.account} cancels every order of ours")
        scene.world.exchange.cancel_by_venue(self.account)


# -- the operator --------------------------------------------------------------------------------------------------


class Told(Deed, frozen=True, kw_only=True):
    """A command of the operator. `refused`: the desk must say no. `wait = false`: the story goes on at once."""

    refused: bool = False
    wait: bool = True

    def verb(self, scene: Scene) -> m.Verb:
        raise AssertionError(f"{type(self).__name__} does not say which command it is")

    async def do(self, scene: Scene) -> None:
        if self.wait:
            await scene.command(self.verb(scene), refused=self.refused)
        else:
            scene.beside(self._later(scene, self.verb(scene)))

    async def _later(self, scene: Scene, verb: m.Verb) -> None:
        await scene.operator.send(verb)


class Launch(Deed, frozen=True, kw_only=True):
    """Begin a loop of the file; `refused`: the desk must not take it."""

    loop: LoopName
    refused: bool = False

    async def do(self, scene: Scene) -> None:
        params = scene.world.plan_of[self.loop]
        if self.refused:
            await scene.command(m.Launch("hedge", params), refused=True)
        else:
            await scene.launch(self.loop, params)


class Pause(Told, frozen=True, kw_only=True):
    loop: LoopName

    def verb(self, scene: Scene) -> m.Verb:
        return m.Pause(scene.loop_id(self.loop))


class Resume(Told, frozen=True, kw_only=True):
    """One loop; none named: all, which also lifts the ban on entries that a flatten left."""

    loop: LoopName | None = None

    def verb(self, scene: Scene) -> m.Verb:
        return m.Resume("all" if self.loop is None else scene.loop_id(self.loop))


class Stop(Told, frozen=True, kw_only=True):
    loop: LoopName
    how: StopWay = StopWay.CYCLE

    def verb(self, scene: Scene) -> m.Verb:
        return m.Stop(scene.loop_id(self.loop), self.how.value)


class Set(Told, frozen=True, kw_only=True):
    """Change parameters of a running loop."""

    loop: LoopName
    to: dict[str, str]

    def verb(self, scene: Scene) -> m.Verb:
        return m.SetParams(scene.loop_id(self.loop), self.to)


class Flatten(Told, frozen=True, kw_only=True):
    """No accounts: all. `named`: suspect accounts whose names the operator types."""

    accounts: tuple[AccountName, ...] = ()
    scope: Scope = Scope.PAIRS
    named: tuple[AccountName, ...] = ()

    def verb(self, scene: Scene) -> m.Verb:
        return m.Flatten(self.accounts, self.scope.value, self.named)


class Reduce(Told, frozen=True, kw_only=True):
    fraction: Decimal
    accounts: tuple[AccountName, ...] = ()

    def verb(self, scene: Scene) -> m.Verb:
        return m.Reduce(str(self.fraction), self.accounts)


class Believe(Told, frozen=True, kw_only=True):
    """The operator takes the venue's report as true, or takes an account out of HALTED."""

    account: AccountName

    def verb(self, scene: Scene) -> m.Verb:
        return m.ResumeAccount(self.account)


# -- the machine ---------------------------------------------------------------------------------------------------


class Kill(Deed, frozen=True, kw_only=True):
    """kill -9, now or at the next event of a sort; a new desk begins after `restart` seconds."""

    at: KillPoint = KillPoint.NOW
    restart: Decimal = Decimal(3)

    async def do(self, scene: Scene) -> None:
        if scene.world.desk is None:
            raise Unmet("no desk is alive to be killed")
        scene.world.restart_s = float(self.restart)
        scene.wire.arm(self.at.value)
        scene.wire.touch("now")


class Disk(Deed, frozen=True, kw_only=True):
    """The journal's disk: full or not, and how many times as slow as it should be."""

    full: bool = False
    slow: Decimal = ONE

    async def do(self, scene: Scene) -> None:
        world = scene.world
        world.disk.full, world.disk.slow = self.full, float(self.slow)
        if self.full or self.slow > 1:
            world.struck("", Fault.DISK_FULL if self.full else Fault.DISK_SLOW, "begins")
        else:
            world.note("trouble", "the disk is sound again")


class Clock(Deed, frozen=True, kw_only=True):
    """The machine's wall clock is set by so many seconds."""

    by: Decimal

    async def do(self, scene: Scene) -> None:
        scene.world.wall.offset_ns += int(self.by * NS_PER_S)
        scene.world.struck("", Fault.CLOCK_SKEW if self.by > 0 else Fault.CLOCK_BACK, f"{self.by:+} s")


DEEDS: dict[str, type[Deed]] = {
    "price": Price,
    "premium": Premium,
    "depth": Depth,
    "funding": FundingRate,
    "fill": Fill,
    "liquidate": Liquidate,
    "trade": Trade,
    "withdraw": Withdraw,
    "venue_cancels": VenueCancels,
    "launch": Launch,
    "pause": Pause,
    "resume": Resume,
    "stop": Stop,
    "set": Set,
    "flatten": Flatten,
    "reduce": Reduce,
    "believe": Believe,
    "kill": Kill,
    "disk": Disk,
    "clock": Clock,
}
