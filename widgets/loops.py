"""The loops: state, progress, size, exposure, wear and hedge latency, with what is staged or pending."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

from cockpit.link.rows import LoopRow
from widgets import format as fmt
from widgets.columns import Column, Row
from widgets.modes import mode_ink
from widgets.paint import Cell, Span, cell
from widgets.panel import Panel, View

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


PHASE = 4
"""Index of the phase's column; the note names the phase where the column had to go."""


def param_spans(row: LoopRow, name: str, now: str, staged: Mapping[str, str], ink: str = "text") -> Cell:
    """A parameter's value, and where it goes: staged by the operator, or acknowledged and waiting."""
    if name in staged:
        return ((f"{now} → ", "dim"), (staged[name], "staged"))
    if name in row.pending:
        return ((f"{now} → ", "dim"), (row.pending[name], "warn"))
    return cell(now, ink)


def legs_text(row: LoopRow) -> str:
    """`lighter-1 BTC ⇄ extended-1 BTC-USD`; any number of legs."""
    return " ⇄ ".join(f"{account} {symbol}" for _leg, account, symbol in row.legs)


class LoopsPanel(Panel):
    TABLES: ClassVar[frozenset[str]] = frozenset({"loops", "staged"})

    def __init__(self) -> None:
        super().__init__(
            (
                Column("loop", 7, left=True),
                Column("mode", 5, left=True),
                Column("strategy", 8, keep=9, left=True),
                Column("state", 10, left=True),
                Column("phase", 8, keep=6, left=True),
                Column("cycles", 6),
                Column("size", 6),
                Column("net", 8),
                Column("±tol", 6),
                Column("owed", 5),
                Column("wear bps", 7),
                Column("USD", 7, keep=4),
                Column("volume", 7, keep=5),
                Column("hedges", 6, keep=8),
                Column("p50/p99 ms", 9, keep=2),
            ),
            title="[b]1[/b] Loops",
            empty=("No loop runs.", "n opens the launch form; the demo needs no more than n, tab, enter."),
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
            cell(row.mode.upper(), mode_ink(row.mode)),
            cell(row.strategy, "dim"),
            cell(f"{sign} {row.state}", ink),
            cell(row.phase),
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
            spans += [(f"staged {changes} ", "staged"), ("enter sends, esc drops · ", "dim")]
        if row.pending:
            changes = ", ".join(f"{name} → {value}" for name, value in row.pending.items())
            spans += [(f"{changes} at the next safe point · ", "warn")]
        spans.append((legs_text(row), "dim"))
        phase_hidden = self.column_width(PHASE, 0) == 0 and row.phase not in row.detail
        words = ": ".join(filter(None, (row.phase if phase_hidden else "", row.detail)))
        if words:
            spans += [(" · ", "dim"), (words, "crit" if row.state == "halted" else "text")]
        if row.pace:
            spans += [(" · ", "dim"), (row.pace, "accent")]
        return tuple(spans)


def step_size(row: LoopRow, staged: Mapping[str, str], name: str, step: str, steps: int) -> str | None:
    """The value of a staged parameter `steps` further; None where it would not stay above zero.

    Without a step of the parameter's own, a tenth of its leading digit's unit is one: 7 moves by 0.1, 0.05 by 0.001.
    Endless cycles (0) are counted on from those that are done."""
    now = Decimal(staged.get(name, row.pending.get(name, row.params.get(name, "0"))))
    if name == "iterations" and not now:
        now = Decimal(row.iterations_done)
    by = Decimal(step) if step else Decimal(1).scaleb(now.adjusted() - 1)
    changed = now + by * steps
    return f"{changed.normalize():f}" if changed > 0 else None
