"""The published runs out of synthetic fills, through the real ledger and the real journal; and the arithmetic."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from ledger_kit import INSTRUMENTS, T0, D, fill, instrument_of, payment

from cockpit.desk.journal import Journal
from cockpit.desk.journal_restore import restore_ledger
from cockpit.desk.ledger import Ledger
from cockpit.desk.wear import OpenPart, Prices, Scope, Sums, Wear
from venues.model import Side

BUY, SELL = Side.BUY, Side.SELL
MAKER, TAKER = "maker", "taker"


class Books:
    """A ledger and a journal that are told the same, as the desk tells them."""

    def __init__(self, path: str | Path) -> None:
        self.journal = Journal.open(path)
        self.ledger = Ledger(instrument_of)
        self.count = 0

    def trade(
        self, account: str, side: Side, qty: str, price: str, fee: str = "0", cycle: int = 1, symbol: str = "BTCUSDT"
    ) -> None:
        self.count += 1
        report = fill(str(self.count), symbol, side, qty, price, fee, "USDT", T0 + self.count)
        role, volume = ("open", True) if account == MAKER else ("hedge", False)
        assert self.ledger.book_fill(
            account, report, loop="L1", cycle=cycle, role=role, volume=volume, fee_rate_usd=D(1), settle_rate_usd=D(1)
        )
        base = INSTRUMENTS[symbol].base_qty(report.qty, report.price)
        self.journal.fill(
            account, report, base_qty=base, fee_rate_usd=D(1), settle_rate_usd=D(1), loop="L1", cycle=cycle,
            role=role, volume=volume,
        )  # fmt: skip

    def fund(self, account: str, cost: str) -> None:
        self.count += 1
        report = payment(str(self.count), "BTCUSDT", cost, ts=T0 + self.count)
        assert self.ledger.book_funding(account, report, D(1))
        self.journal.funding(account, report, D(1))

    def both(self) -> tuple[Wear, Wear]:
        """Of the ledger that heard it, and of one that read the journal."""
        self.journal.flush()
        again = Ledger(instrument_of)
        restore_ledger(again, self.journal.reader())
        mark = D(123_456)
        live = self.ledger.wear(Scope.LOOP, "L1", lambda *_: mark)
        read = again.wear(Scope.LOOP, "L1", lambda *_: mark)
        assert self.journal.close() == 0
        return live, read


def run_36(books: Books) -> None:
    for cycle in range(1, 11):
        for side, off in ((BUY, -4), (SELL, 4)):
            for part in ("0.1", "0.05"):
                books.trade(MAKER, side, part, "100000", cycle=cycle)
            books.trade(TAKER, side.opposite, "0.15", str(100_000 + off), fee="1.219", cycle=cycle)


def run_6(books: Books) -> None:
    for side, price in ((BUY, "99983.05"), (SELL, "100016.95")):
        books.trade(MAKER, side, "0.24339", "100000")
        books.trade(TAKER, side.opposite, "0.2", price)
        books.trade(TAKER, side.opposite, "0.04339", "100000")


def run_100(books: Books) -> None:
    for cycle in range(1, 6):
        for side, price in ((SELL, "50007"), (BUY, "49993")):
            books.trade(MAKER, side, "2", "50000", fee="-1", cycle=cycle)
            books.trade(TAKER, side.opposite, "2", price, fee="3", cycle=cycle)
            if side is SELL:
                books.fund(MAKER, "3")
                books.fund(TAKER, "-15")
    assert books.count == 30


@pytest.mark.parametrize(
    ("run", "usd", "volume", "percent", "fees"),
    [
        (run_36, "36.38", 300_000, "0.0121", "24.38"),
        (run_6, "6.78", 48_678, "0.0139", "0"),
        (run_100, "100", 1_000_000, "0.0100", "20"),
    ],
)
@pytest.mark.parametrize("where", ["memory", "file"])
def test_published_runs(run, usd, volume, percent, fees, where, tmp_path) -> None:
    books = Books(":memory:" if where == "memory" else tmp_path / "journal.db")
    run(books)
    live, read = books.both()
    assert live == read
    assert live.wear_usd == D(usd)
    assert live.volume_usd == volume
    assert live.fees_usd == D(fees)
    assert live.open_usd == 0
    assert live.wear_bps is not None
    assert (live.wear_bps / 100).quantize(D("0.0001")) == D(percent)


def test_no_volume_no_bps() -> None:
    assert Wear(fees_usd=D(1)).wear_bps is None


def test_sums_of_wear_add_every_part() -> None:
    one = Wear(*(D(n) for n in range(1, 8)))
    assert one.plus(one) == Wear(*(D(2 * n) for n in range(1, 8)))


@pytest.mark.parametrize(
    ("qty", "price", "left", "realised"),
    [
        ("1", "110", ("3", "310"), "0"),
        ("-1", "110", ("1", "100"), "10"),
        ("-2", "110", ("0", "0"), "20"),
        ("-5", "110", ("-3", "-330"), "20"),
    ],
)
def test_an_open_part_at_average_entry(qty: str, price: str, left: tuple[str, str], realised: str) -> None:
    part = OpenPart()
    part.trade(D(2), D(2), D(200))
    closed_base, closed_quote = part.trade(D(qty), D(qty), D(qty) * D(price))
    assert (part.qty, part.quote) == (D(left[0]), D(left[1]))
    assert -closed_quote == D(realised)
    assert closed_base == 0


def test_an_inverse_profit_is_in_coin() -> None:
    part = OpenPart()
    part.trade(D(10), D(1_000) / 50_000, D(1_000))
    coin, quote = part.trade(D(-10), D(-1_000) / 62_500, D(-1_000))
    assert (coin, quote) == (D("0.004"), D(0))


def test_trade_cost_at_a_mark_is_minus_the_profit_linear_and_inverse() -> None:
    for symbol, qty in (("BTCUSDT", D(2)), ("BTC-SWAP", D(200)), ("BTCUSD_PERP", D(7))):
        instrument = INSTRUMENTS[symbol]
        entry, mark = D(80_000), D(100_000)
        sums = Sums()
        sums.trade(qty, instrument.base_qty(qty, entry), instrument.notional(qty, entry))
        profit = instrument.pnl(qty, entry, mark) * (mark if instrument.inverse else 1)
        wear = sums.wear(mark, D(1))
        assert abs(wear.trade_usd + profit) < D("1e-20")
        assert wear.open_usd == wear.trade_usd


def test_prices_fall_back_on_what_was_last_known() -> None:
    prices = Prices()
    known: dict[str, Decimal] = {"BTC": D(90_000)}
    assert prices.mark(("a", "X"), None) == 0
    assert prices.rate("BTC", None) == 1
    assert prices.rate("BTC", known.get) == D(90_000)
    assert prices.rate("BTC", lambda _asset: None) == D(90_000)
    assert prices.mark(("a", "X"), lambda *_: D(5)) == 5
    assert prices.mark(("a", "X"), lambda *_: None) == 5
    assert prices.rate("USD", {"USD": D(2)}.get) == 1


def test_the_worked_example_of_the_docs() -> None:
    books = Books(":memory:")
    books.trade(MAKER, BUY, "0.1", "90000")
    books.trade(TAKER, SELL, "0.1", "89996", fee="0.45")
    half = books.ledger.wear(Scope.LOOP, "L1", lambda *_: D(90_050))
    assert half.trade_usd == half.open_usd == D("0.40")
    books.fund(MAKER, "0.20")
    books.fund(TAKER, "-0.15")
    books.trade(MAKER, SELL, "0.1", "90100")
    books.trade(TAKER, BUY, "0.1", "90107", fee="0.4505")
    accounts = [books.ledger.wear(Scope.ACCOUNT, name, lambda *_: D(1)).wear_usd for name in (MAKER, TAKER)]
    live, _ = books.both()
    assert (live.trade_usd, live.fees_usd, live.funding_usd) == (D("1.10"), D("0.9005"), D("0.05"))
    assert (live.wear_usd, live.volume_usd) == (D("2.0505"), 18_010)
    assert live.wear_bps is not None
    assert live.wear_bps.quantize(D("0.01")) == D("1.14")
    assert accounts == [D("-9.80"), D("11.8505")]
