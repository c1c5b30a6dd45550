"""The ladder a hedge climbs when its venue cannot trade, and what the hedger tells the desk on the way."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

import msgspec

from cockpit.desk.obligations import Obligation
from venues.model import FillReport


class Rung(IntEnum):
    """The ladder: hedge venue, another linked account, unwind on the maker venue, alarm, and after a while halt."""

    HEDGE = 0
    BACKUP = 1
    UNWIND = 2
    ALARM = 3


RUNG_WORDS = {
    Rung.BACKUP: "hedging on the backup account",
    Rung.UNWIND: "unwinding on the maker venue",
    Rung.ALARM: "the hedge is tried on, slowly; the loop halts if it stays so",
}


class HedgeJournal(msgspec.Struct, frozen=True):
    """What the hedger tells the desk: an obligation to journal, an alarm, a halt, quiet again."""

    obligation: Callable[[str, Obligation, str, FillReport], None]
    alarm: Callable[[str, str], None]
    halt: Callable[[str], None]
    settled: Callable[[], None]
