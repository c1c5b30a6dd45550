"""What a replay shows is what the desk showed: at the end, in between, forwards and back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from replay_kit import Moment, Session, Watched, record

from cockpit.desk.journal_file import JournalError
from cockpit.link.answers import AccountSheet, ChangeLine, History, LoopSheet, OrderLife, OrdersPage
from cockpit.link.messages import Flatten, Pause, Query
from cockpit.link.store import Store
from cockpit.replay.player import Player
from venues.model import NS_PER_S, ManualClock

Open = Callable[..., Coroutine[Any, Any, Watched]]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return record(tmp_path_factory.mktemp("journal") / "journal.sqlite")


@pytest.fixture
async def replay(session: Session) -> AsyncIterator[Open]:
    opened: list[Watched] = []

    async def start(**how: Any) -> Watched:
        watched = Watched(session.path, **({"start": session.began} | how))
        opened.append(watched)
        await watched.open()
        return watched

    yield start
    for watched in opened:
        await watched.link.close()


def positions(rows: Any) -> dict[str, tuple[Decimal, Decimal]]:
    return {row.key: (row.qty, row.entry) for row in rows}


def money(
    rows: Any, scopes: tuple[str, ...] = ("loop", "account", "total")
) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
    """Parts of the wear that no mark moves."""
    return {row.key: (row.fees_usd, row.funding_usd, row.volume_usd) for row in rows if row.scope in scopes}


def same(store: Store, moment: Moment) -> None:
    assert positions(store.positions.values()) == positions(moment.tables.positions)
    assert money(store.wear.values()) == money(moment.tables.wear)
    assert {row.key: (row.status, row.filled) for row in moment.tables.orders}.items() >= {
        row.key: (row.status, row.filled) for row in store.orders.values() if not row.status.terminal
    }.items()
    for row in moment.tables.loops:
        shown = store.loops[row.id]
        assert (shown.legs, shown.params, shown.base) == (row.legs, row.params, row.base)
        assert (shown.exposure_base, shown.owed_base) == (row.exposure_base, row.owed_base)
        assert (shown.iterations_done, shown.iterations) == (row.iterations_done, row.iterations)
        assert (shown.mode, shown.started_ts) == (row.mode, row.started_ts)


# -- what cannot be shown


async def test_a_file_that_is_no_journal(tmp_path: Path) -> None:
    clock = ManualClock()
    with pytest.raises(JournalError, match="there is no such file"):
        Player(tmp_path / "nowhere.sqlite", clock)
    (tmp_path / "text.sqlite").write_text("not a database, and long enough to be read as one" * 20)
    with pytest.raises(JournalError, match="damaged or no journal"):
        Player(tmp_path / "text.sqlite", clock)


async def test_every_command_is_refused(replay: Open) -> None:
    watched = await replay()
    for verb in (Flatten(), Pause("all")):
        ack = await watched.link.send(verb)
        assert not ack.ok
        assert "replay" in ack.error
    ack = await watched.link.send(Query("reach", {}))
    assert not ack.ok


# -- what is shown


async def test_the_end_is_what_the_restarted_desk_shows(session: Session, replay: Open) -> None:
    watched = await replay()
    await watched.at(session.restarted.ts)
    store = watched.link.store
    assert store.state == "live"
    same(store, session.restarted)
    (loop,) = store.loops.values()
    (truth,) = session.restarted.tables.loops
    assert loop.state == truth.state
    assert {row.name: row.state for row in store.accounts.values()} == {
        row.name: row.state for row in session.restarted.tables.accounts
    }
    assert store.desk is not None
    assert store.desk.entries_denied
    assert store.desk.epoch == 2
    assert [row.text for row in store.log][-1:] == [row.text for row in session.restarted.tables.log]


async def test_in_mid_cycle_positions_and_orders_are_those_of_then(session: Session, replay: Open) -> None:
    watched = await replay()
    await watched.at(session.busy.ts)
    same(watched.link.store, session.busy)
    assert watched.link.store.positions
    assert watched.link.store.loops["L1"].state == "running"
    assert not watched.link.store.alarms


async def test_a_live_change_is_in_effect_when_the_loop_took_it(session: Session, replay: Open) -> None:
    watched = await replay()
    await watched.at(session.busy.ts)
    assert watched.link.store.loops["L1"].params["size"] == "0.05"
    await watched.at(session.changed.ts)
    same(watched.link.store, session.changed)
    assert watched.link.store.loops["L1"].params["size"] == "0.06"
    assert "trial/1" in watched.link.store.alarms


async def test_one_can_go_back_and_the_log_forgets_what_came_later(session: Session, replay: Open) -> None:
    watched = await replay()
    await watched.at(session.flat.ts)
    late = len(watched.link.store.log)
    await watched.at(session.busy.ts)
    same(watched.link.store, session.busy)
    assert len(watched.link.store.log) < late
    assert all(row.ts <= session.busy.ts for row in watched.link.store.log)


async def test_it_begins_at_the_newest_start_of_the_desk(session: Session, replay: Open) -> None:
    watched = Watched(session.path)
    await watched.open()
    try:
        assert session.flat.ts < watched.player.first <= session.restarted.ts
    finally:
        await watched.link.close()


# -- time


async def test_time_runs_at_its_speed_stands_and_stops_at_the_end(session: Session, replay: Open) -> None:
    watched = await replay()
    player = watched.player
    assert player.ts == session.began
    watched.pass_time(3)
    assert player.ts == session.began + 3 * NS_PER_S
    player.faster(1)
    watched.pass_time(2)
    assert (player.speed, player.ts) == (5, session.began + 13 * NS_PER_S)
    player.pause(on=True)
    watched.pass_time(60)
    assert player.ts == session.began + 13 * NS_PER_S
    player.pause(on=False)
    player.faster(1)
    player.faster(1)
    player.faster(1)
    assert player.speed == 100
    watched.pass_time(10_000)
    assert player.ts == player.last
    assert player.past.at_end
    player.faster(-1)
    player.jump(-5)
    await player.settled()
    watched.link.tick()
    assert (player.speed, player.ts) == (20, player.last - 5 * NS_PER_S)


async def test_played_through_it_comes_to_the_same_as_a_jump(session: Session, replay: Open) -> None:
    played, jumped = await replay(speed=20), await replay()
    while played.player.ts < session.changed.ts:
        played.pass_time(0.25)
    await jumped.at(played.player.ts)
    one, other = played.link.store, jumped.link.store
    assert positions(one.positions.values()) == positions(other.positions.values())
    assert one.wear == other.wear
    assert one.loops == other.loops
    assert one.orders == other.orders
    assert list(one.log) == list(other.log)


async def test_the_last_of_several_jumps_counts(session: Session, replay: Open) -> None:
    watched = await replay()
    watched.player.seek(session.flat.ts)
    assert watched.player.state.seeking
    watched.player.seek(session.busy.ts)
    await watched.player.settled()
    assert not watched.player.state.seeking
    assert watched.player.ts == session.busy.ts
    same_after = await watched.at(session.busy.ts)
    same(same_after.link.store, session.busy)


async def test_marks_say_where_alarms_were(session: Session, replay: Open) -> None:
    state = (await replay()).player.state
    assert "critical" in {level for _ts, level in state.marks}
    assert all(state.first <= ts <= state.last for ts, _level in state.marks)


# -- answers


async def ask(watched: Watched, what: str, kind: Any, **args: str) -> Any:
    ack = await watched.link.send(Query(what, args))
    assert ack.ok, ack.error
    return msgspec.json.decode(ack.result, type=kind)


async def test_orders_are_as_they_were_then(session: Session, replay: Open) -> None:
    watched = await replay()
    await watched.at(session.busy.ts)
    then = await ask(watched, "orders", OrdersPage, limit="1000")
    assert all(row.ts <= session.busy.ts for row in then.rows)
    resting = {row.key for row in session.busy.tables.orders if not row.status.terminal}
    assert {row.key for row in then.rows if not row.status.terminal} == resting
    opened = await ask(watched, "orders", OrdersPage, state="open")
    assert {row.key for row in opened.rows} == resting
    await watched.at(session.restarted.ts)
    later = await ask(watched, "orders", OrdersPage, limit="1000")
    assert later.total > then.total
    assert all(row.status.terminal for row in later.rows)
    life = await ask(watched, "order", OrderLife, id=next(iter(resting)))
    assert life.events[-1].status.terminal


async def test_sheets_and_days(session: Session, replay: Open) -> None:
    watched = await replay()
    await watched.at(session.changed.ts)
    sheet = await ask(watched, "loop", LoopSheet, loop="L1")
    assert sheet.obligations
    assert sum(bucket.count for bucket in sheet.hedge_ms) > 0
    assert any("0.06" in line.text for line in sheet.changes)
    account = await ask(watched, "account", AccountSheet, account="mk")
    assert account.fills
    assert {line.asset for line in account.balances} >= {"USDT"}
    history = await ask(watched, "history", History)
    assert history.days[-1].volume_usd > 0
    lines = await ask(watched, "audit", list[ChangeLine])
    assert [line.text for line in lines if line.changes] == ["size 0.05 → 0.06"]
    await watched.at(session.busy.ts)
    assert await ask(watched, "audit", list[ChangeLine]) == []


async def test_a_question_it_cannot_answer_is_refused_in_words(replay: Open) -> None:
    watched = await replay()
    for what, args in (("loop", {"loop": "L9"}), ("account", {"account": "nobody"}), ("weather", {})):
        ack = await watched.link.send(Query(what, args))
        assert not ack.ok
        assert ack.error
