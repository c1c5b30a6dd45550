"""What a check of an account or of this machine found, and what mends it."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Level(StrEnum):
    """STOP: nothing may be traded until it is mended. WARN: it may, but the operator must have seen it."""

    STOP = "stop"
    WARN = "warn"
    NOTE = "note"


class Finding(msgspec.Struct, frozen=True):
    level: Level
    text: str
    mend: str = ""
    """One thing to do, as a command or as a place on the venue's site; empty where there is nothing to do."""
