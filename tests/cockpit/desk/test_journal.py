"""What is written comes back, exactly."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_kit import INSTRUMENTS, T0, D, fill, instrument_of, payment, transfer

from cockpit.desk.journal import Journal
from cockpit.desk.journal_restore import restore_ledger
from cockpit.desk.journal_rows import JournaledAlarm
from cockpit.desk.ledger import Ledger
from cockpit.desk.ledger_account import Opening, OpeningPosition
from cockpit.desk.wear import Scope
from venues.model import NS_PER_S, OrderRequest, OrderStatus, Side, TimeInForce, TransferKind

BUY, SELL = Side.BUY, Side.SELL
DAY_NS = 86_400 * NS_PER_S


class FakeOrder(msgspec.Struct):
    """An order with what the journal asks of it."""

    request: OrderRequest
    account: str = "a"
    loop: str = "L1"
    leg: str = "maker"
    role: str = "open"
    cycle: int = 3
    status: OrderStatus = OrderStatus.PENDING
    filled_qty: Decimal = D(0)
    venue_order_id: str = ""
    reason: str = ""
    ts: int = T0

    @property
    def id(self) -> str:
        return self.request.client_order_id


def order(id_: str = "ck1-1o1-0") -> FakeOrder:
    return FakeOrder(OrderRequest(id_, "BTCUSDT", BUY, D("0.010"), D("90000.50"), TimeInForce.IOC, True, False))


@pytest.fixture
def journal() -> Journal:
    return Journal.open(":memory:")


def put_fill(journal: Journal, account: str, id_: str, side: Side, qty: str, **more: object) -> None:
    report = fill(id_, "BTCUSDT", side, qty, "100", ts=int(str(more.pop("ts", T0))))
    row = {"loop": "L1", "cycle": 1, "role": "open", "volume": True, **more}
    journal.fill(account, report, base_qty=D(qty), fee_rate_usd=D(1), settle_rate_usd=D(1), **row)


# -- money


@pytest.mark.parametrize("text", ["0.1", "1E-18", "-0.00000001", "123456789012345678901234.5678", "0E-8", "2.50"])
def test_decimals_come_back_as_they_were(journal: Journal, text: str) -> None:
    exact = D(text)
    report = msgspec.structs.replace(fill("t", "BTCUSDT", SELL, "1", "100"), fee=exact, liquidation=True)
    journal.fill(
        "a", report, base_qty=exact, fee_rate_usd=exact, settle_rate_usd=exact, loop="", cycle=0, role="", volume=False
    )
    journal.flush()
    (found,) = journal.reader().fills()
    assert found.report == report
    for value in (found.base_qty, found.fee, found.fee_rate_usd, found.settle_rate_usd):
        assert str(value) == str(exact)
    assert found.fee_usd == exact * exact
    assert found.signed_base == -exact
    assert (found.loop, found.volume, found.account) == ("", False, "a")


def test_a_fill_is_on_file_once(journal: Journal) -> None:
    for _ in range(2):
        put_fill(journal, "a", "1", BUY, "1")
    put_fill(journal, "b", "1", BUY, "1")
    journal.flush()
    reader = journal.reader()
    assert [row.account for row in reader.fills()] == ["a", "b"]
    assert reader.has_fill("a", "BTCUSDT", "1")
    assert not reader.has_fill("a", "BTCUSDT", "2")
    assert reader.refused() == []


def test_fills_by_time_account_and_loop(journal: Journal) -> None:
    put_fill(journal, "a", "1", BUY, "1", ts=T0)
    put_fill(journal, "a", "2", BUY, "1", ts=T0 + 10, loop="")
    put_fill(journal, "b", "3", BUY, "1", ts=T0 + 20)
    journal.flush()
    reader = journal.reader()
    assert [row.trade_id for row in reader.fills(from_ts=T0 + 10, to_ts=T0 + 20)] == ["2"]
    assert [row.trade_id for row in reader.fills(account="a")] == ["1", "2"]
    assert [row.trade_id for row in reader.fills(loop="")] == ["2"]
    assert [row.trade_id for row in reader.fills(account="b", loop="L1")] == ["3"]


def test_funding_and_transfers(journal: Journal) -> None:
    paid, moved = payment("p", "BTCUSDT", "0.01"), transfer("t", TransferKind.WITHDRAWAL, "BTC", "0.3")
    for _ in range(2):
        journal.funding("a", paid, D("1.0001"))
        journal.transfer("a", moved, D(90_000))
    journal.flush()
    (funding,), (transferred,) = journal.reader().funding(), journal.reader().transfers()
    assert (funding.payment, funding.rate_usd) == (paid, D("1.0001"))
    assert (transferred.transfer, transferred.rate_usd) == (moved, 90_000)
    assert list(journal.reader().funding(from_ts=T0 + 1)) == []
    assert list(journal.reader().transfers(to_ts=T0)) == []


# -- orders and what they owe


def test_an_order_from_intent_to_its_end(journal: Journal) -> None:
    meant = order()
    journal.order_intent(meant)
    journal.order_intent(order("ck1-1o2-0"))
    journal.flush()
    reader = journal.reader()
    (first, second) = reader.open_orders()
    assert (first.request, first.status, first.cycle, first.leg) == (meant.request, OrderStatus.PENDING, 3, "maker")
    assert second.client_order_id == "ck1-1o2-0"
    meant.status, meant.filled_qty, meant.venue_order_id, meant.ts = OrderStatus.FILLED, D("0.010"), "v7", T0 + 5
    journal.order_changed(meant)
    journal.flush()
    assert [row.client_order_id for row in reader.open_orders()] == ["ck1-1o2-0"]
    ended = reader.order(meant.id)
    assert ended is not None
    assert (ended.status, ended.filled_qty, ended.venue_order_id) == (OrderStatus.FILLED, D("0.010"), "v7")
    assert reader.order("never") is None


def test_one_client_order_id_twice_is_told(journal: Journal) -> None:
    journal.order_intent(order())
    journal.order_intent(order())
    journal.flush()
    assert [row[0] for row in journal.reader().refused()] == ["order_intent"]


def test_what_is_owed_follows_from_the_rows(journal: Journal) -> None:
    put_fill(journal, "a", "1", BUY, "1.5")
    journal.obligation(loop="L1", number=1, account="a", symbol="BTCUSDT", trade_id="1", base=D("-1.5"), ts=T0)
    put_fill(journal, "b", "2", SELL, "1", role="hedge", volume=False)
    put_fill(journal, "a", "3", SELL, "0.2", role="unwind")
    put_fill(journal, "b", "4", SELL, "9", role="hedge", loop="L2")
    journal.flush()
    reader = journal.reader()
    assert reader.owed("L1") == D("-0.3")
    journal.obligation(loop="L1", number=2, account="", symbol="", trade_id="", base=D("0.3"), ts=T0 + 1)
    put_fill(journal, "b", "5", BUY, "2", role="hedge")
    journal.flush()
    assert reader.owed("L1") == -2
    assert [(row.number, row.base) for row in reader.obligations("L1")] == [(1, D("-1.5")), (2, D("0.3"))]
    assert reader.owed("L9") == 0


# -- the run and its operators


def test_epochs_count_on(tmp_path: Path) -> None:
    for expected in (1, 2):
        journal = Journal.open(tmp_path / "journal.db")
        assert journal.begin_epoch(ts=T0, pid=1, version="0.1") == expected
        journal.slot(expected, 1, f"L{expected}")
        journal.close()
    journal = Journal.open(tmp_path / "journal.db")
    assert [journal.reader().loop_of(epoch, 1) for epoch in (1, 2, 3)] == ["L1", "L2", None]
    journal.close()


def test_rows_go_on_counting_after_a_restart(tmp_path: Path) -> None:
    seqs = []
    for id_ in ("1", "2"):
        journal = Journal.open(tmp_path / "journal.db")
        put_fill(journal, "a", id_, BUY, "1")
        journal.flush()
        seqs = [row.seq for row in journal.reader().fills()]
        journal.close()
    assert seqs == [1, 2]


def test_a_loop_is_known_as_it_last_stood(journal: Journal) -> None:
    for state, done, size in (("running", 0, "0.1"), ("paused", 4, "0.2")):
        journal.loop(
            "L1",
            strategy="hedge",
            params={"size": size},
            state=state,
            iterations_done=done,
            created_ts=T0,
            ts=T0 + done,
        )
    journal.flush()
    (loop,) = journal.reader().loops()
    assert (loop.state, loop.iterations_done, loop.params, loop.created_ts) == ("paused", 4, {"size": "0.2"}, T0)


def test_params_audit(journal: Journal) -> None:
    for loop in ("L1", "L2"):
        journal.param_change(
            ts=T0, loop=loop, field="size", old="0.1", new="0.2", origin="cli:me@host", command_id="c1"
        )
    journal.flush()
    assert len(journal.reader().param_changes()) == 2
    (change,) = journal.reader().param_changes("L2")
    assert (change.field, change.old, change.new, change.origin) == ("size", "0.1", "0.2", "cli:me@host")


def test_the_first_answer_to_a_command_stands(journal: Journal) -> None:
    journal.command("c1", ts=T0, origin="cli", verb='{"type":"pause"}', ok=False, error="no such loop")
    journal.command("c1", ts=T0 + 1, origin="cli", verb="{}", ok=True, result="[1]")
    journal.flush()
    found = journal.reader().command("c1")
    assert found is not None
    assert (found.ok, found.error, found.result, found.ts) == (False, "no such loop", "null", T0)
    assert journal.reader().command("c2") is None


def test_alarms_flattens_cursors(journal: Journal) -> None:
    for count, active in ((1, True), (2, False)):
        journal.alarm(JournaledAlarm("a1", T0, "critical", "naked", T0, count, active))
        journal.flatten("f1", kind="flatten", state="flat" if count == 2 else "working", spec="{}", text="", ts=T0)
        journal.cursor("a", "fills", str(count))
    journal.alarm(JournaledAlarm("a2", T0, "warning", "stale", T0, 1, True))
    journal.flush()
    reader = journal.reader()
    assert [(row.id, row.count, row.active) for row in reader.alarms()] == [("a1", 2, False), ("a2", 1, True)]
    assert [row.id for row in reader.alarms(active=True)] == ["a2"]
    assert [(row.id, row.state) for row in reader.flattens()] == [("f1", "flat")]
    assert (reader.cursor("a", "fills"), reader.cursor("a", "funding")) == ("2", "")
    assert (reader.cursors("fills"), reader.cursors("funding")) == ({"a": "2"}, {})


def test_pruning_spares_money(journal: Journal) -> None:
    put_fill(journal, "a", "1", BUY, "1", ts=1)
    journal.funding("a", payment("p", "BTCUSDT", "1", ts=1), D(1))
    journal.transfer("a", transfer("t", TransferKind.DEPOSIT, "USDT", "1", ts=1), D(1))
    for ts in (1, T0):
        journal.log(ts=ts, level="info", source="desk", text=str(ts))
    journal.prune(T0)
    journal.flush()
    reader = journal.reader()
    assert [line.ts for line in reader.log()] == [T0]
    assert len([*reader.fills(), *reader.funding(), *reader.transfers()]) == 3


# -- the ledger out of the journal


def test_a_day_asked_to_close_twice_is_replayed_as_it_closed_first(journal: Journal) -> None:
    live = Ledger(instrument_of)

    def trade(account: str, id_: str, side: Side) -> None:
        report = fill(id_, "BTCUSDT", side, "1", "100")
        live.book_fill(
            account, report, loop="L1", cycle=1, role="open", volume=True, fee_rate_usd=D(1), settle_rate_usd=D(1)
        )
        put_fill(journal, account, id_, side, "1")

    trade("b", "1", BUY)
    journal.day_marks("2025-11-22", live.roll_day("2025-11-22", lambda *_: D(90)))
    trade("a", "2", BUY)
    trade("b", "3", SELL)
    journal.day_marks("2025-11-22", live.roll_day("2025-11-22", lambda *_: D(70)))
    trade("b", "4", BUY)
    journal.flush()
    again = Ledger(instrument_of)
    restore_ledger(again, journal.reader())
    for day in ("2025-11-21", "2025-11-22"):
        assert again.wear(Scope.DAY, day, lambda *_: D(1)) == live.wear(Scope.DAY, day, lambda *_: D(1))


steps = st.lists(
    st.tuples(
        st.sampled_from(("fill", "fill", "fill", "funding", "transfer", "roll")),
        st.sampled_from(("a", "b")),
        st.sampled_from(("BTCUSDT", "BTCUSD_PERP")),
        st.sampled_from(Side),
        st.integers(1, 50),
        st.sampled_from(("", "L1", "L2")),
        st.integers(0, 3 * DAY_NS),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(rows=steps)
def test_a_replay_gives_the_same_ledger_and_twice_changes_nothing(rows: list) -> None:
    journal = Journal.open(":memory:")
    live = Ledger(instrument_of)
    held = (OpeningPosition("BTCUSDT", D(3), D(90), D(100)),)
    opening = Opening("a", T0, {"USDT": D(100)}, {"USDT": D(1)}, held)
    live.opening(opening)
    journal.opening(opening)
    for count, (kind, account, symbol, side, n, loop, after) in enumerate(rows):
        id_, ts = str(count), T0 + after
        if kind == "fill":
            report = fill(id_, symbol, side, str(n), str(100 + n), "0.1", "BNB", ts)
            rates = {"fee_rate_usd": D(800), "settle_rate_usd": D(100 + n) if symbol == "BTCUSD_PERP" else D(1)}
            live.book_fill(account, report, loop=loop, cycle=n, role="open", volume=account == "a", **rates)
            base = INSTRUMENTS[symbol].base_qty(report.qty, report.price)
            journal.fill(
                account, report, base_qty=base, loop=loop, cycle=n, role="open", volume=account == "a", **rates
            )
        elif kind == "funding":
            live.book_funding(account, payment(id_, symbol, str(n), ts=ts), D(1))
            journal.funding(account, payment(id_, symbol, str(n), ts=ts), D(1))
        elif kind == "transfer":
            moved = transfer(id_, TransferKind.REBATE if n % 2 else TransferKind.DEPOSIT, "USDT", str(n), ts)
            live.book_transfer(account, moved, D(1))
            journal.transfer(account, moved, D(1))
        else:
            day = f"2025-11-2{1 + n % 3}"
            journal.day_marks(day, live.roll_day(day, lambda *_, n=n: D(90 + n)))
    journal.flush()
    again = Ledger(instrument_of, seen_before=journal.reader().has_fill, remember=3)
    restore_ledger(again, journal.reader())
    twice = Ledger(instrument_of)
    for _ in range(2):
        restore_ledger(twice, journal.reader())

    def mark(*_: str) -> Decimal:
        return D(120)

    rates_now = {"USDT": D(1), "BNB": D(790), "BTC": D(119)}.get
    for scope, names in (
        (Scope.LOOP, ("L1", "L2")),
        (Scope.ACCOUNT, ("a", "b")),
        (Scope.FOREIGN, ("a", "b")),
        (Scope.TOTAL, ("",)),
        (Scope.DAY, tuple(live.days())),
    ):
        for name in names:
            assert again.wear(scope, name, mark, rates_now) == live.wear(scope, name, mark, rates_now)
    for account in ("a", "b"):
        assert twice.wear(Scope.ACCOUNT, account, mark, rates_now) == again.wear(
            Scope.ACCOUNT, account, mark, rates_now
        )
        assert again.cash(account) == live.cash(account)
        assert again.unexplained(account, D(7), mark, rates_now) == live.unexplained(account, D(7), mark, rates_now)
    assert again.wear_of_cycles("L1", 3, mark, rates_now) == live.wear_of_cycles("L1", 3, mark, rates_now)
    assert again.days() == live.days()
    journal.close()
