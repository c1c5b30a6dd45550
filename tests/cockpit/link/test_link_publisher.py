"""One diff for all clients: whatever the cursor, snapshot plus deltas give the desk's tables."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from link_kit import FakeDesk, account, full_tables, log_row, market

from cockpit.link.messages import Delta, Snapshot
from cockpit.link.publisher import REMEMBERED, Cursor, Publisher
from cockpit.link.rows import Tables
from cockpit.link.store import Store
from venues.model import ManualClock


def publisher(desk: FakeDesk) -> tuple[Publisher, ManualClock]:
    clock = ManualClock()
    made = Publisher(desk.tables, clock)
    made.refresh()
    return made, clock


def test_the_desk_is_looked_at_ten_times_a_second_at_most() -> None:
    desk = FakeDesk()
    made, clock = publisher(desk)
    for _ in range(1000):
        clock.advance(0.001)
        made.refresh()
    assert desk.looks == 11
    made.invalidate()
    made.refresh()
    assert desk.looks == 12


def test_only_what_changed_is_told() -> None:
    desk = FakeDesk()
    made, clock = publisher(desk)
    start = made.cursor
    changes = made.since(start)
    assert changes is not None
    assert changes.empty
    desk.change(markets=[market("lighter", bid="90005"), desk.rows.markets[1]], positions=desk.rows.positions[:1])
    clock.advance(1)
    made.refresh()
    changes = made.since(start)
    assert changes is not None
    assert not changes.empty
    assert [row.key for row in changes.tables.markets] == ["lighter/BTC-PERP"]
    assert changes.removed == {"positions": ("extended/BTC-USD",)}
    assert changes.tables.accounts == []


def test_log_lines_alone_are_a_change() -> None:
    desk = FakeDesk()
    made, clock = publisher(desk)
    start = made.cursor
    desk.change(log=[log_row(2), log_row(3)])
    clock.advance(1)
    made.refresh()
    changes = made.since(start)
    assert changes is not None
    assert not changes.empty
    assert [row.seq for row in changes.tables.log] == [3]
    assert [row.seq for row in made.snapshot().log] == [1, 2, 3]


def test_a_client_too_far_behind_gets_none() -> None:
    desk = FakeDesk()
    made, clock = publisher(desk)
    start = made.cursor
    for price in range(REMEMBERED + 1):
        desk.change(markets=[market(bid=str(80_000 + price))])
        clock.advance(1)
        made.refresh()
    assert made.since(start) is None
    assert made.since(Cursor(start.generation + 1, -1)) is not None
    assert made.since(Cursor(made.cursor.generation + 1, -1)) is None, "a cursor of another desk"


@given(
    st.lists(
        st.tuples(st.dictionaries(st.sampled_from("abcde"), st.integers(0, 3), max_size=5), st.integers(0, 3)),
        min_size=1,
        max_size=20,
    )
)
def test_any_client_ends_up_with_the_desks_tables(steps: list[tuple[dict[str, int], int]]) -> None:
    """Each step sets the accounts; client k is told only every k-th step."""
    desk = FakeDesk(Tables())
    made, clock = publisher(desk)
    stores = [Store(clock) for _ in range(3)]
    cursors = [made.cursor] * 3
    seqs = [1] * 3
    for store in stores:
        assert store.apply(Snapshot(1, 0, made.snapshot()))
    last_log = 0
    for number, (accounts, lines) in enumerate([*steps, (steps[-1][0], 0)], start=1):
        rows = [account(name, open_orders=count) for name, count in accounts.items()]
        desk.rows = Tables(accounts=rows, log=[log_row(last_log + n + 1) for n in range(lines)])
        last_log += lines
        clock.advance(1)
        made.refresh()
        for k, store in enumerate(stores):
            if number % (k + 1) and number <= len(steps):
                continue
            changes = made.since(cursors[k])
            assert changes is not None
            seqs[k] += 1
            cursors[k] = made.cursor
            assert store.apply(Delta(seqs[k], 0, changes.tables, changes.removed))
    for store in stores:
        assert store.accounts == {row.key: row for row in desk.rows.accounts}
        assert [row.seq for row in store.log] == list(range(1, last_log + 1))


def test_the_snapshot_is_the_desks_tables() -> None:
    made, _ = publisher(FakeDesk())
    assert made.snapshot() == full_tables()
