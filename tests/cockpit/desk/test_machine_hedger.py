"""The hedger in a desk, against venues that answer anything, go away, go stale, and desks that die."""

from __future__ import annotations

import shutil
import tempfile
from decimal import Decimal
from pathlib import Path

from desk_kit import LIMITS, D, FakeRig
from fake_venue import FakeVenue, linear
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from cockpit.desk.accounts import Trading
from cockpit.desk.hedger import HedgeBook
from cockpit.desk.loops import Loop, LoopState
from cockpit.desk.orders import Order
from strategies.protocol import Role
from tests.property_kit import tries
from venues.model import FillReport, OrderRequest, OrderStatus, Side

S = OrderStatus
ZERO = D(0)
BOOK = ("99999.5", "100000.5")
STALE_S = 30
"""A book older than this is not traded on."""
MOST_ORDERS = 60
"""To one venue in one step: more would be a desk that shouts."""

ANSWERS = (
    "whole", "part", "none", "reject", "slow", "report first", "fill twice", "lost ack", "lost fill", "lost order",
    "down before the answer",
)  # fmt: skip
answers = st.tuples(st.sampled_from(ANSWERS), st.integers(1, 9))


class Script:
    """Answers what is sent to one venue: by the script, and whole once that is used up."""

    def __init__(self, machine: HedgerMachine, venue: FakeVenue) -> None:
        self.machine = machine
        self.venue = venue
        self.answers: list[tuple[str, int]] = []

    def answer(self, order: OrderRequest) -> None:
        self.machine.may_be_sent(self.venue)
        kind, tenths = self.answers.pop(0) if self.answers else ("whole", 0)
        venue, cid = self.venue, order.client_order_id
        lot = venue.instruments[order.symbol].lot
        part = min(max(lot, (order.qty * tenths / 10 / lot).to_integral_value() * lot), order.qty)

        def act() -> None:
            # What happens while the connection is away is not heard of.
            heard = not venue.down
            if kind in ("whole", "fill twice", "slow"):
                fill = venue.fill(cid, order.qty, tell=heard, tell_order=heard)
                if kind == "fill twice" and heard:
                    venue.hand(fill)
                    venue.tell(venue.orders[cid])
            elif kind in ("part", "report first", "lost fill", "lost ack"):
                fill = venue.fill(cid, part, tell=heard and kind == "part")
                if part < order.qty:
                    venue.report(cid, S.CANCELED, tell=False)
                if heard and kind != "lost ack":
                    venue.tell(venue.orders[cid])
                if heard and kind == "report first":
                    venue.later(lambda: self.hand_late(fill), 0.2)
            elif kind == "lost order":
                del venue.orders[cid]
            elif kind == "down before the answer":
                if heard:
                    venue.lose()
                venue.fill(cid, part, tell=False)
                venue.report(cid, S.CANCELED if part < order.qty else S.FILLED, tell=False)
            else:
                venue.report(cid, S.REJECTED if kind == "reject" else S.CANCELED, tell=heard)

        venue.later(act, 1.0 if kind == "slow" else 0.02)

    def hand_late(self, fill: FillReport) -> None:
        if not self.venue.down:
            self.venue.hand(fill)


class HedgerMachine(RuleBasedStateMachine):
    """One loop with a maker order that fills bit by bit. It turns round only while nothing is at work."""

    rig: FakeRig

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.side = Side.BUY
        self.maker: Order | None = None
        self.start_exposure = ZERO
        self.fills: list[FillReport] = []
        self.sent = 0

    @initialize(lot=st.sampled_from(["0.001", "0.005", "0.02"]), backup=st.booleans(), unwind=st.booleans())
    def begin(self, lot: str, backup: bool, unwind: bool) -> None:
        limits = replace(LIMITS, stale_s=D(STALE_S))
        taker = linear(lot=D(lot), min_qty=D(lot))
        self.rig = FakeRig(backup=backup, taker=taker, limits=limits, journal=self.folder / "desk.sqlite")
        self.rig.__enter__()
        more = {"backup": "bk"} if backup else {}
        self.rig.launch(size="0.5", attempts=4, unwind="yes" if unwind else "no", **more)
        self.hedgers = [self.rig.tk, self.rig.bk] if backup else [self.rig.tk]
        self.scripts = {id(venue): Script(self, venue) for venue in self.hedgers}
        for venue in self.hedgers:
            venue.on_submit = self.scripts[id(venue)].answer
        self.unwinds = Script(self, self.rig.mk)
        self.rig.mk.on_submit = self.maker_submitted
        self.new_maker()

    def teardown(self) -> None:
        try:
            if hasattr(self, "rig"):
                self.end_well()
                self.rig.__exit__(None, None, None)
        finally:
            shutil.rmtree(self.folder)

    # -- what there is

    @property
    def loop(self) -> Loop:
        return self.rig.desk.loops.all["L1"]

    @property
    def book(self) -> HedgeBook:
        return self.rig.book_of(self.loop)

    def at_work(self) -> Decimal:
        """Signed base coin that hedges and unwinds may still trade."""
        return sum(
            (o.side.sign * o.remaining for o in self.rig.desk.tracker.live() if o.role in (Role.HEDGE, Role.UNWIND)),
            ZERO,
        )

    def exposure(self) -> Decimal:
        """By our books; contracts of these markets are coins."""
        return sum((self.rig.held(venue.account) for venue in (self.rig.mk, *self.hedgers)), ZERO)

    def true_exposure(self) -> Decimal:
        return sum((venue.held.get("BTCUSDT", ZERO) for venue in (self.rig.mk, *self.hedgers)), ZERO)

    # -- what happens

    def maker_submitted(self, order: OrderRequest) -> None:
        cid = order.client_order_id
        if order.reduce_only:
            self.unwinds.answer(order)
        else:
            self.rig.mk.later(lambda: self.rig.mk.ack(cid, tell=not self.rig.mk.down))

    def new_maker(self) -> None:
        loop = self.loop
        self.start_exposure = self.true_exposure()

        def send() -> Order:
            return self.rig.desk.executor.send(
                loop.owner.next_id(Role.OPEN), loop=loop.id, leg="maker", account="mk", symbol="BTCUSDT",
                side=self.side, qty=D(5), price=D(100_000),
            )  # fmt: skip

        order = self.rig.call(send)
        self.maker = None if order.status.terminal else order

    def may_be_sent(self, venue: FakeVenue) -> None:
        """Called as an order leaves for a venue."""
        account = self.rig.desk.accounts[venue.account]
        assert account.up
        assert not account.suspect
        assert account.trading is not Trading.HALTED
        assert not self.book.suspended
        market = self.rig.desk.markets.of(venue.account, "BTCUSDT")
        assert market.book is not None
        if venue in self.hedgers:
            # An unwind only ever lessens, within its bound; an old book does not keep it back.
            assert market.age(self.rig.clock.now_ns()) <= STALE_S
        self.sent += 1
        assert self.sent <= MOST_ORDERS

    @precondition(lambda self: self.maker is not None)
    @rule(fills=st.lists(st.integers(1, 60), min_size=1, max_size=4), told=st.booleans())
    def maker_fills(self, fills: list[int], told: bool) -> None:
        """In quick succession, faster than hedges are answered; heard of at once, or only when they are asked for."""
        mk, order = self.rig.mk, self.maker
        assert order is not None
        for lots in fills:
            known = mk.orders[order.id]
            qty = min(D(lots) / 1000, known.qty - known.filled_qty)
            if qty and not known.status.terminal:
                self.fills.append(self.rig.at(mk, "fill", order.id, qty, tell=told and not mk.down, seconds=0.005))
                self.work_is_never_more_than_is_owed()

    @precondition(lambda self: self.fills)
    @rule(back=st.integers(1, 5))
    def told_again(self, back: int) -> None:
        if not self.rig.mk.down:
            self.rig.at(self.rig.mk, "hand", self.fills[-min(back, len(self.fills))], seconds=0.01)

    @rule(which=st.booleans(), more=st.lists(answers, min_size=1, max_size=4))
    def will_answer(self, which: bool, more: list[tuple[str, int]]) -> None:
        self.scripts[id(self.hedgers[-1 if which else 0])].answers = list(more)

    @rule(more=st.lists(answers, max_size=2))
    def will_answer_unwinds(self, more: list[tuple[str, int]]) -> None:
        self.unwinds.answers = [(kind, n) for kind, n in more if kind != "down before the answer"]

    @rule(tenths=st.integers(1, 20))
    def wait(self, tenths: int) -> None:
        self.rig.pass_time(tenths / 10)

    @rule()
    def markets_stand_still(self) -> None:
        """The books grow too old to trade on; what is owed by then is told."""
        self.rig.pass_time(STALE_S + 5)

    @rule(which=st.integers(0, 1), how=st.sampled_from(["none", "back"]))
    def books_come_and_go(self, which: int, how: str) -> None:
        venue = self.hedgers[min(which, len(self.hedgers) - 1)]
        if not venue.down:
            self.rig.at(venue, *(("no_book",) if how == "none" else ("book", *BOOK)))

    @rule(which=st.integers(0, 2))
    def goes_down(self, which: int) -> None:
        venue = (self.rig.mk, *self.hedgers)[min(which, len(self.hedgers))]
        if not venue.down:
            self.rig.at(venue, "lose")

    @rule()
    def all_come_back(self) -> None:
        for venue in (self.rig.mk, *self.hedgers):
            if venue.down:
                self.rig.at(venue, "come_back", seconds=0.2)
                self.rig.at(venue, "book", *BOOK)

    @rule(trading=st.sampled_from(Trading))
    def operator_turns_the_taker(self, trading: Trading) -> None:
        desk = self.rig.desk
        self.rig.call(desk.set_trading, desk.accounts["tk"], trading, "a test")

    @rule(suspended=st.booleans())
    def a_flatten_takes_and_gives_back(self, suspended: bool) -> None:
        if suspended:
            self.book.hold("a test")
        elif self.book.release("a test"):
            self.rig.call(self.book.poke)

    @rule()
    def killed(self) -> None:
        """All that was written has come to the disk; the connections stand anew."""
        self.rig.crash()
        for venue in (self.rig.mk, *self.hedgers):
            venue.down = ""
        self.rig.start()
        self.rig.quote()
        self.rig.pass_time(1)
        if self.maker is not None:
            # The maker of the run before is cancelled by the new desk; a test's venue does so when it is told to.
            self.rig.mk.report(self.maker.id, S.CANCELED, tell=False)
            self.maker = None

    @precondition(lambda self: not self.at_work() and abs(self.exposure()) <= self.book.tolerance())
    @rule(side=st.sampled_from(Side))
    def turns_round(self, side: Side) -> None:
        if self.maker is not None and not self.maker.status.terminal:
            self.rig.at(self.rig.mk, "end", self.maker.id, tell=not self.rig.mk.down)
        if self.true_exposure() != self.exposure():
            self.maker = None
            return
        self.side = side
        self.new_maker()

    # -- what must hold

    @precondition(lambda self: hasattr(self, "rig"))
    @invariant()
    def owed_is_minus_the_exposure(self) -> None:
        self.sent = 0
        assert self.book.owed == -self.exposure()

    @precondition(lambda self: hasattr(self, "rig"))
    @invariant()
    def work_is_never_more_than_is_owed(self) -> None:
        net, work, tolerance = self.exposure(), self.at_work(), self.book.tolerance()
        assert min(net, ZERO) - tolerance <= net + work <= max(net, ZERO) + tolerance, (net, work)
        assert self.book.in_work == work, "the book knows of all work there is"

    @precondition(lambda self: hasattr(self, "rig"))
    @invariant()
    def the_venues_never_hold_too_much_of_a_hedge(self) -> None:
        over = -self.true_exposure() * self.side.sign
        tolerance = max(venue.instruments["BTCUSDT"].lot for venue in self.hedgers)
        assert over <= tolerance + abs(self.start_exposure)

    def end_well(self) -> None:
        """Everything is kind again: the desk ends even and at rest, or says by how much it is not."""
        for script in (*self.scripts.values(), self.unwinds):
            script.answers = []
        self.all_come_back()
        for account in self.rig.desk.accounts.values():
            self.rig.call(self.rig.desk.set_trading, account, Trading.ACTIVE, "")
        self.book.release("a test")
        self.rig.quote()
        for _ in range(12):
            # What a script had set going may take one down once more.
            self.all_come_back()
            self.rig.pass_time(10)
            self.rig.quote()
        assert not self.at_work(), self.rig.alarms
        for venue in (self.rig.mk, *self.hedgers):
            assert venue.held.get("BTCUSDT", ZERO) == self.rig.held(venue.account), "each fill stands once in the books"
        owed = self.book.owed
        if abs(owed) > self.book.tolerance():
            told = self.rig.alarms.get("hedge/L1", "")
            assert f"{owed:+.8f} unhedged" in told
            assert self.loop.state is LoopState.HALTED


HedgerMachine.TestCase.settings = tries(25, steps=25)
TestHedger = HedgerMachine.TestCase
