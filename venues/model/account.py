"""What a venue says of an account: positions, balances, funding, transfers."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec


class PositionStatusReport(msgspec.Struct, frozen=True, tag="position"):
    symbol: str
    qty: Decimal
    """Signed, venue units; 0 is a real answer ("flat")."""
    entry_price: Decimal
    mark_price: Decimal
    unrealised: Decimal
    """In the settle currency, at the mark."""
    ts_event: int
    liq_price: Decimal | None = None
    """Mark at which the account would be liquidated, others unchanged; None where it cannot be."""


class BalanceReport(msgspec.Struct, frozen=True, tag="balance"):
    asset: str
    cash: Decimal
    """Settled balance, without unrealised profit."""
    equity: Decimal
    """Cash plus unrealised profit in this asset."""
    free: Decimal
    """What new orders may still use as margin."""
    maintenance: Decimal
    """Maintenance margin required in this asset."""
    ts_event: int


class FundingRate(msgspec.Struct, frozen=True, tag="rate"):
    """The rate that the next settlement will apply as known now: fraction of notional per `interval_s`."""

    symbol: str
    rate: Decimal
    interval_s: int
    next_ts: int
    """Next settlement, ns since the epoch."""
    ts_event: int

    @property
    def annualised(self) -> float:
        """Simple yearly rate: rate · seconds of 365 days ÷ interval."""
        return float(self.rate) * 365 * 86_400 / self.interval_s


class FundingPayment(msgspec.Struct, frozen=True, tag="funding"):
    """One settlement. `cost` positive is paid by us, negative is received."""

    payment_id: str
    symbol: str
    cost: Decimal
    asset: str
    rate: Decimal
    qty: Decimal
    """Signed position it was charged on, venue units."""
    price: Decimal
    """Mark it was charged at."""
    ts_event: int
    ts_init: int


class TransferKind(StrEnum):
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    TRANSFER_IN = "transfer_in"
    TRANSFER_OUT = "transfer_out"
    REBATE = "rebate"


class Transfer(msgspec.Struct, frozen=True, tag="transfer"):
    """Money that came or went apart from trading. `amount` is above 0; the kind gives the direction."""

    transfer_id: str
    kind: TransferKind
    asset: str
    amount: Decimal
    ts_event: int
    ts_init: int

    @property
    def signed(self) -> Decimal:
        """Positive where the account's cash grew."""
        out = self.kind in (TransferKind.WITHDRAWAL, TransferKind.TRANSFER_OUT)
        return -self.amount if out else self.amount
