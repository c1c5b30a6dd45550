"""Sums over all accounts that the header and the exposure panel show."""

from __future__ import annotations

from decimal import Decimal

from cockpit.link.rows import AccountRow, PositionRow, WearRow
from venues.model import Health, Mode
from widgets.exposure import by_coin, equity, net_and_gross, profit, todays_wear, worst_margin

D = Decimal


def position(account: str, coin: str, base: str, mark: str) -> PositionRow:
    return PositionRow(account, coin, coin, D(base), D(base), D(mark), D(mark), None, D(0), D(0), D(base))


def account(name: str, equity_usd: str | None, margin: float | None) -> AccountRow:
    usd = None if equity_usd is None else D(equity_usd)
    return AccountRow(name, name, Mode.PAPER, Health.LIVE, "active", "", usd, usd, margin, None, 0, 0)


def wear(scope: str, name: str, usd: str, unexplained: str = "0") -> WearRow:
    return WearRow(scope, name, None, D(usd), D(0), D(0), D(0), D(0), D(unexplained))


def test_nothing_held() -> None:
    assert by_coin([]) == []
    assert by_coin([position("a", "BTC", "0", "100")]) == []
    assert net_and_gross([]) == (0, 0)


def test_both_sides_of_a_coin() -> None:
    line, other = by_coin(
        [position("a", "BTC", "2", "100"), position("b", "BTC", "-1.5", "102"), position("a", "ETH", "1", "50")]
    )
    assert (line.coin, line.net_base, line.accounts) == ("BTC", D("0.5"), 2)
    assert (line.long_usd, line.short_usd, line.net_usd, line.gross_usd) == (200, 153, 47, 353)
    assert (other.coin, other.gross_usd) == ("ETH", 50)


def test_net_and_gross_over_all_coins() -> None:
    held = [position("a", "BTC", "2", "100"), position("b", "ETH", "-3", "10")]
    assert net_and_gross(held) == (170, 230)


def test_worst_margin_of_those_that_are_known() -> None:
    rows = [account("a", "100", None), account("b", "100", 0.2), account("c", "100", 0.7)]
    worst = worst_margin(rows)
    assert worst is not None
    assert worst.name == "c"
    assert worst_margin(rows[:1]) is None


def test_equity_of_those_that_have_answered() -> None:
    assert equity([account("a", None, None)]) is None
    assert equity([account("a", None, None), account("b", "12.5", None)]) == D("12.5")


def test_today_is_the_newest_day() -> None:
    rows = [wear("total", "total", "9"), wear("day", "2026-01-02", "2"), wear("day", "2026-01-01", "7")]
    today = todays_wear(rows)
    assert today is not None
    assert today.name == "2026-01-02"
    assert todays_wear(rows[:1]) is rows[0]
    assert todays_wear([]) is None


def test_profit_is_what_wear_and_the_unexplained_leave() -> None:
    assert profit(wear("day", "d", "5", "-2")) == -3
    assert profit(wear("day", "d", "-5")) == 5
