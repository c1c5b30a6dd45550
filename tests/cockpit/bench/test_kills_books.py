"""The judge of the kills finds what it is there to find: exposure, a hedge too many, and a journal that differs."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from cockpit.bench.kills import failures
from cockpit.bench.kills_books import Exposure, JournalBooks, Trade
from cockpit.desk.journal import Journal
from venues.model import FillReport, LiquiditySide, Side

D = Decimal
TOLERANCE = D("0.1")


def maker(ts: int, base: str) -> Trade:
    return Trade(ts, ("a", "X", f"m{ts}"), D(base), hedge=False)


def hedge(ts: int, base: str) -> Trade:
    return Trade(ts, ("b", "X", f"h{ts}"), D(base), hedge=True)


def test_exposure_counts_up_to_the_stamp_whatever_the_order_of_telling() -> None:
    exposure = Exposure([hedge(30, "-1"), maker(10, "1"), maker(20, "0.5")])
    assert [exposure.at(ts) for ts in (9, 10, 29, 30)] == [0, 1, D("1.5"), D("0.5")]


@pytest.mark.parametrize(
    ("since", "until", "covered"),
    [
        (5, 100, 40),  # two naked stretches: the end of the last counts
        (15, 25, 20),  # naked from before
        (15, 19, 19),  # naked still at the end
        (21, 29, 21),  # nothing naked at all
        (5, 35, 35),
    ],
)
def test_when_the_last_exposure_was_covered(since: int, until: int, covered: int) -> None:
    exposure = Exposure([maker(10, "1"), hedge(20, "-1"), maker(30, "-2"), hedge(35, "1"), hedge(40, "1")])
    assert exposure.covered_at(since, until, TOLERANCE) == covered


def test_what_is_under_the_tolerance_is_covered() -> None:
    exposure = Exposure([maker(10, "1"), hedge(20, "-0.95")])
    assert exposure.covered_at(0, 100, TOLERANCE) == 20
    assert exposure.covered_at(0, 100, D("0.01")) == 100


def test_a_second_hedge_is_an_overshoot_and_a_late_first_is_none() -> None:
    assert Exposure([maker(10, "1"), hedge(20, "-1"), hedge(21, "-1")]).overshoots(TOLERANCE) == [("b", "X", "h21")]
    assert Exposure([maker(10, "1"), maker(15, "-0.5"), hedge(20, "-0.4")]).overshoots(TOLERANCE) == []
    assert Exposure([maker(10, "1"), hedge(20, "-1.05")]).overshoots(TOLERANCE) == []


def test_a_maker_fill_is_never_an_overshoot() -> None:
    assert Exposure([maker(10, "1"), hedge(20, "-1"), maker(30, "1"), maker(40, "1")]).overshoots(TOLERANCE) == []


def fill(number: int) -> FillReport:
    return FillReport(
        trade_id=f"t{number}",
        client_order_id="c",
        venue_order_id="v",
        symbol="X",
        side=Side.BUY,
        qty=D(1),
        price=D(100),
        fee=D(0),
        fee_asset="USD",
        liquidity=LiquiditySide.MAKER,
        ts_event=number,
        ts_init=number,
    )


def test_the_journal_is_read_beside_the_desk_that_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    journal = Journal.open(path)

    def book(number: int, role: str) -> None:
        journal.fill(
            "a",
            fill(number),
            base_qty=D(1),
            fee_rate_usd=D(1),
            settle_rate_usd=D(1),
            loop="L1",
            cycle=0,
            role=role,
            volume=True,
        )
        journal.flush()

    books = JournalBooks(path)
    assert books.newest() == 0
    book(1, "open")
    books.read()
    assert books.keys == {("a", "X", "t1"): 1}
    newest = books.newest()
    book(2, "hedge")
    assert books.maker_fill_after(newest) == 0
    book(3, "close")
    assert books.maker_fill_after(newest) > newest
    books.read()
    books.read()
    assert books.keys == {("a", "X", f"t{number}"): 1 for number in (1, 2, 3)}
    journal.close()


def test_a_run_without_troubles_passes() -> None:
    assert failures({"troubles": ""}) == ""
    assert failures({"troubles": "lost: a X t1"}) == "lost: a X t1"
