"""The bookkeeper: rates of their time, positions a report may speak of, and the turn of a day."""

from __future__ import annotations

from decimal import Decimal

from fake_venue import inverse, linear
from msgspec.structs import replace

from cockpit.desk.booking import TRAIL, Booked, Booking
from cockpit.desk.journal import Journal
from cockpit.desk.markets import Markets
from cockpit.desk.orders import Order
from cockpit.desk.wear import Scope
from strategies.protocol import Role
from venues.model import (
    BalanceReport,
    FillReport,
    LiquiditySide,
    ManualClock,
    OrderRequest,
    PositionStatusReport,
    Side,
    Transfer,
    TransferKind,
)

D = Decimal


class Bench:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.journal = Journal.open(":memory:")
        self.markets = Markets()
        self.booking = Booking(self.clock, self.markets, self.journal)
        for instrument in (linear(), inverse()):
            self.booking.know("mk", instrument)
            self.markets.add("mk", instrument)
        self._count = 0

    def fill(
        self, qty: str, price: str = "100000", *, symbol: str = "BTCUSDT", fee: str = "0", asset: str = "USDT"
    ) -> FillReport:
        self._count += 1
        now = self.clock.now_ns()
        signed = D(qty)
        return FillReport(
            f"t{self._count}", "", "", symbol, Side.of(signed), abs(signed), D(price), D(fee), asset,
            LiquiditySide.TAKER, now, now,
        )  # fmt: skip

    def book(self, qty: str, price: str = "100000") -> bool:
        return self.booking.fill("mk", self.fill(qty, price), None, volume=False)


def test_a_fill_is_booked_once_and_told_once() -> None:
    bench = Bench()
    told: list[Booked] = []
    bench.booking.on_booked.append(told.append)
    fill = bench.fill("2", fee="0.5")
    assert bench.booking.fill("mk", fill, None, volume=False)
    assert not bench.booking.fill("mk", fill, None, volume=False)
    assert not bench.booking.fill("mk", replace(fill, qty=D(9)), None, volume=False)
    assert [(b.base_qty, b.fee_usd, b.loop, b.role) for b in told] == [(2, D("0.5"), "", "foreign")]
    assert bench.booking.position("mk", "BTCUSDT") == 2
    assert bench.booking.count == 1


def test_a_fee_in_the_coin_itself_is_worth_the_fills_own_price() -> None:
    bench = Bench()
    fill = bench.fill("3", "50000", symbol="BTCUSD_PERP", fee="0.0001", asset="BTC")
    bench.booking.fill("mk", fill, None, volume=False)
    assert bench.booking.wear(Scope.FOREIGN, "mk").fees_usd == 5


def test_a_report_may_speak_of_any_position_held_since_it_was_asked() -> None:
    bench = Bench()
    assert bench.booking.held_since("mk", "BTCUSDT", 0) == {0}
    bench.book("1")
    bench.book("2")
    count = bench.booking.count
    bench.book("-4")
    assert bench.booking.held_since("mk", "BTCUSDT", count) == {3, -1}
    assert bench.booking.held_since("mk", "BTCUSDT", 1) == {1, 3, -1}
    assert bench.booking.held_since("mk", "BTCUSDT", bench.booking.count) == {-1}


def test_the_trail_is_bounded() -> None:
    bench = Bench()
    for _ in range(TRAIL + 40):
        bench.book("1")
    assert len(bench.booking.held_since("mk", "BTCUSDT", 0)) <= TRAIL + 1
    assert bench.booking.held_since("mk", "BTCUSDT", bench.booking.count) == {TRAIL + 40}


def test_books_open_once_every_coin_has_a_price() -> None:
    bench = Bench()
    now = bench.clock.now_ns()
    balances = (BalanceReport("BTC", D(2), D(2), D(2), D(0), now), BalanceReport("USDT", D(9), D(9), D(9), D(0), now))
    positions = (
        PositionStatusReport("BTCUSDT", D("0.4"), D(90_000), D(100_000), D(0), now),
        PositionStatusReport("BTCUSD_PERP", D(0), D(90_000), D(100_000), D(0), now),
    )
    assert not bench.booking.opening("mk", balances, positions)
    bench.markets.of("mk", "BTCUSDT").mark = D(100_000)
    assert bench.booking.opening("mk", balances, positions)
    assert bench.booking.opening("mk", (), ()), "already open is open"
    assert bench.booking.position("mk", "BTCUSDT") == D("0.4")
    assert bench.booking.unexplained("mk", D(9) + D(200_000) + D("0.4") * 10_000) == 0


def test_a_transfer_is_booked_once() -> None:
    bench = Bench()
    now = bench.clock.now_ns()
    deposit = Transfer("m1", TransferKind.DEPOSIT, "USDT", D(50), now, now)
    assert bench.booking.transfer("mk", deposit)
    assert not bench.booking.transfer("mk", deposit)
    assert bench.booking.knows("mk", "BTCUSDT")
    assert not bench.booking.knows("mk", "ETH")


def test_the_first_booking_of_a_day_closes_the_day_before() -> None:
    bench = Bench()
    bench.markets.of("mk", "BTCUSDT").mark = D(100_050)
    request = OrderRequest("c1", "BTCUSDT", Side.BUY, D(9), D(100_000))
    order = Order(request, account="mk", loop="L1", leg="maker", role=Role.OPEN, cycle=0, ts=1)
    bench.booking.fill("mk", bench.fill("1"), order, volume=True)
    bench.journal.flush()
    assert list(bench.journal.reader().day_marks()) == []
    bench.clock.advance(86_400)
    bench.booking.fill("mk", bench.fill("1", "100100"), order, volume=True)
    bench.journal.flush()
    (mark,) = bench.journal.reader().day_marks()
    assert (mark.day, mark.account, mark.symbol, mark.mark) == ("2023-11-14", "mk", "BTCUSDT", 100_050)
