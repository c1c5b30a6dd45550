"""The loops: state, progress, size, exposure, wear and hedge latency, with what is staged or pending."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from cockpit.link.rows import LoopRow
from widgets import format as fmt
from widgets.columns import Column, Row
from widgets.desk_words import said
from widgets.i18n import N_, _
from widgets.modes import mode_ink, mode_name
from widgets.paint import Cell, Span, cell
from widgets.panel import Panel, View
from widgets.words import word

STATES = {
    "running": ("●", "up"),
    "starting": ("○", "accent"),
    "paused": ("‖", "warn"),
    "stopping": ("▼", "warn"),
    "flattening": ("▼", "warn"),
    "halted": ("▲", "crit"),
    "done": ("■", "accent"),
    "stopped": ("■", "dim"),
}
"""Sign and ink of a loop's state; the word always stands beside them."""


NARROW = 70
"""Columns below which a loop's note is kept short."""
PHASE, CYCLES = 4, 5
"""Indexes of columns that the note stands in for where they had to go."""


def param_spans(row: LoopRow, name: str, now: str, staged: Mapping[str, str], ink: str = "text") -> Cell:
    """A parameter's value, and where it goes: staged by the operator, or acknowledged and waiting."""
    if name in staged:
        return ((f"{now} → ", "dim"), (staged[name], "staged"))
    if name in row.pending:
        return ((f"{now} → ", "dim"), (row.pending[name], "warn"))
    return cell(now, ink)


def pair_text(row: LoopRow) -> str:
    """`lighter-1 ⇄ extended-1 BTC`: where there is no room for the markets' own names."""
    return f"{' ⇄ '.join(account for _leg, account, _symbol in row.legs)} {row.base}"


def legs_text(row: LoopRow) -> str:
    """`lighter-1 BTC ⇄ extended-1 BTC-USD`; any number of legs."""
    return " ⇄ ".join(f"{account} {symbol}" for _leg, account, symbol in row.legs)


class LoopsPanel(Panel):
    TABLES: ClassVar[frozenset[str]] = frozenset({"loops", "staged"})

    def __init__(self) -> None:
        super().__init__(
            (
                Column(N_("loop"), 7, left=True),
                Column(N_("mode"), 5, left=True, keep=1),
                Column(N_("strategy"), 8, keep=9, left=True),
                Column(N_("state"), 10, left=True),
                Column(N_("phase"), 8, keep=6, left=True),
                Column(N_("cycles"), 6, keep=2),
                Column(N_("size"), 6),
                Column(N_("net"), 8),
                Column(N_("±tol"), 6, keep=3),
                Column(N_("owed"), 5),
                Column(N_("wear bps"), 6),
                Column("USD", 7, keep=4),
                Column(N_("volume"), 7, keep=5),
                Column(N_("hedges"), 6, keep=8),
                Column("p50/p99 ms", 9, keep=2),
            ),
            title="[b]1[/b] " + N_("Loops"),
            empty=(N_("No loop runs."), N_("n opens the launch form; the demo needs no more than n, tab, enter.")),
            mark=True,
            fold_notes=True,
            id="loops",
        )

    def build(self, view: View) -> list[Row]:
        return [self._row(row, view.staged.get(row.id, {})) for row in view.store.loops.values()]

    def _row(self, row: LoopRow, staged: Mapping[str, str]) -> Row:
        sign, ink = STATES.get(row.state, ("?", "warn"))
        size = row.params.get("size", fmt.NONE)
        beyond = abs(row.exposure_base) > row.tolerance_base
        cells = (
            cell(row.id, "bright"),
            cell(mode_name(row.mode), mode_ink(row.mode)),
            cell(row.strategy, "dim"),
            cell(f"{sign} {word('loop', row.state)}", ink),
            cell(word("phase", row.phase)),
            self._cycles(row, staged),
            param_spans(row, "size", size, staged, "bright"),
            cell(("!" if beyond else "") + fmt.qty(row.exposure_base, signed=True), "warn" if beyond else "text"),
            cell(fmt.qty(row.tolerance_base), "dim"),
            cell(fmt.qty(row.owed_base, signed=True), "warn" if row.owed_base else "dim"),
            cell(fmt.bps(row.wear_bps), fmt.cost_tone(row.wear_bps)),
            cell(fmt.usd(row.wear_usd, signed=True), fmt.cost_tone(row.wear_usd)),
            cell(fmt.compact(row.volume_usd)),
            cell(str(row.hedges), "dim"),
            self._latency(row),
        )
        return Row(row.id, cells, note=self._note(row, staged))

    def _cycles(self, row: LoopRow, staged: Mapping[str, str]) -> Cell:
        total = param_spans(row, "iterations", str(row.iterations) if row.iterations else "∞", staged)
        return ((f"{row.iterations_done}/", "text"), *total)

    def _latency(self, row: LoopRow) -> Cell:
        if row.hedge_ms_p50 is None:
            return cell(fmt.NONE, "dim")
        return ((fmt.millis(row.hedge_ms_p50), "text"), ("/" + fmt.millis(row.hedge_ms_p99), "dim"))

    def _note(self, row: LoopRow, staged: Mapping[str, str]) -> Cell:
        spans: list[Span] = []
        if staged:
            changes = ", ".join(f"{name} {row.params.get(name, '?')} → {value}" for name, value in staged.items())
            staged_text = _("staged {changes}").format(changes=changes)
            spans += [(f"{staged_text} ", "staged"), (f"{_('enter sends, esc drops')} · ", "dim")]
        if row.pending:
            changes = ", ".join(f"{name} → {value}" for name, value in row.pending.items())
            spans += [(f"{_('{changes} at the next safe point').format(changes=changes)} · ", "warn")]
        if self.column_width(CYCLES, 0) == 0:
            spans += [*self._cycles(row, staged), (" · ", "dim")]
        narrow = self.size.width < NARROW
        spans.append((pair_text(row) if narrow else legs_text(row), "dim"))
        phase_hidden = self.column_width(PHASE, 0) == 0 and row.phase not in row.detail
        phase = word("phase", row.phase) if phase_hidden and not (narrow and row.detail) else ""
        words = ": ".join(filter(None, (phase, said(row.detail))))
        if words:
            spans += [(" · ", "dim"), (words, "crit" if row.state == "halted" else "text")]
        if row.pace:
            spans += [(" · ", "dim"), (said(row.pace), "accent")]
        return tuple(spans)
