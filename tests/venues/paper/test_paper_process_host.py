"""A paper exchange put together, and grown after a machine has slept."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from paper_socket_kit import D

from venues.model import NS_PER_S, ManualClock
from venues.paper.host import PaperHost
from venues.paper.spec import AccountSpec, PaperSpec, SpecError
from venues.paper.state import SavedState

START = 1_700_000_000 * NS_PER_S
CASH = {"USDT": D(1000)}
SPEC = PaperSpec((AccountSpec("maker", "binance", CASH),), bases=("BTC",))


def host(tmp_path: Path, clock: ManualClock, saved: SavedState | None = None) -> PaperHost:
    return PaperHost(SPEC, saved or SavedState(), tmp_path / "state.json", clock)


def test_after_a_sleep_the_world_is_where_its_markets_stood(tmp_path: Path) -> None:
    clock = ManualClock(START)
    paper = host(tmp_path, clock)
    (market,) = paper._synthetic
    for _ in range(500):
        market.step()
    clock.advance(3600)
    price = paper.prices()["BTC"]
    (taker,) = paper.ensure(msgspec.structs.replace(SPEC, accounts=(AccountSpec("taker", "bybit", CASH),))).values()
    later = paper._synthetic[1]
    assert later.next_ts() is not None
    assert taker.venue == "bybit"
    # the market that stood still reads on: its path was not drawn away from under it
    for _ in range(500):
        market.step()
        later.step()
    for each in (market, later):
        best = each.book.best_bid()
        assert best is not None
        assert float(each.instrument.ticks_to_price(best[0])) == pytest.approx(price, rel=0.01)


def test_prices_go_on_where_they_were_saved(tmp_path: Path) -> None:
    paper = host(tmp_path, ManualClock(START), SavedState(prices={"BTC": 91_000.0, "ETH": 4_000.0}))
    assert paper.prices() == {"BTC": 91_000.0, "ETH": 4_000.0}


def test_an_account_that_cannot_be_adds_none_of_its_fellows(tmp_path: Path) -> None:
    paper = host(tmp_path, ManualClock(START))
    wanted = (AccountSpec("good", "okx", CASH), AccountSpec("bad", "mtgox", CASH))
    with pytest.raises(SpecError, match="account bad: venue 'mtgox': expected one of"):
        paper.ensure(msgspec.structs.replace(SPEC, accounts=wanted))
    assert paper.accounts == ("maker",)


def test_asking_again_adds_nothing_and_gives_no_money(tmp_path: Path) -> None:
    paper = host(tmp_path, ManualClock(START))
    richer = AccountSpec("maker", "binance", {"USDT": D(9_999_999)})
    assert paper.ensure(msgspec.structs.replace(SPEC, accounts=(richer,))) == {}
    assert paper.exchange.account_state("maker").cash == CASH
