"""The cycle of a loop as a state diagram: the station it is at lights up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len

from cockpit.link.rows import LoopRow
from widgets import format as fmt
from widgets.desk_words import said
from widgets.drawing import NS, Drawing, flow
from widgets.i18n import N_, _
from widgets.loops import STATES, legs_text
from widgets.modes import mode_ink, mode_name
from widgets.paint import Cell, Span, width_of
from widgets.panel import View
from widgets.words import word

KNOWN = ("opening", "hedging", "holding", "closing", "hedging", "waiting")
"""Stations of a cycle in their order, as far as phases are known; hedging stands behind whatever trades."""
SECOND_HEDGE = 4
RESTING = ("waiting", "sleeping")
"""Phases that share the last station; it is named as the loop names it."""
THIN, HEAVY = "╭─╮│╰╯", "┏━┓┃┗┛"


@dataclass(frozen=True, slots=True)
class Station:
    label: str
    lit: bool = False
    ink: str = "accent"
    """Of the one that is lit: the loop's state."""

    @property
    def width(self) -> int:
        """Columns of its box: border, sign and blank on both sides."""
        return cell_len(self.label) + 4


def hedges_now(row: LoopRow) -> bool:
    """Whether more is owed than may be carried as dust."""
    return abs(row.owed_base) > row.tolerance_base


def stations(row: LoopRow, seen: Sequence[str]) -> list[Station]:
    """The diagram's stations for a loop; `seen` are the phases that it was seen in, oldest first.

    The known cycle where one of its phases was seen or none yet; phases that are not known stand behind it, and alone
    where nothing else was seen: any strategy has a diagram, made of what it says of itself."""
    strange = [name for name in dict.fromkeys(seen) if name and name not in (*KNOWN, *RESTING)]
    known = not strange or any(name in (*KNOWN, *RESTING) for name in seen)
    names = [*(KNOWN if known else ()), *strange]
    if known and row.phase in RESTING:
        names[len(KNOWN) - 1] = row.phase
    ended = row.state in ("done", "stopped")
    ink = STATES.get(row.state, ("?", "warn"))[1]
    if ended:
        at = -1
    elif known and hedges_now(row):
        at = SECOND_HEDGE if row.phase == "closing" else 1
    else:
        at = names.index(row.phase) if row.phase in names else -1
    return [Station(word("phase", name), index == at, ink) for index, name in enumerate(names)]


def _box(station: Station, width: int) -> list[Cell]:
    """Three lines of a box."""
    corner = HEAVY if station.lit else THIN
    ink = station.ink if station.lit else "rule"
    sign = "●" if station.lit else " "
    blank = " " * (width - station.width)
    return [
        ((corner[0] + corner[1] * (width - 2) + corner[2], ink),),
        (
            (corner[3], ink),
            (sign, ink),
            (station.label, "bright" if station.lit else "dim"),
            (f" {blank}", "text"),
            (corner[3], ink),
        ),
        ((corner[4] + corner[1] * (width - 2) + corner[5], ink),),
    ]


def _beside(boxes: Sequence[list[Cell]], arrow: str) -> list[list[Span]]:
    """Boxes side by side with an arrow between their middles."""
    lines: list[list[Span]] = [[], [], []]
    for index, box in enumerate(boxes):
        for y, part in enumerate(box):
            if index:
                lines[y].append((arrow if y == 1 else " " * len(arrow), "dim"))
            lines[y] += part
    return lines


def as_row(stops: Sequence[Station], again: str) -> list[Cell]:
    """All in one row, and the way back to the first below: four lines."""
    lines = _beside([_box(stop, stop.width) for stop in stops], "─▸")
    first, last = stops[0].width // 2, stops[-1].width // 2
    whole = sum(stop.width for stop in stops) + 2 * (len(stops) - 1)
    room = whole - first - (stops[-1].width - last) - 1 - cell_len(again) - 4
    if len(stops) > 1 and room >= 2:
        left = room // 2
        back = f"{' ' * first}╰{'─' * left}◂ {again} ◂{'─' * (room - left)}╯"
        lines.append([(back, "dim")])
    return [tuple(line) for line in lines]


def as_ring(stops: Sequence[Station]) -> list[Cell]:
    """Two rows, the lower one from right to left: seven lines."""
    width = max(stop.width for stop in stops)
    half = (len(stops) + 1) // 2
    upper, lower = stops[:half], stops[half:]
    lines = _beside([_box(stop, width) for stop in upper], "─▸")
    indent = (half - len(lower)) * (width + 2)
    back, down = indent + width // 2, (half - 1) * (width + 2) + width // 2
    middle = [" "] * (down + 1)
    middle[back], middle[down] = "▴", "▾"
    lines.append([("".join(middle), "dim")])
    for line in _beside([_box(stop, width) for stop in reversed(lower)], "◂─"):
        lines.append([(" " * indent, "text"), *line])
    return [tuple(line) for line in lines]


def as_chain(stops: Sequence[Station], width: int) -> list[Cell]:
    """Words and arrows alone, on as many lines as it takes."""
    parts: list[Cell] = []
    for index, stop in enumerate(stops):
        arrow = "→" if index + 1 < len(stops) else "↺"
        name: Cell = ((f"[● {stop.label}]", stop.ink),) if stop.lit else ((stop.label, "dim"),)
        parts.append((*name, (f" {arrow}", "dim")))
    return flow(parts, width, gap=" ")


def diagram(stops: Sequence[Station], width: int, height: int, again: str) -> list[Cell]:
    """The shape that a window of `width` × `height` has room for."""
    if not stops:
        return []
    whole = sum(stop.width for stop in stops) + 2 * (len(stops) - 1)
    if whole <= width and height >= 4:
        return as_row(stops, again)
    half = (len(stops) + 1) // 2
    if len(stops) > 2 and max(stop.width for stop in stops) * half + 2 * (half - 1) <= width and height >= 7:
        return as_ring(stops)
    return as_chain(stops, width)


class CyclePanel(Drawing):
    TABLES: ClassVar[frozenset[str]] = frozenset({"loops", "second"})

    def __init__(self) -> None:
        super().__init__(
            title="[b]1[/b] " + N_("Cycle"),
            empty=(N_("No such loop."), N_("[ and ] go to the loops there are; n on the overview launches one.")),
            id="cycle",
        )
        self._seen: dict[str, list[str]] = {}

    def headline(self, view: View) -> Cell:
        row = view.store.loops.get(self.subject)
        if row is None:
            return ()
        sign, ink = STATES.get(row.state, ("?", "warn"))
        total = str(row.iterations) if row.iterations else "∞"
        spans: list[Span] = [
            (f"{sign} {word('loop', row.state)}", ink),
            (f"  {mode_name(row.mode)}", mode_ink(row.mode)),
            (f"  {row.id}", "bright"),
            (f" {row.strategy}", "dim"),
            ("  " + _("cycle {done}/{total}").format(done=row.iterations_done, total=total), "text"),
        ]
        doing = self._doing(row)
        fits = width_of((*spans, *doing)) + 2 <= self.size.width - 2
        return (*spans, ("  ", "dim"), *doing) if doing and fits else tuple(spans)

    def _doing(self, row: LoopRow) -> Cell:
        """Phase and detail in words."""
        words = ": ".join(filter(None, (word("phase", row.phase), said(row.detail))))
        return ((words, "crit" if row.state == "halted" else "text"),) if words else ()

    def draw(self, view: View, width: int, height: int) -> list[Cell]:
        row = view.store.loops.get(self.subject)
        if row is None:
            return []
        seen = self._seen.setdefault(row.id, [])
        if row.phase and row.phase not in seen:
            seen.append(row.phase)
        following = row.iterations_done + 2
        again = _("cycle {number} follows").format(number=following)
        if row.iterations and following > row.iterations:
            again = _("the last cycle")
        shape = diagram(stations(row, seen), width, height - 1, again)
        facts = self._facts(row, view)
        doing = self._doing(row)
        if doing and doing[0] not in self.headline(view):
            # what is owed goes before what is said of it, where only one of them finds room
            facts.insert(3 if hedges_now(row) else 0, doing)
        return [*shape, *flow(facts, width, gap=" · ")]

    def _facts(self, row: LoopRow, view: View) -> list[Cell]:
        beyond = abs(row.exposure_base) > row.tolerance_base
        net = ("!" if beyond else "") + fmt.qty(row.exposure_base, signed=True)
        facts: list[Cell] = [
            ((f"{_('net')} ", "dim"), (net, "warn" if beyond else "text"), (f" {row.base}", "dim")),
            ((f"{_('owed')} ", "dim"), (fmt.qty(row.owed_base, signed=True), "warn" if hedges_now(row) else "text")),
            (("± ", "dim"), (fmt.qty(row.tolerance_base), "dim")),
            ((legs_text(row), "text"),),
        ]
        if row.started_ts:
            age = fmt.span((view.now_ns - row.started_ts) / NS)
            facts.append(((_("since {time}, {age}").format(time=fmt.utc(row.started_ts), age=age), "dim"),))
        if row.pace:
            facts.append(((said(row.pace), "accent"),))
        if row.pending:
            changes = ", ".join(f"{name} → {value}" for name, value in row.pending.items())
            facts.insert(0, ((_("{changes} at the next safe point").format(changes=changes), "warn"),))
        return facts
