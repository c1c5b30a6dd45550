"""One grid over the whole terminal, by our way of painting or by Textual's DataTable: the same rows, the same rate.

`python -m cockpit.bench.one_grid ours|datatable` attaches to the desk of `$COCKPIT_HOME`. Both format a cell once a
frame and touch only what differs from the frame before; what is left to differ is how it is painted.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import DataTable

import cockpit
from cockpit import locations
from cockpit.link.client import SocketLink
from cockpit.looks import LooksApp
from themes.loader import DARK_BASE, built_in
from venues.model import SystemClock
from widgets.columns import Row
from widgets.paint import Cell
from widgets.panel import View
from widgets.positions import PositionsPanel

RATE_HZ = 4.0
KEYS: tuple[BindingType, ...] = (Binding("j", "move(1)"), Binding("k", "move(-1)"))
CURSOR = "#123456"
"""Ground of the DataTable's cursor: a colour that nothing else has, so that its paint can be told from the bytes."""


def link_to_desk(clock: SystemClock) -> SocketLink:
    numbers = count(1)
    socket = locations.find().desk_socket
    return SocketLink(socket, clock, ids=lambda: f"grid-{next(numbers)}", origin="bench", rate_hz=RATE_HZ)


class OurGrid(LooksApp):
    CSS_PATH = str(Path(cockpit.__path__[0]) / "cockpit.tcss")
    BINDINGS: ClassVar[list[BindingType]] = [*KEYS]

    def __init__(self) -> None:
        super().__init__()
        self._clock = SystemClock()
        self._link = link_to_desk(self._clock)
        self._panel = PositionsPanel(folds=False)

    def compose(self) -> ComposeResult:
        yield self._panel

    async def on_mount(self) -> None:
        await self._link.start()
        self._panel.focus()
        self.set_interval(1 / RATE_HZ, self._paint_rows)

    def _paint_rows(self) -> None:
        dirty = frozenset(self._link.store.take_dirty())
        with self.batch_update():
            self._panel.update_from(View(self._link.store, self._clock.now_ns()), dirty)

    def action_move(self, steps: int) -> None:
        self._panel.move(steps)


class TheirGrid(App[None]):
    CSS = f"DataTable > .datatable--cursor {{ background: {CURSOR}; }}"
    BINDINGS: ClassVar[list[BindingType]] = [*KEYS]

    def __init__(self) -> None:
        super().__init__()
        self._clock = SystemClock()
        self._link = link_to_desk(self._clock)
        self._panel = PositionsPanel(folds=False)
        self._table: DataTable[Text] = DataTable(cursor_type="row")
        self._shown: dict[str, Row] = {}
        theme = built_in()[DARK_BASE]
        self._colours = {"text": theme.foreground or "", "bright": f"bold {theme.foreground}", **theme.variables}

    def compose(self) -> ComposeResult:
        yield self._table

    async def on_mount(self) -> None:
        await self._link.start()
        for number, column in enumerate(self._panel.columns):
            self._table.add_column(column.title, width=10 if number else 24, key=column.title)
        self._table.focus()
        self.set_interval(1 / RATE_HZ, self._paint_rows)

    def _paint_rows(self) -> None:
        if not self._link.store.take_dirty():
            return
        rows = self._panel.build(View(self._link.store, self._clock.now_ns()))
        titles = [column.title for column in self._panel.columns]
        for row in rows:
            before = self._shown.get(row.key)
            cells = row.cells or (row.line, *((),) * (len(titles) - 1))
            if before is None:
                self._table.add_row(*map(self._text, cells), key=row.key)
            elif before != row:
                old = before.cells or (before.line, *((),) * (len(titles) - 1))
                for title, was, now in zip(titles, old, cells, strict=True):
                    if was != now:
                        self._table.update_cell(row.key, title, self._text(now))
            self._shown[row.key] = row

    def _text(self, spans: Cell) -> Text:
        return Text.assemble(*((text, self._colours.get(ink, "")) for text, ink in spans)) if spans else Text()

    def action_move(self, steps: int) -> None:
        self._table.move_cursor(row=self._table.cursor_row + steps)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m cockpit.bench.one_grid", description=__doc__)
    parser.add_argument("way", choices=("ours", "datatable"))
    app = OurGrid() if parser.parse_args(argv).way == "ours" else TheirGrid()
    asyncio.run(app.run_async())
    return 0


if __name__ == "__main__":
    sys.exit(main())
