"""What the watchdog is to do: the section `[watchdog]` of the configuration."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import msgspec

from strategies.params import Param

D = Decimal

LEAST_S = D(8)
"""The shortest deadline: a desk must have had time to notice that it stood still (`standstill.STILL_S`) before a
watchdog can have acted."""


class Scope(StrEnum):
    """PAIRS: keep the partner of a leg that cannot be closed. ALL: close whatever can be closed."""

    PAIRS = "pairs"
    ALL = "all"


class Rules(msgspec.Struct, frozen=True):
    """When it acts, and how far it goes."""

    deadline_s: Annotated[
        D, Param("Open orders are gone this long after the last heartbeat", unit="s", ge=LEAST_S, le=D(3600))
    ] = D(10)
    flatten: Annotated[bool, Param("Whether it closes every position too")] = False
    scope: Annotated[Scope, Param("What becomes of a leg whose partner cannot be closed")] = Scope.PAIRS
    accounts: tuple[str, ...] = ()
    """Accounts it looks after; empty for all."""

    @property
    def deadline(self) -> float:
        """Seconds."""
        return float(self.deadline_s)

    @property
    def words(self) -> str:
        """What it says of itself to the desk."""
        act = f"cancels and flattens ({self.scope.value})" if self.flatten else "cancels"
        return f"deadline {self.deadline:g} s, {act}"
