"""Parameters of a loop: as a list with bounds and words, and side by side as on a mixing desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Protocol

from cockpit.link.rows import LoopRow
from widgets import format as fmt
from widgets.columns import Column, Row
from widgets.desk_words import said
from widgets.drawing import About, flow
from widgets.effect import effect_of, effect_parts
from widgets.i18n import N_, _
from widgets.lines import Lines
from widgets.loops import param_spans
from widgets.paint import Cell, Span, cell, fit, width_of
from widgets.panel import View
from widgets.words import word

LEAST = 8
"""Columns of a parameter on the strip, at least."""


class Spec(Protocol):
    """What a panel wants to know of a parameter, as typed."""

    @property
    def name(self) -> str: ...
    @property
    def default(self) -> str | None: ...
    @property
    def doc(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def bounds(self) -> str: ...
    @property
    def step(self) -> str: ...
    @property
    def live(self) -> bool: ...
    @property
    def choices(self) -> tuple[str, ...]: ...


class ParamsPanel(About):
    """Every parameter; the cursor chooses the one that keys nudge."""

    TABLES: ClassVar[frozenset[str]] = frozenset({"loops", "staged"})
    SPILLS: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__(
            (
                Column(N_("parameter"), 13, left=True),
                Column(N_("value"), 9, left=True),
                Column(N_("unit"), 5, left=True),
                Column(N_("bounds"), 8, keep=2, left=True),
                Column(N_("step"), 4, keep=4),
                Column(N_("what it is"), 12, keep=5, left=True),
            ),
            title="[b]2[/b] " + N_("Parameters"),
            empty=(N_("No such loop."), N_("Its parameters would stand here, with value, unit and bounds.")),
            mark=True,
            id="params",
        )
        self.specs: tuple[Spec, ...] = ()
        self.problem = ""
        """Why the desk has not told what the parameters are."""

    @property
    def chosen(self) -> str:
        """Name of the parameter under the cursor; empty where there is none."""
        return self.selected

    def know(self, specs: Sequence[Spec], problem: str = "") -> None:
        """Take what the desk tells of the strategy's parameters."""
        self.specs = tuple(specs)
        self.problem = problem
        self.rebuild()

    def build(self, view: View) -> list[Row]:
        row = view.store.loops.get(self.subject)
        if row is None:
            return []
        staged = view.staged.get(row.id, {})
        if not self.specs:
            note = self.problem or _("asking the desk …")
            head = Row("#unknown", line=((note, "warn" if self.problem else "dim"),))
            return [head, *(self._plain(row, name, staged) for name in row.params)]
        live = [spec for spec in self.specs if spec.live]
        fixed = [spec for spec in self.specs if not spec.live]
        ended = row.state in ("done", "stopped")
        words = _("ended: nothing changes any more") if ended else _("change live: < > nudge, e types, enter sends")
        rows = [Row("#live", line=((words, "head"),)), *(self._row(row, spec, staged) for spec in live)]
        if fixed:
            rows.append(Row("#fixed", line=((_("fixed at launch"), "head"),)))
            rows += [self._row(row, spec, staged) for spec in fixed]
        return rows

    def _row(self, row: LoopRow, spec: Spec, staged: Mapping[str, str]) -> Row:
        now = row.params.get(spec.name, spec.default or "") or fmt.NONE
        bounds = spec.bounds or " ".join(choice or _("none") for choice in spec.choices) or fmt.NONE
        cells = (
            cell(f" {spec.name}", "bright" if spec.live else "dim"),
            param_spans(row, spec.name, now, staged, "bright" if spec.live else "text"),
            cell(word("unit", spec.unit) or fmt.NONE, "dim"),
            cell(bounds, "dim"),
            cell(spec.step or fmt.NONE, "dim"),
            cell(said(spec.doc), "dim"),
        )
        return Row(spec.name, cells)

    def _plain(self, row: LoopRow, name: str, staged: Mapping[str, str]) -> Row:
        """A parameter of which only the value is known."""
        value = param_spans(row, name, row.params.get(name, "") or fmt.NONE, staged)
        blank = cell(fmt.NONE, "dim")
        return Row(name, (cell(f" {name}"), value, blank, blank, blank, blank))


class EffectLines(Lines):
    """What is staged for a loop and what it would do; no line where nothing is staged."""

    def __init__(self, *, id: str = "effect") -> None:
        super().__init__(id=id)

    def update_from(self, view: View, loop: str, *, most: int) -> None:
        """At the most `most` lines; the figures that find no room are left out, the least important first."""
        row = view.store.loops.get(loop)
        staged = view.staged.get(loop, {})
        width = max(1, (self.size.width or self.app.size.width) - 2)
        if row is None or not staged:
            self.show(())
            return
        self.show([((" ", "text"), *line) for line in effect_lines(row, staged, view, width, most)])


def effect_lines(row: LoopRow, staged: Mapping[str, str], view: View, width: int, most: int) -> list[Cell]:
    """The change in one part, then its effect."""
    agreed = {**row.params, **row.pending}
    words: list[Span] = [(f"{row.id} ", "bright")]
    for index, (name, value) in enumerate(staged.items()):
        words += [(f"{', ' if index else ''}{name} {agreed.get(name) or fmt.NONE} → ", "dim"), (value, "staged")]
    parts: list[Cell] = [tuple(words), *effect_parts(effect_of(row, staged, view.store, view.now_ns))]
    return flow(parts, width, gap=" · ")[:most]


class MixStrip(Lines):
    """The live parameters of a loop side by side: a name over its value, one of them chosen."""

    def __init__(self, *, id: str = "mix") -> None:
        super().__init__(id=id)
        self.specs: tuple[Spec, ...] = ()
        self.problem = ""
        self.chosen = "size"

    @property
    def names(self) -> list[str]:
        return [spec.name for spec in self.specs if spec.live]

    def know(self, specs: Sequence[Spec], problem: str = "") -> None:
        """Take what the desk tells of the strategy's parameters."""
        self.specs, self.problem = tuple(specs), problem
        if self.names and self.chosen not in self.names:
            self.chosen = self.names[0]

    def choose(self, steps: int) -> None:
        """Another parameter; it goes round."""
        names = self.names
        if names:
            at = names.index(self.chosen) if self.chosen in names else 0
            self.chosen = names[(at + steps) % len(names)]

    def update_from(self, view: View, loop: str, *, low: bool) -> None:
        """One line in a low window, else three: names, values, and what the chosen one is."""
        width = self.size.width or self.app.size.width
        row = view.store.loops.get(loop)
        if row is None:
            self.show((((f" {_('no loop is selected; n launches one')}", "dim"),),))
        elif not self.names:
            self.show((((f" {self.problem or _('asking the desk …')}", "warn" if self.problem else "dim"),),))
        else:
            self.show(self._lines_of(row, view.staged.get(row.id, {}), width, low=low))

    def _lines_of(self, row: LoopRow, staged: Mapping[str, str], width: int, *, low: bool) -> list[Cell]:
        cells = [self._fader(row, spec, staged) for spec in self.specs if spec.live]
        at = self.names.index(self.chosen)
        title: Cell = ((f" {row.id} ", "bright"),)
        room = width - width_of(title) - 4
        if low:
            widths = [width_of(name) + 1 + width_of(value) for name, value in cells]
        else:
            widths = [max(LEAST, width_of(name), width_of(value)) for name, value in cells]
        first, last = _window(widths, at, room)
        more = ("‹ " if first else "  ", " ›" if last < len(cells) else "")
        if low:
            line: list[Span] = [*title, (more[0], "accent")]
            for index in range(first, last):
                name, value = cells[index]
                line += [*self._lit(name, index == at), (" ", "text"), *value, ("  ", "text")]
            return [fit((*line, (more[1], "accent")), width)]
        names: list[Span] = [*title, (more[0], "accent")]
        values: list[Span] = [(" " * (width_of(title) + 2), "text")]
        for index in range(first, last):
            name, value = cells[index]
            names += [*self._lit(name, index == at), (" " * (widths[index] - width_of(name) + 2), "text")]
            values += [*value, (" " * (widths[index] - width_of(value) + 2), "text")]
        spec = next(spec for spec in self.specs if spec.name == self.chosen)
        bounds = ", ".join(filter(None, (spec.bounds, " ".join(spec.choices), spec.unit)))
        doc: Cell = ((" " * (width_of(title) + 2), "text"), (said(spec.doc), "text"), (f"  {bounds}", "dim"))
        return [fit((*names, (more[1], "accent")), width), fit(tuple(values), width), fit(doc, width)]

    def _fader(self, row: LoopRow, spec: Spec, staged: Mapping[str, str]) -> tuple[Cell, Cell]:
        mark = "▸" if spec.name == self.chosen else " "
        now = row.params.get(spec.name, "") or fmt.NONE
        value = param_spans(row, spec.name, now, staged, "bright" if spec.name == self.chosen else "text")
        return cell(f"{mark}{spec.name}"), ((" ", "text"), *value)

    def _lit(self, name: Cell, chosen: bool) -> Cell:
        return tuple((text, "accent" if chosen else "dim") for text, _ink in name)


def _window(widths: Sequence[int], at: int, room: int) -> tuple[int, int]:
    """First and one past the last of what finds room around `at`, two columns between neighbours."""
    first = last = at
    used = 0
    while True:
        grew = False
        if last < len(widths) and used + widths[last] + 2 <= room:
            used += widths[last] + 2
            last += 1
            grew = True
        if first > 0 and used + widths[first - 1] + 2 <= room:
            first -= 1
            used += widths[first] + 2
            grew = True
        if not grew:
            return first, max(last, at + 1)
