"""What a story can make happen, 2: connections that fall silent, messages that are lost or late, venues that lie."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from cockpit.chaos.gate import earlier_position
from cockpit.chaos.kinds import Fault
from cockpit.chaos.scenario_deeds import DEEDS as PLAIN
from cockpit.chaos.scenario_deeds import ONE, Deed
from cockpit.chaos.scenario_values import AccountName
from cockpit.chaos.scene import Scene, Unmet
from cockpit.chaos.scripted_gate import Letter, Refusal, late, lost, twice
from cockpit.chaos.trouble import UNREACHABLE
from strategies.protocol import Role
from venues.model import RejectReason


class Lasting(StrEnum):
    """States of a connection."""

    DOWN = "down"
    WS_SILENT = "ws_silent"
    REST_SILENT = "rest_silent"
    BOOK_GAP = "book_gap"
    BOOK_CROSSED = "book_crossed"
    BOOK_EMPTY = "book_empty"
    BOOK_FROZEN = "book_frozen"


class Begin(Deed, frozen=True, kw_only=True):
    """A state of an account's connection begins."""

    account: AccountName
    state: Lasting

    async def do(self, scene: Scene) -> None:
        world, name, kind = scene.world, self.account, Fault(self.state.value)
        gate = world.gates[name]
        gate.on[kind] = 0.0
        world.struck(name, kind, "begins")
        if kind in UNREACHABLE:
            world.exchange.connection(name, False, "unreachable")
        else:
            world.exchange.set_gate(name, gate)
        if kind is Fault.BOOK_GAP:
            world.exchange.drop_books(name)


class End(Deed, frozen=True, kw_only=True):
    """It ends."""

    account: AccountName
    state: Lasting

    async def do(self, scene: Scene) -> None:
        kind = Fault(self.state.value)
        if kind not in scene.world.gates[self.account].on:
            raise Unmet(f"{self.account} is not {self.state}: nothing to end")
        scene.trouble.end_state(kind, self.account)


class Lie(Deed, frozen=True, kw_only=True):
    """The venue reports a position that is not there, venue units, signed. Its own books stay true."""

    account: AccountName
    position: Decimal

    async def do(self, scene: Scene) -> None:
        world, name = scene.world, self.account
        instrument = scene.instrument(name)
        price = {instrument.symbol: instrument.ticks_to_price(world.markets[name].book.bids[0][0])}
        world.struck(name, Fault.ROLLBACK, f"reports {self.position:+} and holds {scene.held(name):+f}")
        scene.trouble.lying.setdefault(name, world.now())
        world.gates[name].reported = earlier_position(price, {instrument.symbol: self.position})


class Truth(Deed, frozen=True, kw_only=True):
    """It reports what is there again."""

    account: AccountName

    async def do(self, scene: Scene) -> None:
        world, name = scene.world, self.account
        gate = world.gates[name]
        if gate.reported is None:
            raise Unmet(f"{name} does not lie: nothing to end")
        gate.reported = None
        gate.disturbed_ts = world.now()
        scene.trouble.lying.pop(name, None)
        world.note("trouble", f"{name} reports the truth again: {scene.held(name):+f}")


class Lose(Deed, frozen=True, kw_only=True):
    """The next messages of a sort never come."""

    account: AccountName
    what: Letter
    role: Role | None = None
    times: int = 1

    async def do(self, scene: Scene) -> None:
        scene.world.scripted_gate(self.account).rules.append(lost(self.what, _role(self.role), self.times))


class Delay(Deed, frozen=True, kw_only=True):
    """They come late, beside all others."""

    account: AccountName
    what: Letter
    by: Decimal
    role: Role | None = None
    times: int = 1

    async def do(self, scene: Scene) -> None:
        gate = scene.world.scripted_gate(self.account)
        gate.rules.append(late(self.what, float(self.by), _role(self.role), self.times))


class Double(Deed, frozen=True, kw_only=True):
    """They come twice, the second time `after` seconds later, stale by then."""

    account: AccountName
    what: Letter
    role: Role | None = None
    times: int = 1
    after: Decimal = Decimal(0)

    async def do(self, scene: Scene) -> None:
        gate = scene.world.scripted_gate(self.account)
        gate.rules.append(twice(self.what, _role(self.role), self.times, float(self.after)))


class Reject(Deed, frozen=True, kw_only=True):
    """The venue refuses the next orders of a role."""

    account: AccountName
    reason: RejectReason
    role: Role | None = None
    times: int = 1
    text: str = "refused"

    async def do(self, scene: Scene) -> None:
        gate = scene.world.scripted_gate(self.account)
        gate.refusals.append(Refusal(self.reason, self.text, _role(self.role), self.times))


class RaceCancel(Deed, frozen=True, kw_only=True):
    """Just before the next cancel takes effect, a share of what is left of its order trades."""

    account: AccountName
    share: Decimal = ONE

    async def do(self, scene: Scene) -> None:
        scene.world.scripted_gate(self.account).next_race = float(self.share)


class Hide(Deed, frozen=True, kw_only=True):
    """The venue says "not found" of the next order of a role, for so many seconds, though it has it."""

    account: AccountName
    seconds: Decimal
    role: Role | None = None

    async def do(self, scene: Scene) -> None:
        scene.world.scripted_gate(self.account).next_hidden = (_role(self.role), float(self.seconds))


class HideFunding(Deed, frozen=True, kw_only=True):
    """Payments from now on are not told, until `show`."""

    account: AccountName
    show: bool = False

    async def do(self, scene: Scene) -> None:
        scene.world.gates[self.account].hidden_funding = 0 if self.show else scene.world.now()


def _role(role: Role | None) -> str:
    return "" if role is None else role.value


DEEDS: dict[str, type[Deed]] = {
    **PLAIN,
    "begin": Begin,
    "end": End,
    "lie": Lie,
    "truth": Truth,
    "lose": Lose,
    "delay": Delay,
    "double": Double,
    "reject": Reject,
    "race_cancel": RaceCancel,
    "hide": Hide,
    "hide_funding": HideFunding,
}
