"""What was owed in a loop and when it was covered; what was changed in it, by whom."""

from __future__ import annotations

from typing import ClassVar

from cockpit.link.answers import ChangeLine, LoopSheet, ObligationLine
from widgets import format as fmt
from widgets.columns import Column, Row
from widgets.desk_words import said
from widgets.drawing import About, Told
from widgets.i18n import N_, _
from widgets.paint import Cell, Span, cell
from widgets.panel import View

NS_PER_MS = 1_000_000


class ObligationsPanel(About):
    TABLES: ClassVar[frozenset[str]] = frozenset({"loops", "second"})
    SPILLS: ClassVar[bool] = True

    def __init__(self, told: Told[LoopSheet]) -> None:
        super().__init__(
            (
                Column("UTC", 8, left=True),
                Column(N_("number"), 5),
                Column(N_("owed"), 8),
                Column(N_("covered after"), 9),
            ),
            title="[b]6[/b] " + N_("Obligations"),
            empty=(
                N_("Nothing was owed yet."),
                N_("Each fill that is to be hedged stands here, and when it was covered."),
            ),
            id="obligations",
        )
        self.told = told

    def build(self, view: View) -> list[Row]:
        sheet = self.told.value
        rows = [self._row(line, view.now_ns) for line in sheet.obligations] if sheet is not None else []
        note = self.told.note(view.now_ns)
        return [Row("#note", line=note), *rows] if note else rows

    def _row(self, line: ObligationLine, now_ns: int) -> Row:
        if line.covered_ts:
            took = cell(f"{fmt.millis((line.covered_ts - line.ts) / NS_PER_MS)} ms")
        else:
            since = _("open for {age}").format(age=fmt.span((now_ns - line.ts) / 1_000_000_000))
            took = cell(f"▲ {since}", "warn")
        return Row(
            f"{line.number}-{line.ts}",
            (
                cell(fmt.utc(line.ts), "dim"),
                cell(str(line.number), "dim"),
                cell(fmt.qty(line.base, signed=True), "up" if line.base > 0 else "down"),
                took,
            ),
        )


class ChangesPanel(About):
    TABLES: ClassVar[frozenset[str]] = frozenset({"loops", "second"})
    SPILLS: ClassVar[bool] = True

    def __init__(self, told: Told[LoopSheet]) -> None:
        super().__init__(
            (
                Column("UTC", 8, left=True),
                Column(N_("what"), 18, left=True, flex=True),
                Column(N_("who"), 8, left=True),
            ),
            title="[b]7[/b] " + N_("Changes"),
            empty=(N_("Nothing was changed yet."), N_("Who changed what stands here; @ shows it of all loops.")),
            id="changes",
        )
        self.told = told

    def build(self, view: View) -> list[Row]:
        sheet = self.told.value
        lines = sheet.changes if sheet is not None else ()
        rows = [self._row(f"{len(lines) - index}", line) for index, line in enumerate(lines)]
        note = self.told.note(view.now_ns)
        return [Row("#note", line=note), *rows] if note else rows

    def _row(self, key: str, line: ChangeLine) -> Row:
        return Row(key, (cell(fmt.utc(line.ts), "dim"), _what(line), cell(line.origin, "dim")))


def _what(line: ChangeLine) -> Cell:
    """The change, and why it was refused where it was."""
    spans: list[Span] = []
    if line.changes:
        for name, (old, new) in line.changes.items():
            spans += [(f"{', ' if spans else ''}{name} {old or fmt.NONE} → ", "dim"), (new, "bright")]
    else:
        spans.append((said(line.text), "text"))
    if line.answer:
        spans.append((f"  ✗ {said(line.answer)}", "warn"))
    return tuple(spans)
