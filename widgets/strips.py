"""What may never be hidden: a flatten at work, and alarms, those first that nobody has acknowledged."""

from __future__ import annotations

from cockpit.link.rows import AlarmRow, FlattenRow, by_urgency
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


ALARM_WORDS = {
    "warning": (" △ WARNING ", "badge-warn", "warn"),
    "critical": (" ▲ CRITICAL ", "badge-crit", "crit"),
    "escalated": (" ▲▲ ESCALATED ", "badge-crit", "crit"),
}
"""Sign and word of each level, with their ink and that of the text."""


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
        alarms = by_urgency(view.store.alarms.values())
        lines += [self._alarm(row, view.now_ns, first=not index) for index, row in enumerate(alarms[:ALARMS_SHOWN])]
        rest = alarms[ALARMS_SHOWN:]
        if rest:
            waiting = any(not row.acked_ts for row in rest)
            text = f"   and {len(rest)} more alarm{'s' if len(rest) > 1 else ''}; `cockpit alarms` lists them"
            lines.append(((text, "warn" if waiting else "dim"),))
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

    def _alarm(self, row: AlarmRow, now_ns: int, *, first: bool) -> Cell:
        word, badge, ink = ALARM_WORDS.get(row.shown_level, (f" ▲ {row.level.upper()} ", "badge-crit", "crit"))
        text = f" {row.text}" + (f" ×{row.count}" if row.count > 1 else "")
        age = f"  {fmt.utc(row.since)}, {fmt.span((now_ns - row.since) / 1_000_000_000)} ago"
        if row.acked_ts:
            line: Cell = ((f"  ✓ {row.shown_level} {text}", "dim"),)
            return self._with(line, f"  acknowledged by {row.acked_by}", age)
        line = ((" ", "text"), (word, badge), (text, ink))
        return self._with(line, "  a acknowledges" if first else "", age, f"  {row.action}" if row.action else "")

    def _with(self, line: Cell, *extras: str) -> Cell:
        """A line cut to the window, with what else there is room for."""
        width = self.size.width or self.app.size.width
        for extra in extras:
            if width_of(line) + len(extra) <= width:
                line = (*line, (extra, "dim"))
        return fit(line, width)
