"""What may never be hidden: a flatten at work, and alarms, those first that nobody has acknowledged."""

from __future__ import annotations

from rich.cells import cell_len

from cockpit.link.rows import AlarmRow, FlattenRow, by_urgency
from widgets import format as fmt
from widgets.desk_words import said
from widgets.i18n import N_, _, plural, within
from widgets.lines import Lines
from widgets.paint import Cell, fit, width_of
from widgets.panel import View
from widgets.prose import wrapped

SHOWN = ((4, 3), (2, 2), (1, 2), (0, 1))
"""Legs of a flatten and alarms that are shown, the most for which the window has room."""
SHARE, SHARE_BESIDE_DIALOG = 3, 5
"""Of the window one part in so many is for strips; less where a dialog needs the room."""
INDENT = 3
"""Blanks before the second line of what needs two."""
ENDED_SHOWN_NS = 120 * 1_000_000_000
"""How long the end of a flatten stays in sight."""

FLATTEN_WORDS = {
    "working": (N_("FLATTENING"), "badge-warn"),
    "flat": (N_("FLAT"), "badge-paper"),
    "done": (N_("REDUCED"), "badge-paper"),
    "blocked": (N_("FLATTEN BLOCKED"), "badge-crit"),
    "cancelled": (N_("FLATTEN CANCELLED"), "badge-warn"),
}
"""Word of each state. `flat` stands only where every venue has said so."""


ALARM_WORDS = {
    "warning": ("△", N_("WARNING"), "badge-warn", "warn"),
    "critical": ("▲", N_("CRITICAL"), "badge-crit", "crit"),
    "escalated": ("▲▲", N_("ESCALATED"), "badge-crit", "crit"),
}
"""Sign and word of each level, with their ink and that of the text."""


def at_work(row: FlattenRow) -> bool:
    return row.state in ("working", "blocked")


class Strips(Lines):
    """Takes as many lines as it needs, none where all is quiet."""

    def __init__(self) -> None:
        super().__init__(id="strips")

    def update_from(self, view: View) -> None:
        room = self.app.size.height // (SHARE_BESIDE_DIALOG if self.screen.is_modal else SHARE)
        for legs, alarms in SHOWN:
            lines = self._lines_of(view, legs, alarms)
            if len(lines) <= room:
                break
        self.show(lines)

    def _lines_of(self, view: View, legs_shown: int, alarms_shown: int) -> list[Cell]:
        lines: list[Cell] = []
        for row in sorted(view.store.flattens.values(), key=lambda r: r.ts):
            if at_work(row) or view.now_ns - row.ts < ENDED_SHOWN_NS:
                lines += self._flatten(row, legs_shown)
        alarms = by_urgency(view.store.alarms.values())
        for index, alarm in enumerate(alarms[:alarms_shown]):
            lines += self._alarm(alarm, view.now_ns, first=not index)
        rest = alarms[alarms_shown:]
        if rest:
            waiting = any(not row.acked_ts for row in rest)
            text = plural(
                "and {count} more alarm; ! lists them",
                "and {count} more alarms; ! lists them",
                len(rest),
            ).format(count=len(rest))
            lines.append(((f"   {text}", "warn" if waiting else "dim"),))
        return lines

    def _flatten(self, row: FlattenRow, shown: int) -> list[Cell]:
        name, ink = FLATTEN_WORDS.get(row.state, ("", "badge-crit"))
        if row.kind == "reduce" and row.state == "working":
            name = N_("REDUCING")
        word = _(name) or f"{within('flatten', row.kind)} {within('flatten', row.state)}".upper()
        where = ", ".join(row.accounts) or _("all accounts")
        head = self._whole(
            ((" ", "text"), (f" {word} ", ink), (f" {said(row.text) or where}", "bright")),
            *(["  " + _("C calls it off")] if at_work(row) else []),
        )
        legs: list[Cell] = [((f"   ▸ {said(leg)}", "warn"),) for leg in row.legs[:shown]]
        if len(row.legs) > shown:
            more = len(row.legs) - shown
            text = plural("and {count} more leg", "and {count} more legs", more).format(count=more)
            legs.append(((f"   ▸ {text}", "warn"),))
        return [*head, *legs]

    def _alarm(self, row: AlarmRow, now_ns: int, *, first: bool) -> list[Cell]:
        sign, name, badge, ink = ALARM_WORDS.get(row.shown_level, ("▲", row.level.upper(), "badge-crit", "crit"))
        word = f" {sign} {_(name)} "
        text = f" {said(row.text)}" + (f" ×{row.count}" if row.count > 1 else "")
        ago = _("{span} ago").format(span=fmt.span((now_ns - row.since) / 1_000_000_000))
        age = f"  {fmt.utc(row.since)}, {ago}"
        if row.acked_ts:
            line: Cell = ((f"  ✓ {within('alarm', row.shown_level)} {text}", "dim"),)
            return [self._with(line, "  " + _("acknowledged by {who}").format(who=row.acked_by), age)]
        line = ((" ", "text"), (word, badge), (text, ink))
        extras = ("  " + _("a acknowledges") if first else "", age, f"  {said(row.action)}" if row.action else "")
        return self._whole(line, *extras) if first else [self._with(line, *extras)]

    def _whole(self, line: Cell, *extras: str) -> list[Cell]:
        """What must be read whole: two lines of it where the window is too narrow for one."""
        width = self.size.width or self.app.size.width
        first, *rest = wrapped(line, width, INDENT)
        if not rest:
            return [self._with(line, *extras)]
        second = rest[0] if len(rest) == 1 else fit(tuple(span for part in rest for span in part), width)
        return [first, self._with(second, *extras)]

    def _with(self, line: Cell, *extras: str) -> Cell:
        """A line cut to the window, with what else there is room for."""
        width = self.size.width or self.app.size.width
        for extra in extras:
            if width_of(line) + cell_len(extra) <= width:
                line = (*line, (extra, "dim"))
        return fit(line, width)
