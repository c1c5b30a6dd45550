"""What a venue says of an account before anything is traded on it. What it did not say stays unknown."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec


class AccountFacts(msgspec.Struct, frozen=True):
    """None everywhere means that the venue was not asked or did not answer: never a yes or a no."""

    one_way: bool | None = None
    """One net position a market; False in hedge mode, where longs and shorts stand side by side."""
    margin_modes: Mapping[str, str] = {}
    """ccxt symbol to `cross` or `isolated`."""
    leverages: Mapping[str, Decimal] = {}
    """ccxt symbol to the leverage set there."""
    can_trade: bool | None = None
    can_withdraw: bool | None = None
    """Whether whoever holds this key can send money to an address of his own choice."""
    key_expires_ms: int | None = None
    key_never_expires: bool = False
    maker_fee: Decimal | None = None
    """Fraction of notional at the account's tier; negative is a rebate."""
    taker_fee: Decimal | None = None
    fee_tier: str = ""
    unanswered: Mapping[str, str] = {}
    """What was asked in vain, with the reason in our words."""
