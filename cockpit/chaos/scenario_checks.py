"""What a story can expect: each looks at the exchange's own books or at the desk, and says what is not so."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec

from cockpit.chaos.scenario_values import AccountName, LoopName, MarkName
from cockpit.chaos.scene import Scene
from cockpit.desk.flatten_job import State
from cockpit.desk.ids import OrderId
from cockpit.desk.loops import LoopState
from strategies.protocol import Role
from venues.model import OrderStatus

ZERO = Decimal(0)
NO_DESK = "no desk is alive"
BEGIN = MarkName("begin")


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to look at. `within`: seconds that it may take until it holds."""

    within: Decimal = Decimal(5)

    def missing(self, scene: Scene) -> str:
        """What is not as expected; empty where all is."""
        raise AssertionError(f"{type(self).__name__} does not say what it looks at")


class Books(StrEnum):
    """Whose word counts."""

    EXCHANGE = "exchange"
    """What is truly so."""
    LEDGER = "ledger"
    REPORT = "report"
    """What the venue last told the desk."""


class Position(Check, frozen=True, kw_only=True):
    """Signed position, venue units. `at_most`: its size is no larger instead."""

    account: AccountName
    holds: Decimal | None = None
    at_most: Decimal | None = None
    by: Books = Books.EXCHANGE

    def missing(self, scene: Scene) -> str:
        held = self._held(scene)
        if held is None:
            return NO_DESK
        if self.holds is not None and held != self.holds:
            return f"{self.account} holds {held:+f} by the {self.by}, not {self.holds:+f}"
        if self.at_most is not None and abs(held) > self.at_most:
            return f"{self.account} holds {held:+f} by the {self.by}, more than {self.at_most}"
        return ""

    def _held(self, scene: Scene) -> Decimal | None:
        if self.by is Books.EXCHANGE:
            return scene.held(self.account)
        desk, symbol = scene.desk, scene.instrument(self.account).symbol
        if desk is None:
            return None
        if self.by is Books.LEDGER:
            return desk.ledger.position(self.account, symbol)
        return desk.accounts[self.account].reported(symbol)


class Hedged(Check, frozen=True, kw_only=True):
    """The loop's exposure, by the exchange's own books, is within the tolerance, or within `at_most` base coins."""

    loop: LoopName
    at_most: Decimal | None = None

    def missing(self, scene: Scene) -> str:
        name = scene.loop_id(self.loop)
        truth = scene.truth.loops.get(name)
        if truth is None:
            return ""
        bound = scene.referee.tolerance(name) if self.at_most is None else self.at_most
        return "" if abs(truth.exposure) <= bound else f"{name} has {truth.exposure:+.6f} open, over {bound:.6f}"


class Naked(Check, frozen=True, kw_only=True):
    """The other way round: so much is open, signed base coins, and nobody should believe otherwise."""

    loop: LoopName
    open: Decimal

    def missing(self, scene: Scene) -> str:
        name = scene.loop_id(self.loop)
        truth = scene.truth.loops.get(name)
        exposure = ZERO if truth is None else truth.exposure
        tolerance = ZERO if truth is None else scene.referee.tolerance(name)
        return "" if abs(exposure - self.open) <= tolerance else f"{name} has {exposure:+.6f} open, not {self.open:+f}"


class Suspect(Check, frozen=True, kw_only=True):
    """The desk does not believe the account's reports."""

    account: AccountName

    def missing(self, scene: Scene) -> str:
        if scene.desk is None:
            return NO_DESK
        return "" if scene.desk.accounts[self.account].suspect else f"{self.account} is not suspect"


class Sound(Check, frozen=True, kw_only=True):
    """The account is up, believed, and its report agrees with the ledger."""

    account: AccountName

    def missing(self, scene: Scene) -> str:
        if scene.desk is None:
            return NO_DESK
        account = scene.desk.accounts[self.account]
        if not account.up:
            return f"{self.account} is down: {account.down_reason}"
        if account.suspect:
            return f"{self.account} is suspect: {account.suspect}"
        return "" if account.reconciled_ts else f"{self.account} has not been reconciled"


class Sent(Check, frozen=True, kw_only=True):
    """How many orders have left for the account since a moment."""

    account: AccountName
    since: MarkName = BEGIN
    role: Role | None = None
    count: int | None = None
    at_least: int = 0
    at_most: int | None = None

    def missing(self, scene: Scene) -> str:
        role = "" if self.role is None else self.role.value
        found = scene.sent(self.account, role, scene.marks[self.since])
        number, what = len(found), f"{role or 'any'} orders"
        listed = "; ".join(f"{s.role} {s.request.side} {s.request.qty}" for s in found[:5])
        if self.count is not None and number != self.count:
            return f"{number} {what} left for {self.account}, not {self.count} ({listed})"
        if number < self.at_least:
            return f"{number} {what} left for {self.account}, fewer than {self.at_least} ({listed})"
        if self.at_most is not None and number > self.at_most:
            return f"{number} {what} left for {self.account}, more than {self.at_most} ({listed})"
        return ""


class Traded(Check, frozen=True, kw_only=True):
    """What orders of ours, of one role or of any, have filled on the account since a moment, signed venue units, by the
    exchange's own books."""

    account: AccountName
    qty: Decimal
    since: MarkName = BEGIN
    role: Role | None = None

    def missing(self, scene: Scene) -> str:
        since, total = scene.marks[self.since], ZERO
        for fill in scene.truth.fills[self.account]:
            parsed = OrderId.parse(fill.client_order_id)
            if parsed is not None and fill.ts_event >= since and self.role in (None, parsed.role):
                total += fill.side.sign * fill.qty
        role = "" if self.role is None else f"{self.role} "
        return "" if total == self.qty else f"{role}fills on {self.account} come to {total:+f}, not {self.qty:+f}"


class Order(Check, frozen=True, kw_only=True):
    """The newest order of a role on the account, as the desk has it."""

    account: AccountName
    role: Role
    status: OrderStatus

    def missing(self, scene: Scene) -> str:
        desk = scene.desk
        if desk is None:
            return NO_DESK
        sent = scene.sent(self.account, self.role.value, 0)
        if not sent:
            return f"no {self.role} order has left for {self.account}"
        row = desk.journal.reader().order(sent[-1].request.client_order_id)
        known = desk.tracker.get(sent[-1].request.client_order_id)
        status = known.status if known is not None else None if row is None else row.status
        return "" if status == self.status else f"the newest {self.role} on {self.account} is {status}"


class Resting(Check, frozen=True, kw_only=True):
    """How many orders of the account are open by the exchange's own books."""

    account: AccountName
    count: int

    def missing(self, scene: Scene) -> str:
        found = len(scene.world.exchange.account_state(self.account).open_orders)
        return "" if found == self.count else f"{found} orders rest on {self.account}, not {self.count}"


class Alarm(Check, frozen=True, kw_only=True):
    """An alarm that stands and says `text`; `gone`: none does."""

    text: str
    gone: bool = False

    def missing(self, scene: Scene) -> str:
        if scene.desk is None:
            return NO_DESK
        texts = [alarm.text for alarm in scene.desk.alarms.active.values()]
        if any(self.text in text for text in texts) is not self.gone:
            return ""
        if self.gone:
            return f"an alarm still says {self.text!r}"
        return f"no alarm says {self.text!r}; there are: {' | '.join(texts) or 'none'}"


class Said(Check, frozen=True, kw_only=True):
    """The desk's log has said `text` since a moment; `never`: it has not."""

    text: str
    since: MarkName = BEGIN
    never: bool = False

    def missing(self, scene: Scene) -> str:
        since = scene.marks[self.since]
        entries = scene.world.entries
        found = any(e.who == "log" and e.at >= since and self.text in e.what for e in entries)
        if found is not self.never:
            return ""
        return f"the desk {'has' if self.never else 'never'} said {self.text!r}"


class LoopIs(Check, frozen=True, kw_only=True):
    """A loop's state, and what its phase or its reason says."""

    loop: LoopName
    state: LoopState | None = None
    says: str = ""
    cycles: int | None = None

    def missing(self, scene: Scene) -> str:
        desk = scene.desk
        if desk is None:
            return NO_DESK
        name = scene.loop_id(self.loop)
        loop = desk.loops.all.get(name)
        row = next((row for row in desk.journal.reader().loops() if row.id == name), None)
        state = loop.state.value if loop is not None else "unknown" if row is None else row.state
        if self.state is not None and state != self.state:
            return f"{name} is {state}, not {self.state}"
        words = "" if loop is None else f"{loop.halt_reason} {loop.paused} {loop.phase} {loop.detail}"
        if self.says not in words:
            return f"{name} says {words.strip()!r}, nothing of {self.says!r}"
        done = loop.iterations_done if loop is not None else 0 if row is None else row.iterations_done
        if self.cycles is not None and done != self.cycles:
            return f"{name} has done {done} cycles, not {self.cycles}"
        return ""


class FlattenIs(Check, frozen=True, kw_only=True):
    """The newest flatten or reduce: its state, and what it says of the legs that it could not close."""

    state: State
    says: str = ""

    def missing(self, scene: Scene) -> str:
        desk = scene.desk
        if desk is None:
            return NO_DESK
        job = next(reversed(desk.flattener.jobs.values()), None)
        if job is None:
            return "nothing is being flattened"
        words = f"{job.text} {'; '.join(job.legs)}"
        if job.state is not self.state:
            return f"{job.spec.id} is {job.state}, not {self.state} ({words})"
        return "" if self.says in words else f"{job.spec.id} says {words!r}, nothing of {self.says!r}"


class Lives(Check, frozen=True, kw_only=True):
    """How many desks there have been; the newest is up."""

    count: int

    def missing(self, scene: Scene) -> str:
        if scene.desk is None:
            return NO_DESK
        return "" if scene.world.life == self.count else f"this is desk {scene.world.life}, not {self.count}"


class Price(Check, frozen=True, kw_only=True):
    """Where a venue's market stands, quote currency."""

    account: AccountName
    above: Decimal | None = None
    below: Decimal | None = None

    def missing(self, scene: Scene) -> str:
        bid = scene.instrument(self.account).ticks_to_price(scene.world.markets[self.account].book.bids[0][0])
        if (self.above is not None and bid <= self.above) or (self.below is not None and bid >= self.below):
            return f"{self.account} trades at {bid}"
        return ""


CHECKS: dict[str, type[Check]] = {
    "position": Position,
    "hedged": Hedged,
    "naked": Naked,
    "suspect": Suspect,
    "sound": Sound,
    "sent": Sent,
    "traded": Traded,
    "order": Order,
    "resting": Resting,
    "alarm": Alarm,
    "said": Said,
    "loop": LoopIs,
    "flatten": FlattenIs,
    "lives": Lives,
    "price": Price,
}
