"""Alarms that stand, the worst first, with what each is about; and those that are over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from cockpit.link.rows import AlarmRow, by_urgency
from widgets import format as fmt
from widgets import times
from widgets.alarm_help import helps
from widgets.columns import Column, Row
from widgets.desk_words import said
from widgets.i18n import N_, _
from widgets.paint import Cell, Span, cell
from widgets.panel import Panel, View
from widgets.words import word

LEVELS = {"warning": ("△", "warn"), "critical": ("▲", "crit"), "escalated": ("▲▲", "crit")}
RANKS = {"warning": 1.0, "critical": 2.0, "escalated": 3.0}


class PastAlarm(msgspec.Struct, frozen=True):
    """One time that an alarm stood, as `Query("alarms")` tells it. Stamps in ns, 0 for never."""

    id: str
    first_ts: int
    level: str
    text: str
    ts: int
    count: int
    active: bool
    ended_ts: int = 0
    acked_ts: int = 0
    acked_by: str = ""
    escalated_ts: int = 0
    action: str = ""


def level_cell(level: str, *, quiet: bool = False) -> Cell:
    """Sign and word of a level."""
    sign, ink = LEVELS.get(level, ("▲", "crit"))
    return cell(f"{sign} {word('alarm', level)}", "dim" if quiet else ink)


def who(origin: str) -> str:
    """`anna@host` of `tui:anna@host`; others as they are."""
    return origin.partition(":")[2] if origin.startswith(("tui:", "cli:")) else origin


def whole(alarm_id: str, text: str, action: str) -> str:
    """All that there is to read of an alarm: what it says, what escalation did, what helps."""
    done = _("escalation: {action}").format(action=said(action)) if action else ""
    return " · ".join(filter(None, (said(text), done, helps(alarm_id))))


class AlarmsPanel(Panel):
    TABLES: ClassVar[frozenset[str]] = frozenset({"alarms", "second"})

    def __init__(self) -> None:
        super().__init__(
            (
                Column(N_("level"), 10, left=True),
                Column(N_("since"), 8, keep=2),
                Column(N_("for"), 6),
                Column(N_("times"), 4, keep=1),
                Column(N_("alarm"), 24, left=True, flex=True),
                Column(N_("seen by"), 7, left=True, keep=3),
            ),
            title="[b]1[/b] " + N_("Alarms that stand"),
            empty=(N_("No alarm stands."), N_("What wants you shows here, and rings; below is what is over.")),
            mark=True,
            fold_notes=True,
            id="alarms",
        )

    def build(self, view: View) -> list[Row]:
        return [self._row(row, view.now_ns) for row in by_urgency(view.store.alarms.values())]

    def _row(self, row: AlarmRow, now_ns: int) -> Row:
        quiet = bool(row.acked_ts)
        ink = "dim" if quiet else LEVELS.get(row.shown_level, ("▲", "crit"))[1]
        for_s = (now_ns - row.since) / times.NS_PER_S
        cells = (
            level_cell(row.shown_level, quiet=quiet),
            cell(times.stamp(row.since, now_ns), "dim"),
            cell(fmt.span(for_s), "dim" if quiet else "text"),
            cell(f"×{row.count}" if row.count > 1 else "1", "dim"),
            cell(said(row.text), ink),
            cell(f"✓ {who(row.acked_by)}" if quiet else _("nobody"), "dim" if quiet else "warn"),
        )
        sort = (RANKS.get(row.shown_level, 2.0), float(row.since), for_s, float(row.count))
        return Row(row.id, cells, note=self._note(row, now_ns), sort=sort, also=f"{row.id} {row.level} {row.text}")

    def _note(self, row: AlarmRow, now_ns: int) -> Cell:
        parts: list[Span] = []
        if row.escalated_ts:
            text = _("escalated at {time}").format(time=times.stamp(row.escalated_ts, now_ns))
            parts.append((f"{text}: {said(row.action)}" if row.action else text, "crit"))
        if help_text := helps(row.id):
            parts.append((help_text, "accent"))
        if row.count > 1:
            parts.append((_("last at {time}").format(time=times.stamp(row.ts, now_ns)), "dim"))
        if row.acked_ts:
            text = _("seen at {time}, stands until its cause is gone")
            parts.append((text.format(time=times.stamp(row.acked_ts, now_ns)), "dim"))
        parts.append((row.id, "dim"))
        return tuple(span for part in parts for span in ((" · ", "rule"), part))[1:]


class PastAlarmsPanel(Panel):
    """Fed by whoever asks the desk."""

    def __init__(self) -> None:
        super().__init__(
            (
                Column(N_("since"), 8),
                Column(N_("until"), 8, keep=3),
                Column(N_("for"), 6, keep=2),
                Column(N_("level"), 10, left=True),
                Column(N_("times"), 4, keep=4),
                Column(N_("alarm"), 24, left=True, flex=True),
                Column(N_("seen by"), 7, left=True, keep=1),
            ),
            title="[b]2[/b] " + N_("Over, of the last 30 days"),
            empty=(N_("No alarm is over yet."), N_("The desk keeps them for 30 days.")),
            id="past-alarms",
        )
        self._past: tuple[PastAlarm, ...] = ()

    def tell(self, past: Sequence[PastAlarm]) -> None:
        """Show these, those that are over, newest first."""
        self._past = tuple(sorted((row for row in past if not row.active), key=lambda row: -row.ended_ts))
        self.rebuild()

    def alarm(self, key: str) -> PastAlarm | None:
        """The alarm of a row."""
        return next((row for row in self._past if _key(row) == key), None)

    def build(self, view: View) -> list[Row]:
        return [self._row(row, view.now_ns) for row in self._past]

    def _row(self, row: PastAlarm, now_ns: int) -> Row:
        level = "escalated" if row.escalated_ts else row.level
        end = row.ended_ts or row.ts
        stood_s = (end - row.first_ts) / times.NS_PER_S
        cells = (
            cell(times.stamp(row.first_ts, now_ns), "dim"),
            cell(times.stamp(row.ended_ts, now_ns), "dim"),
            cell(fmt.span(stood_s), "dim"),
            level_cell(level, quiet=level == "warning"),
            cell(f"×{row.count}" if row.count > 1 else "1", "dim"),
            ((said(row.text), "text"), (f" · {said(row.action)}" if row.action else "", "warn")),
            cell(f"✓ {who(row.acked_by)}" if row.acked_ts else _("nobody"), "dim"),
        )
        sort = (float(row.first_ts), float(row.ended_ts), stood_s, RANKS.get(level, 2.0), float(row.count))
        return Row(_key(row), cells, sort=sort, also=f"{row.id} {row.level} {row.text}")


def _key(row: PastAlarm) -> str:
    return f"{row.id}@{row.first_ts}"
