"""The client's replica."""

from __future__ import annotations

from link_kit import account, full_tables, log_row, loop_row

from cockpit.link.messages import Delta, Snapshot
from cockpit.link.rows import DeskRow, Tables
from cockpit.link.store import ALL_TABLES, LOG_LINES, Store
from venues.model import ManualClock

TS = 5


def snapshot(seq: int = 1, tables: Tables | None = None) -> Snapshot:
    return Snapshot(seq, TS, tables if tables is not None else full_tables())


def live_store() -> tuple[Store, ManualClock]:
    clock = ManualClock()
    store = Store(clock)
    assert store.apply(snapshot())
    store.take_dirty()
    return store, clock


def test_a_delta_before_any_snapshot_is_a_gap() -> None:
    store = Store(ManualClock())
    assert not store.apply(Delta(1, TS, Tables(accounts=[account()])))
    assert store.accounts == {}
    assert store.state == "connecting"
    assert store.age() == float("inf")


def test_a_gap_changes_nothing_and_a_snapshot_mends_it() -> None:
    store, _ = live_store()
    assert not store.apply(Delta(3, TS, Tables(loops=[loop_row("h9")]), {"loops": ("h1",)}))
    assert list(store.loops) == ["h1"]
    assert store.take_dirty() == set()
    assert not store.apply(Delta(1, TS, Tables())), "a repeated number is a gap too"
    assert store.apply(snapshot(9, Tables(loops=[loop_row("h9")])))
    assert list(store.loops) == ["h9"]
    assert store.positions == {}
    assert store.apply(Delta(10, TS, Tables()))


def test_rows_change_and_go_and_dirty_names_their_tables() -> None:
    store, _ = live_store()
    held = store.loops
    delta = Delta(
        2, TS + 1, Tables(loops=[loop_row("h2")], log=[log_row(3)]), {"loops": ("h1", "never"), "bogus": ("x",)}
    )
    assert store.apply(delta)
    assert list(held) == ["h2"], "the dict stays the same object"
    assert store.take_dirty() == {"loops", "log"}
    assert store.take_dirty() == set()
    assert store.ts == TS + 1
    desk = DeskRow(1, "x", 3, 0, True)
    store.apply(Delta(3, TS, Tables(desk=[desk])))
    assert store.desk is desk
    assert store.take_dirty() == {"desk"}


def test_a_snapshot_makes_everything_dirty() -> None:
    store = Store(ManualClock())
    store.apply(snapshot())
    assert store.take_dirty() == set(ALL_TABLES)
    assert store.desk is not None
    assert store.desk.pid == 4711


def test_silence_is_stale_and_the_rows_stay() -> None:
    store, clock = live_store()
    clock.advance(3.0)
    assert store.state == "live"
    clock.advance(0.001)
    assert store.state == "stale"
    assert store.age() > 3
    store.connection = "disconnected"
    assert store.state == "disconnected"
    assert store.accounts
    store.apply(snapshot(1))
    assert store.state == "live"


def test_log_lines_come_once_and_stay_bounded() -> None:
    store, _ = live_store()
    store.apply(Delta(2, TS, Tables(log=[log_row(2), log_row(3)])))
    assert [row.seq for row in store.log] == [1, 2, 3]
    store.apply(Snapshot(7, TS, Tables(desk=full_tables().desk, log=[log_row(3), log_row(4)])))
    assert [row.seq for row in store.log] == [1, 2, 3, 4], "the same desk: what we had stays"
    other = Tables(desk=[DeskRow(9, "x", 4, 0, False)], log=[log_row(n) for n in range(1, LOG_LINES + 50)])
    store.apply(Snapshot(8, TS, other))
    assert len(store.log) == LOG_LINES
    assert store.log[-1].seq == LOG_LINES + 49
