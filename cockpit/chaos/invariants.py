"""What must hold in every run, by name, and what was found where it did not."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Invariant(StrEnum):
    """Each is a promise of `docs/reliability.md`."""

    EXPOSURE_AFTER_QUIET = "exposure_after_quiet"
    """After quiet a loop's exposure is within the tolerance, or the loop is halted with an alarm that names it."""
    HEDGE_EXCEEDS = "hedge_exceeds_obligation"
    """Hedges, those under way too, never exceed what is owed by more than the tolerance."""
    NAKED_TOO_LONG = "naked_too_long"
    """While the venues answer, exposure above the tolerance lasts no longer than the bound."""
    FILL_ONCE = "fill_once"
    """Each fill of a venue stands exactly once in the journal."""
    BOOKS_DIFFER = "books_differ"
    """The ledger's positions, fees and cash are the exchange's own."""
    INTENT_MISSING = "intent_missing"
    """Every order that the exchange saw has its intent in the journal."""
    ACKNOWLEDGED_LOST = "acknowledged_lost"
    """What was acknowledged to the operator outlives a crash."""
    ORDER_WHILE_HALTED = "order_while_halted"
    """Nothing leaves for a HALTED account, and nothing but reduce-only orders for a REDUCING one."""
    SUSPECT_TRADED = "suspect_traded"
    """Nothing is traded on an account whose reports contradict its fills, and nothing but cancels goes there."""
    ORDER_REOPENED = "order_reopened"
    """Filled quantity only grows, and an ended order never opens again."""
    STALE_BOOK = "stale_book"
    """No maker order and no hedge is priced from a book that is old, crossed or has holes."""
    FLAT_UNTRUE = "flat_untrue"
    """A flatten reports success only when the exchange's own books read flat."""
    CLOSE_TOO_LARGE = "close_too_large"
    """A close never exceeds the smaller of reported and ledger position."""
    NEVER_QUIET = "never_quiet"
    """When everything answers again, every order's end becomes known and every account agrees again."""
    DEFECT = "defect"
    """No unhandled exception."""
    UNBOUNDED = "unbounded"
    """No queue or map grows without bound."""


class Violation(msgspec.Struct, frozen=True):
    seed: int
    invariant: Invariant
    at: float
    """Virtual seconds since the run began."""
    what: str
