"""Whether what a venue says can be true at all: what is no number must not come near the books."""

from __future__ import annotations

from decimal import Decimal

from venues.model import FillReport, FundingPayment, OrderStatusReport, Transfer

LEAST, MOST = Decimal("1e-18"), Decimal("1e18")
"""Quantities, prices and amounts beyond these are a broken message on every venue there is."""


def fault_of_fill(fill: FillReport) -> str:
    """What cannot be in it: field, value and what would be right; empty where it is sound."""
    if not fill.trade_id:
        return "trade_id is empty, expected the venue's own: a fill is counted by it"
    return _size("qty", fill.qty) or _size("price", fill.price) or _amount("fee", fill.fee)


def fault_of_report(report: OrderStatusReport) -> str:
    """As `fault_of_fill`. A quantity or price of 0 is what some venues say of orders they have done with."""
    return _amount("qty", report.qty) or _amount("price", report.price) or _amount("filled_qty", report.filled_qty)


def fault_of_funding(payment: FundingPayment) -> str:
    """As `fault_of_fill`."""
    if not payment.payment_id:
        return "payment_id is empty, expected the venue's own: a payment is counted by it"
    return _amount("cost", payment.cost) or _amount("qty", payment.qty) or _amount("price", payment.price)


def fault_of_transfer(transfer: Transfer) -> str:
    """As `fault_of_fill`."""
    if not transfer.transfer_id:
        return "transfer_id is empty, expected the venue's own: a transfer is counted by it"
    return _size("amount", transfer.amount)


def fault_of_price(price: Decimal) -> str:
    """As `fault_of_fill`."""
    return _size("price", price)


def _size(field: str, value: Decimal) -> str:
    if value.is_finite() and LEAST <= value <= MOST:
        return ""
    return f"{field} is {value}, expected a number above 0"


def _amount(field: str, value: Decimal) -> str:
    if value.is_finite() and abs(value) <= MOST:
        return ""
    return f"{field} is {value}, expected a number"
