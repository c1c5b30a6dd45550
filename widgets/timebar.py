"""One line of time under a replay: where it stands between the session's ends, and where alarms were raised."""

from __future__ import annotations

from cockpit.link.replay_state import ReplayState
from widgets import format as fmt
from widgets.i18n import plural
from widgets.lines import Lines
from widgets.paint import Cell, Span, fit, width_of

LEAST = 10
"""Columns below which a bar says nothing."""
BADNESS = {"warning": 1, "critical": 2}
SIGNS = {1: ("▴", "warn"), 2: ("▲", "crit")}


def column_of(ts: int, state: ReplayState, width: int) -> int:
    """Where a stamp lies on a bar of `width` columns; its ends stand for the session's ends."""
    span = max(1, state.last - state.first)
    return max(0, min(width - 1, (ts - state.first) * (width - 1) // span))


def bar(state: ReplayState, width: int) -> list[Span]:
    """What has been shown, where it stands, what is to come; an alarm shows wherever it is."""
    marks: dict[int, int] = {}
    for ts, level in state.marks:
        at = column_of(ts, state, width)
        marks[at] = max(marks.get(at, 0), BADNESS.get(level, 2))
    here = column_of(state.ts, state, width)
    spans: list[Span] = []
    for at in range(width):
        if at == here:
            spans.append(("●", "bright"))
        elif at in marks:
            spans.append(SIGNS[marks[at]])
        else:
            spans.append(("━", "accent") if at < here else ("─", "rule"))
    return spans


def line(state: ReplayState, width: int) -> Cell:
    """The whole line; what is wrong with the journal stands in the place of the bar."""
    if state.trouble:
        return fit(((" ✗ ", "crit"), (state.trouble, "crit")), width)
    first, last = fmt.utc(state.first), fmt.utc(state.last)
    count = len(state.marks)
    alarms = plural("{count} alarm", "{count} alarms", count).format(count=count) if count else ""
    tail: list[Span] = [(f" {last} ", "dim"), *([(f"▲ {alarms} ", "warn")] if alarms else [])]
    head: list[Span] = [(f" {first} ", "dim")]
    room = width - width_of(tuple(head)) - width_of(tuple(tail))
    if room < LEAST:
        tail = [(f" {last} ", "dim")]
        room = width - width_of(tuple(head)) - width_of(tuple(tail))
    return fit((*head, *bar(state, max(1, room)), *tail), width)


class TimeBar(Lines):
    """Shown in a replay and nowhere else."""

    def __init__(self) -> None:
        super().__init__(((),), id="timebar")

    def update_from(self, state: ReplayState) -> None:
        self.show((line(state, self.size.width or self.app.size.width),))
