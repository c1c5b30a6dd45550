"""Which venues a live account may be on, and what this machine lacks for one of them. Neither loads an adapter."""

from __future__ import annotations

from venues.edgex.sdk import INSTALL, installed
from venues.live.dialects import DIALECTS
from venues.live.finding import Finding, Level
from venues.live.signers import missing as signers_missing

__all__ = ["DIALECTS", "NATIVE", "VENUES", "missing"]

NATIVE = ("edgex",)
"""Venues that ccxt does not know, reached by the venue's own SDK. They have no public side for a rehearsal."""
VENUES = (*DIALECTS, *NATIVE)


def missing(venue: str) -> list[Finding]:
    """Signers and SDKs; empty where nothing is missing. Raises `KeyError` for an unknown venue."""
    if venue not in NATIVE:
        return signers_missing(venue)
    return [] if installed() else [Finding(Level.STOP, f"{venue} needs its SDK, which is not installed", INSTALL)]
