"""What is owed, what of it may be sent, and what an earlier run has reckoned with already."""

from __future__ import annotations

from decimal import Decimal

import pytest
from fake_venue import D, linear
from hypothesis import given
from hypothesis import strategies as st

from cockpit.desk.execution import Owner
from cockpit.desk.ladder import HedgeJournal
from cockpit.desk.markets import Markets
from cockpit.desk.obligations import Obligation
from cockpit.desk.orders import Order
from cockpit.desk.owed import Owed
from strategies.protocol import Leg, Role
from venues.model import FillReport, LiquiditySide, OrderRequest, Side

PRICE = D(100_000)


class Reckoning(Owed):
    """One hedge leg in whole lots of 0.001, and what it told the journal."""

    def __init__(self) -> None:
        markets = Markets()
        for account in ("mk", "tk"):
            markets.add(account, linear())
        self.told: list[Obligation] = []
        super().__init__(
            owner=Owner("L1", 1, 1, lambda: 2),
            hedged=(Leg("maker", "mk", "BTCUSDT", hedged_by="taker"),),
            hedge=Leg("taker", "tk", "BTCUSDT"),
            backup=None,
            markets=markets,
            tell=HedgeJournal(
                obligation=lambda _loop, obligation, _account, _fill: self.told.append(obligation),
                alarm=lambda _id, _text: None,
                halt=lambda _text: None,
                settled=lambda: None,
            ),
        )

    def put_to_work(self, base: Decimal) -> None:
        order = an_order("taker", "tk", base, Role.HEDGE, f"h{len(self._live)}")
        self._live[order.id] = order


def an_order(leg: str, account: str, base: Decimal, role: Role, cid: str) -> Order:
    request = OrderRequest(cid, "BTCUSDT", Side.of(base), abs(base), PRICE)
    return Order(request, account=account, loop="L1", leg=leg, role=role, cycle=3, ts=1)


def a_fill(base: str, trade_id: str) -> FillReport:
    qty = D(base)
    return FillReport(
        trade_id, "o1", "v1", "BTCUSDT", Side.of(qty), abs(qty), PRICE, D(0), "USDT", LiquiditySide.MAKER, 5, 5
    )


def maker_fills(book: Reckoning, base: str, trade_id: str) -> None:
    book.account_for(an_order("maker", "mk", D(base), Role.OPEN, "o1"), a_fill(base, trade_id))


# -- what may be sent


@pytest.mark.parametrize(
    ("owed", "at_work", "to_send", "overshoots"),
    [
        ("-0.05", [], "-0.05", False),
        ("-0.05", ["-0.02"], "-0.03", False),
        ("-0.05", ["-0.05"], "0", False),
        ("-0.05", ["-0.0505"], "0", False),
        ("-0.02", ["-0.05"], "0", True),
        ("0", ["-0.05"], "0", True),
        ("0", [], "0", False),
        ("0", ["0.0005", "-0.0005"], "0", False),
        ("0.03", ["-0.05"], "0.03", False),
        ("0.03", ["-0.05", "0.03"], "0", False),
        ("0.03", ["-0.05", "0.05"], "0", True),
        ("0.03", ["0.02"], "0.01", False),
        ("0.03", ["0.02", "0.05"], "0", True),
        ("-0.0005", [], "-0.0005", False),
    ],
)
def test_what_may_be_sent_beside_what_is_at_work(owed: str, at_work: list[str], to_send: str, overshoots: bool) -> None:
    book = Reckoning()
    book.owed = D(owed)
    for base in at_work:
        book.put_to_work(D(base))
    assert (book.to_send, book.overshoots) == (D(to_send), overshoots)


@given(st.integers(-50, 50), st.lists(st.integers(-50, 50).filter(bool), max_size=4))
def test_no_order_goes_the_other_way_nor_beyond_what_is_owed(owed: int, at_work: list[int]) -> None:
    """Whatever is at work may never fill: only what goes the same way counts as if it will."""
    book = Reckoning()
    book.owed = D(owed) / 1000
    for lots in at_work:
        book.put_to_work(D(lots) / 1000)
    same_way = sum(abs(D(lots)) / 1000 for lots in at_work if lots * owed > 0)
    assert book.to_send * book.owed >= 0
    assert abs(book.to_send) == max(abs(book.owed) - same_way, D(0))


# -- obligations whose fill a crash has taken


def test_an_obligation_on_file_is_not_counted_again_when_its_fill_is_found() -> None:
    book = Reckoning()
    book.owed = D("-0.05")
    book.awaited = {("mk", "BTCUSDT", "t9"): D("-0.05")}
    book.number = 7
    maker_fills(book, "0.05", "t9")
    assert (book.owed, book.number, book.told, book.awaited) == (D("-0.05"), 7, [], {})


def test_only_the_very_fill_that_is_awaited_is_passed_over() -> None:
    book = Reckoning()
    book.owed = D("-0.05")
    book.awaited = {("mk", "BTCUSDT", "t9"): D("-0.05")}
    maker_fills(book, "0.02", "t10")
    assert book.owed == D("-0.07")
    assert [(known.number, known.base) for known in book.told] == [(1, D("-0.02"))]
    order = an_order("taker", "tk", D("-0.05"), Role.HEDGE, "h1")
    book.account_for(order, a_fill("-0.05", "t9"))
    assert book.owed == D("-0.02"), "the same trade id on another venue is another fill"
    assert list(book.awaited) == [("mk", "BTCUSDT", "t9")]
