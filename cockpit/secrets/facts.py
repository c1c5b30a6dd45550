"""What a venue says of a key when it is asked with it, once and read-only."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Protocol

import msgspec

from venues.model.secret import Secret


class KeyFacts(msgspec.Struct, frozen=True):
    """None means that the venue does not say, which is neither yes nor no."""

    account_id: str = ""
    """The venue's own name for the account; only a fingerprint of it is kept."""
    may_read: bool | None = None
    may_trade: bool | None = None
    may_withdraw: bool | None = None
    may_transfer: bool | None = None
    ip_bound: bool | None = None
    """Whether the key works from certain addresses only."""
    expires_ns: int | None = None
    """UTC, ns since the epoch."""
    notes: tuple[str, ...] = ()
    """Whatever else an operator should know: position mode, fee tier …"""


class ProbeFailed(Exception):
    """The call did not give facts. The text holds no key, no signature and no URL."""

    def __init__(self, text: str, *, refused: bool) -> None:
        super().__init__(text)
        self.refused = refused
        """The venue itself said no to the key; else nobody knows whether it is good."""


class Probe(Protocol):
    """One authenticated read-only call."""

    def __call__(self, venue: str, credentials: Mapping[str, Secret], endpoint: str) -> KeyFacts:
        """`endpoint`: another base URL than the venue's own, or empty. Raises `ProbeFailed`."""
        ...


def fingerprint(account_id: str) -> str:
    """Enough to tell that two keys belong to one account, and no more; empty for an account that is not known."""
    return hashlib.sha256(account_id.encode()).hexdigest()[:16] if account_id else ""
