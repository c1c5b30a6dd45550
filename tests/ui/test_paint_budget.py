"""How much is painted for a busy desk: lines and bytes, never wall time."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal

import msgspec
import pytest
import scenes
from face_kit import Face, settled
from paint_meter import Meter

from cockpit.bench.busy_desk import BusyDesk, Plan
from cockpit.link.messages import Delta, Snapshot
from cockpit.link.publisher import Publisher
from cockpit.link.rows import PositionRow, Tables
from widgets.columns import Row
from widgets.format import price
from widgets.paint import Painted, plain
from widgets.positions import PositionsPanel

FLUSHES = 25
UPDATES_PER_FLUSH = 250
"""A thousand updates a second, painted four times a second."""
BYTES_PER_FLUSH = 1_000
"""4 kB/s at four paints a second, where every figure moves with every paint."""
LINES_PER_100_UPDATES = 30
LARGE_BYTES_PER_FLUSH = 1_500
"""6 kB/s of the 15 that a line may take, with 20 accounts of 10 positions in a window of 160x50."""
LARGE_LINES_PER_100_UPDATES = 30
LARGE_ROWS_PER_FLUSH = 110
"""Rows made anew of the 400 and more in all panels: those that moved and can be seen."""


async def measured(change: Callable[[Face, int], None], monkeypatch: pytest.MonkeyPatch) -> tuple[float, float]:
    """Bytes a flush and lines per hundred updates while `change` is applied before each flush."""
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        meter = Meter(face.app, monkeypatch)
        await meter.begin(pilot)
        before = meter.lines
        for number in range(FLUSHES):
            change(face, number)
            face.clock.advance(0.25)
            face.app.flush()
            await settled(pilot)
        return meter.bytes / FLUSHES, (meter.lines - before) / (FLUSHES * UPDATES_PER_FLUSH / 100)


async def test_a_thousand_updates_a_second_fit_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(7)
    tables = scenes.busy()

    def change(face: Face, number: int) -> None:
        assert face.link.store.apply(scenes.busy_delta(rng, 2 + number, tables))

    size, lines = await measured(change, monkeypatch)
    assert 500 < size <= BYTES_PER_FLUSH
    assert lines <= LINES_PER_100_UPDATES


async def test_twenty_accounts_with_ten_positions_fit_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    face = Face()
    desk = BusyDesk(Plan(), face.clock, 1)
    publisher = Publisher(desk.tables, face.clock)
    publisher.refresh()
    assert face.link.store.apply(Snapshot(1, 0, publisher.snapshot()))
    made = 0
    row = PositionsPanel._row

    def count(self: PositionsPanel, position: PositionRow) -> Row:
        nonlocal made
        made += 1
        return row(self, position)

    async with face.app.run_test(size=(160, 50)) as pilot:
        await settled(pilot)
        face.app.flush()
        await settled(pilot)
        meter = Meter(face.app, monkeypatch)
        await meter.begin(pilot)
        monkeypatch.setattr(PositionsPanel, "_row", count)
        # the dearest case: no account's positions are folded away
        monkeypatch.setattr("widgets.positions.FEW", 1_000)
        before = meter.lines
        for number in range(FLUSHES):
            cursor = publisher.cursor
            for _ in range(UPDATES_PER_FLUSH):
                desk.update()
            face.clock.advance(0.25)
            publisher.refresh()
            changes = publisher.since(cursor)
            assert changes is not None
            assert face.link.store.apply(Delta(2 + number, 0, changes.tables, changes.removed))
            face.app.flush()
            await settled(pilot)
        lines = (meter.lines - before) / (FLUSHES * UPDATES_PER_FLUSH / 100)
        size = meter.bytes / FLUSHES
        sight = {row.key for row in face.app.screen.query_one(PositionsPanel).rows}
        assert len(sight) >= 220
    assert 500 < size <= LARGE_BYTES_PER_FLUSH
    assert lines <= LARGE_LINES_PER_100_UPDATES
    assert 100 < made <= LARGE_ROWS_PER_FLUSH * FLUSHES


async def test_rows_that_were_out_of_sight_are_fresh_when_they_come_into_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("widgets.positions.FEW", 1_000)
    face = Face()
    desk = BusyDesk(Plan(), face.clock, 1)
    face.link.store.apply(Snapshot(1, 0, desk.tables()))
    async with face.app.run_test(size=(160, 50)) as pilot:
        await settled(pilot)
        await pilot.press("2")
        for number in range(8):
            for _ in range(UPDATES_PER_FLUSH):
                desk.update()
            face.link.store.apply(Snapshot(2 + number, 0, desk.tables()))
            face.app.flush()
            await settled(pilot)
        panel = face.app.screen.query_one(PositionsPanel)

        def shown() -> dict[str, str]:
            return {row.key: plain(row.cells[4]) for row in panel.rows if row.cells}

        true = {row.key: price(row.mark) for row in face.link.store.positions.values()}
        assert shown() != true
        await pilot.press("G")
        await settled(pilot)
        last = [row.key for row in panel.rows if row.cells][-20:]
        assert {key: shown()[key] for key in last} == {key: true[key] for key in last}
        panel.copy_table()
        assert shown() == true


async def test_rows_that_come_again_unchanged_paint_nothing_but_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = scenes.busy()

    def change(face: Face, number: int) -> None:
        same = Tables(positions=tables.positions, spreads=tables.spreads, loops=tables.loops, wear=tables.wear)
        assert face.link.store.apply(Delta(2 + number, 0, same))

    size, _lines = await measured(change, monkeypatch)
    assert size < 400


async def test_change_below_what_is_shown_paints_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = scenes.busy()

    def change(face: Face, number: int) -> None:
        row = tables.positions[0]
        shade = msgspec.structs.replace(row, mark=row.mark + Decimal(number) / 10_000_000)
        assert face.link.store.apply(Delta(2 + number, 0, Tables(positions=[shade])))

    size, _lines = await measured(change, monkeypatch)
    assert size < 400


async def test_screens_below_are_not_painted() -> None:
    rng = random.Random(7)
    tables = scenes.busy()
    face = Face(tables)
    async with face.app.run_test(size=(120, 40)) as pilot:
        below = face.app.screen
        await pilot.press("o")
        await settled(pilot)
        before = sum(widget.lines_painted for widget in below.query(Painted))
        for number in range(4):
            face.link.store.apply(scenes.busy_delta(rng, 2 + number, tables))
            face.app.flush()
            await settled(pilot)
        assert sum(widget.lines_painted for widget in below.query(Painted)) == before
        await pilot.press("escape")
        await settled(pilot)
        assert sum(widget.lines_painted for widget in below.query(Painted)) > before
