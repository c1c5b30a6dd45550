"""What may never be hidden: a flatten at work, and alarms nobody has acknowledged."""

from __future__ import annotations

from cockpit.link.rows import AlarmRow, FlattenRow
from widgets import format as fmt
from widgets.lines import Lines
from widgets.paint import Cell, fit, width_of
from widgets.panel import View

LEGS_SHOWN = 4
ALARMS_SHOWN = 3
ENDED_SHOWN_NS = 120 * 1_000_000_000
"""How long the end of a flatten stays in sight."""

FLATTEN_WORDS = {
    "working": (" FLATTENING ", "badge-warn"),
    "flat": (" FLAT ", "badge-paper"),
    "done": (" REDUCED ", "badge-paper"),
    "blocked": (" FLATTEN BLOCKED ", "badge-crit"),
    "cancelled": (" FLATTEN CANCELLED ", "badge-warn"),
}
"""Word of each state. `flat` stands only where every venue has said so."""


def at_work(row: FlattenRow) -> bool:
    return row.state in ("working", "blocked")


class Strips(Lines):
    """Takes as many lines as it needs, none where all is quiet."""

    def __init__(self) -> None:
        super().__init__(id="strips")

    def update_from(self, view: View) -> None:
        lines: list[Cell] = []
        for row in sorted(view.store.flattens.values(), key=lambda r: r.ts):
            if at_work(row) or view.now_ns - row.ts < ENDED_SHOWN_NS:
                lines += self._flatten(row)
        alarms = sorted(view.store.alarms.values(), key=lambda r: r.ts, reverse=True)
        lines += [self._alarm(row, first=not index) for index, row in enumerate(alarms[:ALARMS_SHOWN])]
        if len(alarms) > ALARMS_SHOWN:
            lines.append(((f"   and {len(alarms) - ALARMS_SHOWN} more alarms", "warn"),))
        self.show(lines)

    def _flatten(self, row: FlattenRow) -> list[Cell]:
        word, ink = FLATTEN_WORDS.get(row.state, (f" {row.kind.upper()} {row.state.upper()} ", "badge-crit"))
        if row.kind == "reduce" and row.state == "working":
            word = " REDUCING "
        where = ", ".join(row.accounts) or "all accounts"
        head: Cell = ((" ", "text"), (word, ink), (f" {row.text or where}", "bright"))
        if at_work(row):
            head = self._with(head, "  C calls it off")
        legs: list[Cell] = [((f"   ▸ {leg}", "warn"),) for leg in row.legs[:LEGS_SHOWN]]
        if len(row.legs) > LEGS_SHOWN:
            legs.append(((f"   ▸ and {len(row.legs) - LEGS_SHOWN} more legs", "warn"),))
        return [head, *legs]

    def _alarm(self, row: AlarmRow, *, first: bool) -> Cell:
        critical = row.level == "critical"
        times = f" ×{row.count}" if row.count > 1 else ""
        line: Cell = (
            (" ", "text"),
            (" ▲ CRITICAL " if critical else " ▲ WARNING ", "badge-crit" if critical else "badge-warn"),
            (f" {row.text}{times}", "crit" if critical else "warn"),
        )
        return self._with(line, f"  {fmt.utc(row.ts)}", "  a acknowledges" if first else "")

    def _with(self, line: Cell, *extras: str) -> Cell:
        """A line cut to the window, with what else there is room for."""
        width = self.size.width or self.app.size.width
        for extra in extras:
            if width_of(line) + len(extra) <= width:
                line = (*line, (extra, "dim"))
        return fit(line, width)
