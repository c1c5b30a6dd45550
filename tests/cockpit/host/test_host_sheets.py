"""One account and one loop in full."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from desk_kit import D, FakeRig
from host_kit import Host

from cockpit.desk.journal_rows import JournaledFill, JournaledObligation
from cockpit.host.sheets import BOUNDS_MS, covered, histogram
from cockpit.link import messages as m
from cockpit.link.answers import NO_BOUND, AccountSheet, LoopSheet
from venues.model import NS_PER_MS, FundingPayment, LiquiditySide, Side


@pytest.fixture
def rig() -> Iterator[FakeRig]:
    with FakeRig() as rig:
        yield rig


@pytest.fixture
def host(rig: FakeRig) -> Host:
    host = Host(rig)
    host.ok(m.Launch("idle", {"size": "0.05"}))
    return host


def hedged(rig: Any, qty: str = "0.05") -> None:
    """A fill on mk, hedged on tk."""
    order = rig.place(qty=qty)
    rig.tk.on_submit = rig.tk.fills_whole
    rig.at(rig.mk, "fill", order.id, qty, tell_order=True, seconds=0.5)


def account(host: Host, name: str) -> AccountSheet:
    ack = host.send(m.Query("account", {"account": name}))
    assert ack.ok, ack.error
    return msgspec.json.decode(ack.result, type=AccountSheet)


def loop(host: Host, name: str) -> LoopSheet:
    ack = host.send(m.Query("loop", {"loop": name}))
    assert ack.ok, ack.error
    return msgspec.json.decode(ack.result, type=LoopSheet)


def test_who_is_not_known_is_told_who_is(host: Host) -> None:
    assert "account: 'nobody' is not known; expected one of mk, tk" in host.no(
        m.Query("account", {"account": "nobody"})
    )
    assert "loop: 'L9' is not known; expected one of: L1" in host.no(m.Query("loop", {"loop": "L9"}))
    assert "loop: ''" in host.no(m.Query("loop"))


# -- an account


def test_balances_fills_funding_and_fees(rig: Any, host: Host) -> None:
    hedged(rig)
    now = rig.clock.now_ns()
    paid = FundingPayment("f1", "BTCUSDT", D("0.25"), "USDT", D("0.0001"), D("0.05"), D(100_000), now, now)
    rig.call(rig.mk.listener.on_funding, paid)
    sheet = account(host, "mk")
    (balance,) = sheet.balances
    assert (balance.asset, balance.usd) == ("USDT", round(balance.cash, 2))
    (fill,) = sheet.fills
    assert (fill.account, fill.side, fill.qty, fill.loop, fill.role) == ("mk", Side.BUY, D("0.05"), "L1", "open")
    assert sheet.fees_usd == fill.fee_usd
    (funding,) = sheet.funding
    assert (funding.symbol, funding.paid_usd, funding.payments, funding.last_ts) == ("BTCUSDT", D("0.25"), 1, now)
    assert sheet.notes == ()
    assert [fill.side for fill in account(host, "tk").fills] == [Side.SELL]


def test_notes_say_what_is_wrong(rig: Any, host: Host) -> None:
    rig.mk.told_position = {"BTCUSDT": D("0.7")}
    rig.pass_time(12)
    notes = account(host, "mk").notes
    assert any("BTCUSDT" in note for note in notes)
    assert len(notes) == len(set(notes))
    assert account(host, "tk").notes == ()


def test_only_the_newest_fills_newest_first(rig: Any, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cockpit.host.sheets.FILLS", 2)
    for qty in ("0.01", "0.02", "0.03"):
        hedged(rig, qty)
    assert [fill.qty for fill in account(host, "mk").fills] == [D("0.03"), D("0.02")]


# -- a loop


def test_a_bound_is_in_the_bucket_it_ends() -> None:
    counts = {bucket.up_to: bucket.count for bucket in histogram([0.2, 1.0, 1.1, 5000.0, 5000.1, 1e12])}
    assert counts == {**dict.fromkeys(BOUNDS_MS, 0), 1.0: 2, 2.0: 1, 5000.0: 1, NO_BOUND: 2}
    assert sum(bucket.count for bucket in histogram([])) == 0


def test_hedges_obligations_and_who_changed_what(rig: Any, host: Host) -> None:
    hedged(rig)
    host.ok(m.SetParams("L1", {"size": "0.06"}))
    hedged(rig, "0.02")
    sheet = loop(host, "L1")
    assert sum(bucket.count for bucket in sheet.hedge_ms) == 2
    second, first = sheet.obligations
    assert (first.base, second.base) == (D("-0.05"), D("-0.02"))
    assert 0 < first.ts <= first.covered_ts < second.ts <= second.covered_ts
    changed, launched = sheet.changes
    assert changed.changes == {"size": ("0.05", "0.06")}
    assert launched.text.startswith("launch idle")
    assert sheet.max_naked_ms >= 0


def test_what_is_not_hedged_yet_is_not_covered(rig: Any, host: Host) -> None:
    order = rig.place(qty="0.05")
    rig.at(rig.mk, "fill", order.id, "0.05", tell_order=True)
    (open_,) = loop(host, "L1").obligations
    assert open_.covered_ts == 0


def test_after_a_restart_the_journal_still_tells_how_fast_hedges_were(tmp_path: Path) -> None:
    with FakeRig(journal=tmp_path / "desk.sqlite") as rig:
        host = Host(rig)
        host.ok(m.Launch("idle", {"size": "0.05"}))
        hedged(rig)
        before = loop(host, "L1")
        host.restarted()
        after = loop(host, "L1")
        assert after.hedge_ms == before.hedge_ms
        assert after.obligations == before.obligations


def owed(number: int, base: str, seq: int, trade: str = "t") -> JournaledObligation:
    return JournaledObligation("L1", number, seq, "mk", "BTCUSDT", trade, D(base), seq * NS_PER_MS)


def hedge(side: Side, base: str, seq: int) -> JournaledFill:
    ts = seq * NS_PER_MS
    one = Decimal(1)
    return JournaledFill(
        seq, "tk", "BTCUSDT", f"h{seq}", "", "", side, D(base), one, D(base), one, "USDT", one, one,
        LiquiditySide.TAKER, False, "L1", 1, "hedge", False, ts, ts,
    )  # fmt: skip


BUY, SELL = Side.BUY, Side.SELL


@pytest.mark.parametrize(
    ("rows", "hedges", "covered_ms", "latencies"),
    [
        ([owed(1, "-0.05", 1)], [], [0], ()),
        ([owed(1, "-0.05", 1)], [hedge(SELL, "0.05", 4)], [4], (3.0,)),
        ([owed(1, "-0.05", 1)], [hedge(SELL, "0.03", 4)], [0], ()),
        ([owed(1, "-0.05", 1)], [hedge(SELL, "0.03", 4), hedge(SELL, "0.02", 6)], [6], (5.0,)),
        ([owed(1, "-0.05", 1)], [hedge(SELL, "0.0495", 4)], [4], (3.0,)),
        ([owed(1, "-0.02", 1), owed(2, "-0.03", 2)], [hedge(SELL, "0.05", 4)], [4, 4], (3.0, 2.0)),
        ([owed(1, "-0.05", 1), owed(2, "0.05", 3)], [], [3, 3], ()),
        ([owed(1, "-0.05", 1), owed(2, "0.05", 3, trade="")], [], [3], ()),
        ([owed(1, "-0.05", 2)], [hedge(SELL, "0.05", 1)], [0], ()),
    ],
    ids=["open", "covered", "half", "by two", "but for dust", "two by one", "netted", "written off", "too early"],
)
def test_when_each_obligation_was_covered(
    rows: list[JournaledObligation], hedges: list[JournaledFill], covered_ms: list[int], latencies: tuple[float, ...]
) -> None:
    lines, found = covered(rows, hedges, D("0.001"))
    assert [line.covered_ts / NS_PER_MS for line in lines] == covered_ms
    assert found == latencies
