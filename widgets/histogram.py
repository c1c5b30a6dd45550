"""How long hedges took: bars of a histogram, and the figures that one quotes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len

from cockpit.link.answers import NO_BOUND, Bucket, LoopSheet
from widgets import format as fmt
from widgets.bars import bar
from widgets.drawing import Drawing, Told
from widgets.i18n import N_, _
from widgets.paint import Cell
from widgets.panel import View


def labels(buckets: Sequence[Bucket]) -> list[str]:
    """`≤ 5` of each bucket; the last one, which has no end, is named after the one before it."""
    out: list[str] = []
    before = 0.0
    for bucket in buckets:
        endless = bucket.up_to >= NO_BOUND
        out.append(f"> {before:,.0f}" if endless else f"≤ {bucket.up_to:,.0f}")
        before = bucket.up_to
    return out


def histogram(buckets: Sequence[Bucket], width: int) -> list[Cell]:
    """One line a bucket, from the first that holds something to the last: bound in ms, bar, count, share."""
    total = sum(bucket.count for bucket in buckets)
    if not total:
        return []
    full = [index for index, bucket in enumerate(buckets) if bucket.count]
    names = labels(buckets)
    shown = range(full[0], full[-1] + 1)
    name_width = max(cell_len(names[i]) for i in shown)
    count_width = max(len(f"{buckets[i].count:,}") for i in shown)
    room = max(1, width - name_width - count_width - 13)
    most = max(bucket.count for bucket in buckets)
    lines: list[Cell] = []
    for i in shown:
        count = buckets[i].count
        lines.append(
            (
                (f"{names[i]:>{name_width}} ms ", "dim"),
                (bar(count, most, room), "spark"),
                (f" {count:>{count_width},}", "text"),
                (f" {count / total * 100:>5.1f}%", "dim"),
            )
        )
    return lines


class HistogramPanel(Drawing):
    TABLES: ClassVar[frozenset[str]] = frozenset({"loops", "second"})

    def __init__(self, told: Told[LoopSheet]) -> None:
        super().__init__(
            title="[b]4[/b] " + N_("Fill to hedge"),
            empty=(N_("No hedge yet."), N_("How long each one took shows here, from its fill on.")),
            id="latency",
        )
        self.told = told

    def headline(self, view: View) -> Cell:
        row = view.store.loops.get(self.subject)
        if row is None:
            return ()
        sheet = self.told.value
        spans: Cell = (
            ("p50 ", "dim"),
            (fmt.millis(row.hedge_ms_p50), "bright"),
            ("  p99 ", "dim"),
            (fmt.millis(row.hedge_ms_p99), "bright"),
            (" ms  ", "dim"),
            (f"×{row.hedges:,}", "text"),
        )
        if sheet is not None and sheet.max_naked_ms:
            naked = _("naked ≤ {ms} ms").format(ms=fmt.millis(sheet.max_naked_ms))
            spans = (*spans, (f"  {naked}", "dim"))
        return spans

    def draw(self, view: View, width: int, height: int) -> list[Cell]:
        row = view.store.loops.get(self.subject)
        if row is None or (not row.hedges and not self.told.error):
            return []
        note = self.told.note(view.now_ns)
        lines = histogram(self.told.value.hedge_ms, width) if self.told.value is not None else []
        return [*lines, note] if note or not lines else lines
