"""Single values of the desk as rows, where more than one place needs them."""

from __future__ import annotations

from decimal import Decimal

from cockpit.desk.flatten_job import Job
from cockpit.link.rows import ZERO, FlattenRow


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
