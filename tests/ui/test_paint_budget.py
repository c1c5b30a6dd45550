"""How much is painted for a busy desk: lines and bytes, never wall time."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from decimal import Decimal

import msgspec
import pytest
import scenes
from face_kit import Face, settled
from rich.console import Console
from textual._compositor import CompositorUpdate
from textual.app import App
from textual.screen import Screen

from cockpit.link.messages import Delta
from cockpit.link.rows import Tables
from widgets.paint import Painted

FLUSHES = 25
UPDATES_PER_FLUSH = 250
"""A thousand updates a second, painted four times a second."""
BYTES_PER_FLUSH = 2_500
"""10 kB/s at four paints a second."""
LINES_PER_100_UPDATES = 30


class Meter:
    """Counts what would go to a terminal with all colours, by the one way that bytes take."""

    def __init__(self, app: App[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.bytes = 0
        self._app = app
        terminal = Console(color_system="truecolor", force_terminal=True, file=io.StringIO())

        def count(_app: App[str], _screen: Screen[object], renderable: object) -> None:
            if isinstance(renderable, CompositorUpdate):
                self.bytes += len(renderable.render_segments(terminal).encode())

        monkeypatch.setattr(App, "_display", count)

    @property
    def lines(self) -> int:
        return sum(widget.lines_painted for widget in self._app.screen.query(Painted))


async def measured(change: Callable[[Face, int], None], monkeypatch: pytest.MonkeyPatch) -> tuple[float, float]:
    """Bytes a flush and lines per hundred updates while `change` is applied before each flush."""
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        meter = Meter(face.app, monkeypatch)
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
