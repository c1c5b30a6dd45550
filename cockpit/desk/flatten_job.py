"""What a flatten or a reduce is: its orders, its state, and what it asks of the rest of the desk."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

import msgspec

from cockpit.desk.accounts import Account
from cockpit.desk.execution import Owner

ROUND_QUERIES = 5
"""Questions that a round asks of an account, at the most, once it has no open orders."""


class Scope(StrEnum):
    """PAIRS: keep the partner of a leg that cannot be closed. ALL: close whatever can be closed."""

    PAIRS = "pairs"
    ALL = "all"


class State(StrEnum):
    WORKING = "working"
    BLOCKED = "blocked"
    FLAT = "flat"
    DONE = "done"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        return self in (State.FLAT, State.DONE, State.CANCELLED)


class Spec(msgspec.Struct):
    """All that a restarted desk needs to go on."""

    id: str
    kind: str
    """`flatten` or `reduce`."""
    accounts: tuple[str, ...]
    scope: str = Scope.PAIRS
    named: tuple[str, ...] = ()
    loop: str = ""
    """Close only what this loop holds; empty for everything."""
    fraction: Decimal = Decimal(1)
    targets: dict[str, Decimal] = {}
    """`account/symbol` to the size to be left, of a reduce: the account's, or the loop's where one is named."""


class Job:
    """One flatten or reduce at work."""

    def __init__(self, spec: Spec, ts: int) -> None:
        self.spec = spec
        self.state = State.WORKING
        self.text = "begins"
        self.legs: tuple[str, ...] = ()
        self.ts = ts
        self.round = 0
        self.resting: set[str] = set()
        """Accounts whose venue listed open orders when last asked."""
        self.cancelled: dict[str, int] = {}
        """Times each account's venue has answered that everything is cancelled."""
        self.contradicted: dict[str, int] = {}
        """Looks in a row at each account whose report contradicted the ledger."""
        self.task: asyncio.Task[None] | None = None


def pace(account: Account, jobs: Iterable[Job]) -> float:
    """Seconds between two rounds, so that all jobs at work on the account keep within what its venue answers. Half of
    that goes to a suspect account's passes: only they take the suspicion back."""
    limit = account.venue.capabilities.max_queries_per_min
    if limit is None:
        return 0.0
    working = sum(account.name in job.spec.accounts and not job.state.ended for job in jobs)
    return ROUND_QUERIES * 60 * working * (2 if account.suspect else 1) / limit


class Look(msgspec.Struct):
    """What one account looked like in one round."""

    open: dict[str, Decimal]
    """Symbol to signed size still to be closed."""
    refused: str = ""
    """Why nothing could be closed there at all."""
    busy: bool = False
    """Refused only for now: over the venue's limit of questions."""
    notes: list[str] = []


class Grip(Protocol):
    """What a flatten does to the rest of the desk."""

    def hold(self, job: Job) -> None:
        """Halt the loops and set the accounts to REDUCING."""
        ...

    def release(self, job: Job) -> None: ...

    def owner(self, loop: str) -> Owner:
        """Whose ids an order of a loop (or "" for foreign) gets."""
        ...

    def leg_of(self, loop: str, account: str, symbol: str) -> str: ...
    def say(self, level: str, source: str, text: str) -> None: ...
    def trouble(self, where: str, error: BaseException) -> None:
        """Tell a defect of ours in full."""
        ...

    def keep(self, task: asyncio.Task[None]) -> None:
        """Hold a task, and tell what it raised."""
        ...
