"""What can go wrong between us and a venue. The distinction that matters: a definite no, or not knowing."""

from __future__ import annotations


class VenueError(Exception):
    """Base of everything an adapter raises."""


class VenueUnavailable(VenueError):
    """The question got no answer (time-out, 5xx, dropped socket). It says nothing about the state asked for:
    an order may be live, a position may exist. Never read it as "no" or as "flat"."""


class VenueBusy(VenueUnavailable):
    """Our questions are over the venue's rate limit for now (429). It is up; ask again later, and less."""


class VenueRejected(VenueError):
    """The venue answered, and the answer is no. `code` is the venue's own."""

    def __init__(self, reason: str, code: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class InstrumentError(ValueError):
    """A price or quantity that the instrument cannot hold; the text names field, value and what would be right."""
