"""Single values of the desk as rows, where more than one place needs them."""

from __future__ import annotations

from cockpit.desk.flatten import Job
from cockpit.link.rows import FlattenRow


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
