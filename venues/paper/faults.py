"""Faults of one account's connection. Every request and every notice passes its `Gate`, and nothing else decides."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from venues.model import NS_PER_S

TIMEOUT_NS = 5 * NS_PER_S
"""How long an adapter waits for an answer before it says UNKNOWN or `VenueUnavailable`."""
GAP_RESYNC_NS = 3 * NS_PER_S
"""How long a gap lasts before the book is whole again by itself."""
SLOW_FACTOR = 20.0


class FaultKind(StrEnum):
    """What can be switched on at run time."""

    UNREACHABLE = "unreachable"
    """Nothing goes in or out. The exchange goes on matching."""
    SLOW = "slow"
    """Every network delay is twenty times as long."""
    GAP = "gap"
    """Market data is dropped: an empty book, then silence until cleared or resynced."""
    REJECT = "reject"
    """Every new order is rejected."""
    CLEAR = "clear"


class Message(StrEnum):
    """What passes the gate."""

    SUBMIT = "submit"
    CANCEL = "cancel"
    QUERY = "query"
    ORDER = "order"
    FILL = "fill"
    CANCEL_FAILED = "cancel_failed"
    FUNDING = "funding"
    TRANSFER = "transfer"
    DATA = "data"


class Passage(msgspec.Struct, frozen=True):
    """How one message goes through. The defaults are a sound connection."""

    copies: int = 1
    """0: lost; 2: delivered twice."""
    scale: float = 1.0
    """Factor on the drawn delay."""
    overtakes: bool = False
    """Goes beside the line, so it may come before what was sent earlier."""


SOUND = Passage()
LOST = Passage(copies=0)
LATE = Passage(scale=SLOW_FACTOR)


class Gate:
    """The policy of one account's connection. A simulation may put a subclass in its place.

    A policy that may lose messages says so by `sound` being False: only then are unanswered requests watched.
    """

    def __init__(self) -> None:
        self.kind = FaultKind.CLEAR

    def set(self, kind: str) -> FaultKind:
        """Switch to `kind`; raises `ValueError` naming the kinds there are."""
        try:
            self.kind = FaultKind(kind)
        except ValueError:
            raise ValueError(f"fault {kind!r}: expected one of {', '.join(FaultKind)}") from None
        return self.kind

    @property
    def up(self) -> bool:
        return self.kind is not FaultKind.UNREACHABLE

    @property
    def sound(self) -> bool:
        return self.kind is FaultKind.CLEAR

    @property
    def rejects(self) -> bool:
        return self.kind is FaultKind.REJECT

    def passage(self, message: Message) -> Passage:
        """What becomes of a message that sets out now."""
        if self.kind is FaultKind.CLEAR:
            return SOUND
        if self.kind is FaultKind.UNREACHABLE or (self.kind is FaultKind.GAP and message is Message.DATA):
            return LOST
        return LATE if self.kind is FaultKind.SLOW else SOUND

    def arrives(self, message: Message) -> bool:
        """Does a message that set out earlier still come in now?"""
        return self.up and not (self.kind is FaultKind.GAP and message is Message.DATA)
