"""Report against ledger: what is missing is fetched, what is unexplained stops trading, silence proves nothing."""

from __future__ import annotations

import pytest
from desk_kit import START, D, FakeRig

from cockpit.desk.ids import OrderId
from cockpit.desk.loops import LoopState
from strategies.protocol import Role
from venues.model import (
    NS_PER_S,
    FundingPayment,
    Health,
    OrderRequest,
    OrderStatus,
    Side,
    Transfer,
    TransferKind,
)

S = OrderStatus


@pytest.fixture
def rig() -> FakeRig:
    with FakeRig() as rig:
        rig.launch()
        yield rig  # type: ignore[misc]  # a generator fixture


def suspect(rig: FakeRig, account: str = "mk") -> bool:
    return bool(rig.desk.accounts[account].suspect)


def test_a_missed_fill_is_fetched_booked_and_hedged(rig: FakeRig) -> None:
    order = rig.place()
    rig.at(rig.mk, "ack", order.id)
    rig.tk.on_submit = rig.tk.fills_whole
    rig.at(rig.mk, "fill", order.id, "0.02", tell=False, seconds=6)
    assert rig.held("mk") == -rig.held("tk") == D("0.02")
    assert not suspect(rig)


def test_a_venue_that_answers_with_a_no_is_alarmed_until_it_answers_again(rig: FakeRig) -> None:
    agreed = rig.desk.accounts["mk"].reconciled_ts
    rig.mk.refuses = "invalid signature"
    rig.pass_time(30)
    alarm = rig.desk.alarms.active["refused/mk"]
    assert alarm.level == "critical"
    assert alarm.text == "mk is refused by its venue and not traded: invalid signature"
    assert sum("was refused" in line for line in rig.log) == 1, "an alarm stands, the log is not filled"
    assert rig.desk.accounts["mk"].reconciled_ts <= agreed + 6 * NS_PER_S
    rig.mk.refuses = ""
    rig.pass_time(30)
    assert "refused/mk" not in rig.desk.alarms.active
    rig.mk.refuses = "auth token expired"
    rig.pass_time(5)
    rig.mk.refuses = ""
    rig.pass_time(5)
    assert "refused/mk" not in rig.desk.alarms.active, "one no alone is a log-in that has ended"


def test_a_failed_query_is_neither_flat_nor_agreed(rig: FakeRig) -> None:
    order = rig.place()
    rig.tk.on_submit = rig.tk.fills_whole
    rig.at(rig.mk, "fill", order.id, "0.05")
    rig.pass_time(6)
    agreed = rig.desk.accounts["mk"].reconciled_ts
    rig.mk.down = "503"
    rig.pass_time(30)
    account = rig.desk.accounts["mk"]
    assert account.reconciled_ts == agreed
    assert account.reported("BTCUSDT") == D("0.05"), "what was last answered stands"
    assert rig.held("mk") == D("0.05")
    assert any("got no answer: 503" in line for line in rig.log)
    assert len(rig.mk.submitted) == 1


def test_a_manual_trade_is_foreign_alarmed_and_not_hedged(rig: FakeRig) -> None:
    rig.at(rig.mk, "foreign", Side.BUY, "0.3", "100000", tell=False, seconds=7)
    assert rig.held("mk") == rig.desk.ledger.position("mk", "BTCUSDT", "") == D("0.3")
    assert "manual trade on mk" in rig.alarms["foreign/mk/BTCUSDT"]
    assert rig.tk.submitted == []
    assert not suspect(rig)


def test_a_liquidation_is_named(rig: FakeRig) -> None:
    rig.at(rig.mk, "foreign", Side.SELL, "0.3", "100000", liquidation=True)
    assert "liquidation on mk" in rig.alarms["foreign/mk/BTCUSDT"]


def test_a_position_that_moved_with_no_fill_stops_trading_but_for_cancels(rig: FakeRig) -> None:
    order = rig.place()
    rig.at(rig.mk, "ack", order.id)
    rig.mk.told_position = {"BTCUSDT": D("0.7")}
    rig.pass_time(7)
    assert suspect(rig)
    assert rig.desk.accounts["mk"].health(rig.loop.now_ns) is Health.SUSPECT
    assert "reported +0.7, ledger +0" in rig.alarms["suspect/mk"]
    denied = rig.place()
    assert denied.status is S.DENIED
    assert "suspect" in denied.reason
    rig.call(rig.desk.executor.cancel, order)
    assert rig.mk.cancelled == [order.id]
    assert len(rig.mk.submitted) == 1


def test_a_rollback_is_not_repaired_and_ends_by_itself(rig: FakeRig) -> None:
    order = rig.place()
    rig.tk.on_submit = rig.tk.fills_whole
    rig.at(rig.mk, "fill", order.id, "0.05", seconds=7)
    rig.tk.told_position = {}
    rig.pass_time(30)
    assert suspect(rig, "tk")
    assert len(rig.tk.submitted) == 1, "a hedge sent again would be a real position"
    assert rig.held("tk") == D("-0.05")
    rig.tk.told_position = None
    rig.pass_time(7)
    assert not suspect(rig, "tk")
    assert "suspect/tk" not in rig.alarms
    assert len(rig.tk.submitted) == 1


def test_a_fill_on_the_maker_during_a_rollback_waits_and_is_hedged_once_it_is_over(rig: FakeRig) -> None:
    order = rig.place()
    rig.at(rig.mk, "ack", order.id)
    rig.tk.on_submit = rig.tk.fills_whole
    rig.tk.told_position = {"BTCUSDT": D("-0.2")}
    rig.pass_time(7)
    rig.at(rig.mk, "fill", order.id, "0.05", seconds=2)
    assert rig.tk.submitted == []
    rig.tk.told_position = None
    rig.pass_time(6)
    assert rig.held("tk") == D("-0.05")


def test_busy_trading_raises_no_false_suspicion(rig: FakeRig) -> None:
    order = rig.place(qty="5")
    rig.at(rig.mk, "ack", order.id)
    rig.tk.on_submit = rig.tk.fills_whole
    rig.mk.answer_s = rig.tk.answer_s = 0.4
    for _ in range(150):
        rig.at(rig.mk, "fill", order.id, "0.005", seconds=0.13)
        assert not suspect(rig)
        assert not suspect(rig, "tk")
    rig.pass_time(20)
    assert rig.held("tk") == D("-0.75")
    assert rig.desk.accounts["tk"].reconciled_ts > START


def test_an_order_that_the_venue_no_longer_lists_is_asked_after(rig: FakeRig) -> None:
    order = rig.place()
    rig.at(rig.mk, "ack", order.id)
    rig.mk.end(order.id, tell=False)
    rig.pass_time(12)
    assert order.status is S.CANCELED


def test_an_open_order_nobody_sent_is_told_and_left_alone(rig: FakeRig) -> None:
    stranger = OrderRequest("web_1", "BTCUSDT", Side.BUY, D(1), D(90_000))
    rig.call(rig.mk.submit, stranger)
    rig.mk.ack("web_1", tell=False)
    rig.pass_time(6)
    (text,) = [text for id_, text in rig.alarms.items() if id_.startswith("foreign-order/mk")]
    assert "an open order that is not ours: buy 1 BTCUSDT" in text
    assert rig.mk.cancelled == []
    rig.mk.end("web_1", tell=False)
    rig.pass_time(6)
    assert not [id_ for id_ in rig.alarms if id_.startswith("foreign-order/")], "it is gone, and so is the alarm"


@pytest.mark.parametrize("first", ["open order", "fill"])
def test_an_order_of_ours_that_the_journal_never_heard_of_is_adopted_by_its_id(rig: FakeRig, first: str) -> None:
    owner = rig.desk.loops.all["L1"].owner
    cid = OrderId(1, owner.slots[0], Role.OPEN, 77).text
    rig.tk.on_submit = rig.tk.fills_whole
    rig.call(rig.mk.submit, OrderRequest(cid, "BTCUSDT", Side.BUY, D("0.05"), D(100_000)))
    if first == "open order":
        rig.mk.ack(cid, tell=False)
        rig.pass_time(6)
        assert any("adopted" in line for line in rig.log)
    rig.at(rig.mk, "fill", cid, "0.05", seconds=2)
    assert rig.desk.ledger.position("mk", "BTCUSDT", "L1") == D("0.05")
    assert rig.held("tk") == D("-0.05")
    rig.desk.journal.flush()
    assert rig.desk.journal.reader().order(cid) is not None


def test_a_fill_of_an_id_like_ours_that_no_run_gave_out_is_foreign(rig: FakeRig) -> None:
    cid = OrderId(9, 9, Role.OPEN, 1).text
    rig.call(rig.mk.submit, OrderRequest(cid, "BTCUSDT", Side.BUY, D("0.05"), D(100_000)))
    rig.at(rig.mk, "fill", cid, "0.05", seconds=1)
    assert rig.desk.ledger.position("mk", "BTCUSDT", "") == D("0.05")
    assert rig.tk.submitted == []


def test_funding_and_transfers_are_fetched_once_however_they_come(rig: FakeRig) -> None:
    now = rig.loop.now_ns
    payment = FundingPayment("p1", "BTCUSDT", D("1.5"), "USDT", D("0.0001"), D("0.1"), D(100_000), now, now)
    deposit = Transfer("m1", TransferKind.DEPOSIT, "USDT", D(50), now, now)
    rig.mk.paid.append(payment)
    rig.mk.moved.append(deposit)
    rig.mk.cash["USDT"] += D("48.5")
    listener = rig.mk.listener
    assert listener is not None
    rig.call(listener.on_funding, payment)
    rig.call(listener.on_transfer, deposit)
    rig.pass_time(70)
    rig.call(listener.on_funding, payment)
    rig.desk.journal.flush()
    reader = rig.desk.journal.reader()
    assert [row.payment_id for row in reader.funding()] == ["p1"]
    assert [row.transfer_id for row in reader.transfers()] == ["m1"]
    assert rig.desk.watch.found["mk"] == 0
    assert "unexplained/mk" not in rig.alarms


@pytest.mark.parametrize("minutes", [1, 5, 9.8])
def test_funding_that_is_told_minutes_late_is_booked_once(rig: FakeRig, minutes: float) -> None:
    rig.pass_time(700)
    due = rig.loop.now_ns
    rig.pass_time(minutes * 60)
    rig.mk.paid.append(
        FundingPayment("p1", "BTCUSDT", D("1.5"), "USDT", D("0.0001"), D("0.1"), D(100_000), due, rig.loop.now_ns)
    )
    rig.mk.cash["USDT"] -= D("1.5")
    rig.pass_time(6)
    rig.desk.journal.flush()
    assert [row.payment_id for row in rig.desk.journal.reader().funding()] == ["p1"]
    rig.pass_time(700)
    rig.desk.journal.flush()
    assert len(list(rig.desk.journal.reader().funding())) == 1
    assert rig.desk.watch.found["mk"] == 0
    assert "unexplained/mk" not in rig.alarms


def test_equity_that_no_booking_explains_is_alarmed_when_it_stays(rig: FakeRig) -> None:
    rig.mk.cash["USDT"] -= D("2.5")
    rig.until(lambda: rig.desk.watch.found["mk"])
    assert "unexplained/mk" not in rig.alarms, "one pass may be a moment between two answers"
    rig.pass_time(6)
    assert "+2.50 USD" in rig.alarms["unexplained/mk"]
    rig.mk.cash["USDT"] += D("2.5")
    rig.pass_time(6)
    assert "unexplained/mk" not in rig.alarms


def test_a_coin_without_a_price_waits_for_one(rig: FakeRig) -> None:
    now = rig.loop.now_ns
    coin = Transfer("m2", TransferKind.DEPOSIT, "DOGE", D(5), now, now)
    rig.mk.moved.append(coin)
    assert rig.mk.listener is not None
    rig.call(rig.mk.listener.on_transfer, coin)
    assert any("no price for DOGE yet; it is booked with the next reconciling" in line for line in rig.log)
    rig.pass_time(6)
    assert not suspect(rig)


def test_a_fee_in_a_coin_without_a_price_is_said(rig: FakeRig) -> None:
    order = rig.place()
    rig.at(rig.mk, "fill", order.id, "0.05", fee="0.01", fee_asset="BNB")
    assert "fees in BNB are booked at 1 USD each" in rig.alarms["rate/mk/BNB"]


def test_a_slow_venue_is_not_asked_again_while_it_is_being_asked(rig: FakeRig) -> None:
    rig.mk.answer_s = 40.0
    rig.pass_time(200)
    assert len(rig.desk._tasks) < 6
    rig.mk.answer_s = 0.01


def test_a_fill_in_an_unknown_symbol_is_told_not_dropped_silently(rig: FakeRig) -> None:
    order = rig.place()
    fill = rig.at(rig.mk, "fill", order.id, "0.05", tell=False)
    odd = type(fill)(**{name: getattr(fill, name) for name in fill.__struct_fields__} | {"symbol": "ODD"})
    rig.at(rig.mk, "hand", odd)
    assert "fill in unknown ODD" in rig.alarms["symbol/mk"]


def test_positions_from_before_us_are_foreign_and_stay_untouched() -> None:
    rig = FakeRig()
    rig.mk.held["BTCUSDT"] = D("-0.4")
    with rig:
        rig.launch()
        rig.pass_time(12)
        assert rig.desk.ledger.position("mk", "BTCUSDT", "") == D("-0.4")
        assert "held -0.4 BTCUSDT before us" in rig.alarms["foreign/mk/BTCUSDT"]
        assert rig.tk.submitted == rig.mk.submitted == []
        assert not suspect(rig)


def test_an_account_that_comes_later_connects_and_is_reconciled() -> None:
    rig = FakeRig()
    rig.mk.refuses_connection = 20
    rig.start()
    assert rig.desk.accounts["mk"].health(rig.loop.now_ns) is Health.DOWN
    assert rig.loop.now_ns - START < 6 * NS_PER_S, "a start does not wait for ever"
    rig.until(lambda: rig.desk.accounts["mk"].reconciled_ts, seconds=300)
    rig.quote()
    assert rig.launch().state is LoopState.RUNNING
    rig.__exit__(None)


def test_going_and_coming_back_is_alarmed_cleared_and_reconciled(rig: FakeRig) -> None:
    order = rig.place()
    rig.at(rig.mk, "ack", order.id)
    rig.tk.on_submit = rig.tk.fills_whole
    rig.at(rig.mk, "lose")
    assert "down/mk" in rig.alarms
    assert rig.desk.markets.of("mk", "BTCUSDT").book is None
    assert rig.place().reason == "account mk is down: the socket dropped"
    rig.at(rig.mk, "fill", order.id, "0.05", tell=False)
    rig.at(rig.mk, "come_back", seconds=0.5)
    assert "down/mk" not in rig.alarms
    assert rig.held("tk") == D("-0.05")
