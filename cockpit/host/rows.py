"""Single values of the desk as rows, where more than one place needs them."""

from __future__ import annotations

from decimal import Decimal

from cockpit.desk.alarms import Alarm
from cockpit.desk.flatten_job import Job
from cockpit.link.rows import ZERO, AlarmRow, FlattenRow


def rounded(value: Decimal, places: int) -> Decimal:
    """As a client shows it; nothing is a plain 0, never 0E-8 or -0.00."""
    return round(value, places) or ZERO


def flatten_row(job: Job) -> FlattenRow:
    """A flatten or reduce as it stands."""
    return FlattenRow(
        id=job.spec.id,
        kind=job.spec.kind,
        state=job.state.value,
        accounts=job.spec.accounts,
        text=job.text,
        legs=job.legs,
        ts=job.ts,
    )


def alarm_row(alarm: Alarm) -> AlarmRow:
    """An alarm as it stands."""
    return AlarmRow(
        id=alarm.id,
        level=alarm.level,
        text=alarm.text,
        ts=alarm.ts,
        count=alarm.count,
        first_ts=alarm.first_ts,
        acked_by=alarm.acked_by,
        acked_ts=alarm.acked_ts,
        escalated_ts=alarm.escalated_ts,
        action=alarm.action,
        rings=alarm.rings,
    )
