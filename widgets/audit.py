"""Who changed what, when: every command of every operator, with old and new values and the desk's answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from cockpit.link.answers import ChangeLine
from widgets import format as fmt
from widgets import times
from widgets.alarms import who
from widgets.columns import Column, Row
from widgets.desk_words import said
from widgets.i18n import N_, _
from widgets.paint import Cell, Span, cell
from widgets.panel import Panel, View

LINES_KEPT = 3_000
"""Lines kept here; the desk's journal has all of them."""

Key = tuple[int, str, str, str]


def key_of(line: ChangeLine) -> Key:
    """What tells two lines apart."""
    return line.ts, line.origin, line.loop, line.text


def change_spans(line: ChangeLine) -> Cell:
    """What was asked for; old and new value of each parameter where some were changed."""
    if not line.changes:
        return cell(said(line.text))
    spans: list[Span] = []
    for name, (old, new) in line.changes.items():
        spans += [("  " if spans else "", "dim"), (f"{name} ", "text"), (f"{old or fmt.NONE} → ", "dim")]
        spans.append((new or fmt.NONE, "bright"))
    return tuple(spans)


class AuditPanel(Panel):
    TABLES: ClassVar[frozenset[str]] = frozenset()

    def __init__(self) -> None:
        super().__init__(
            (
                Column("UTC", 8),
                Column(N_("who"), 9, left=True),
                Column(N_("by"), 3, left=True, keep=3),
                Column(N_("loop"), 4, left=True, keep=2),
                Column(N_("what"), 20, left=True, flex=True),
                Column(N_("answer"), 8, left=True, keep=1),
            ),
            title=N_("Audit: who changed what"),
            empty=(N_("Nobody has changed anything yet."), N_("Every command of every operator shows here.")),
            id="audit",
        )
        self._told: dict[Key, ChangeLine] = {}
        self._keys: dict[str, ChangeLine] = {}

    @property
    def count(self) -> int:
        """Lines at hand."""
        return len(self._told)

    @property
    def full(self) -> bool:
        return len(self._told) >= LINES_KEPT

    @property
    def oldest_ts(self) -> int:
        """Stamp of the oldest line at hand, ns; 0 while there is none."""
        return min((line.ts for line in self._told.values()), default=0)

    def line(self, key: str) -> ChangeLine | None:
        """The line of a row."""
        return self._keys.get(key)

    def forget(self) -> None:
        self._told = {}
        self.rebuild()

    def tell(self, lines: Sequence[ChangeLine]) -> None:
        """Take lines in, wherever in time they belong."""
        found = self._told | {key_of(line): line for line in lines}
        newest = sorted(found.values(), key=lambda line: -line.ts)[:LINES_KEPT]
        self._told = {key_of(line): line for line in newest}
        self.rebuild()

    def build(self, view: View) -> list[Row]:
        rows = [self._row(line, view.now_ns) for line in self._told.values()]
        self._keys = dict(zip((row.key for row in rows), self._told.values(), strict=True))
        return rows

    def _row(self, line: ChangeLine, now_ns: int) -> Row:
        by = line.origin.partition(":")[0] if ":" in line.origin else fmt.NONE
        cells = (
            cell(times.stamp(line.ts, now_ns), "dim"),
            cell(who(line.origin), "accent"),
            cell(by, "dim"),
            cell(line.loop or fmt.NONE, "bright" if line.loop else "dim"),
            change_spans(line),
            cell("✗ " + _("refused"), "crit") if line.answer else cell("✓ " + _("taken"), "up"),
        )
        key = "\0".join(map(str, key_of(line)))
        return Row(key, cells, sort=(float(line.ts),), also=f"{line.text} {line.answer} {line.origin}")
