"""What a venue checks before an order reaches its book."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias

from venues.model import InstrumentError, OrderRequest, RejectReason, Side, TimeInForce
from venues.paper.account import Account
from venues.paper.paper_market import PaperMarket
from venues.paper.profiles import Profile

Refusal: TypeAlias = tuple[RejectReason, str]
"""Why not, and the venue's words."""


def refusal(request: OrderRequest, account: Account, market: PaperMarket | None, profile: Profile) -> Refusal | None:
    """Why the venue says no to the order by its form alone; None where it is sound. Margin and the book come later."""
    if market is None:
        return RejectReason.SYMBOL, f"unknown symbol {request.symbol!r}"
    if not request.client_order_id or len(request.client_order_id) > profile.client_id_max_len:
        return RejectReason.OTHER, (
            f"client order id {request.client_order_id!r} must have 1 to {profile.client_id_max_len} characters"
        )
    if account.knows(request.client_order_id):
        return RejectReason.DUPLICATE_ID, f"client order id {request.client_order_id!r} was used before"
    return (
        _unsupported(request, profile)
        or _steps(request, market)
        or _band(request, market.mark(), profile.price_band)
        or _reduce(request, account)
    )


def _unsupported(request: OrderRequest, profile: Profile) -> Refusal | None:
    for asked, able, name in (
        (request.post_only, profile.post_only, "post-only orders"),
        (request.reduce_only, profile.reduce_only, "reduce-only orders"),
        (request.tif is TimeInForce.FOK, profile.fok, "fill-or-kill"),
    ):
        if asked and not able:
            return RejectReason.OTHER, f"{profile.name} has no {name}"
    if request.post_only and request.tif is not TimeInForce.GTC:
        return RejectReason.OTHER, f"post-only and {request.tif.value} exclude each other"
    return None


def _steps(request: OrderRequest, market: PaperMarket) -> Refusal | None:
    instrument = market.instrument
    try:
        instrument.price_to_ticks(request.price)
        instrument.qty_to_lots(request.qty)
    except InstrumentError as error:
        return RejectReason.OTHER, str(error)
    if request.price <= 0:
        return RejectReason.PRICE_BAND, f"price {request.price} must be above 0"
    try:
        instrument.check_order(request.qty, request.price, reduce_only=request.reduce_only)
    except InstrumentError as error:
        return RejectReason.MIN_SIZE, str(error)
    return None


def _band(request: OrderRequest, mark: Decimal | None, band: Decimal) -> Refusal | None:
    """Only the side that would hurt the sender: buying far above the mark, selling far below."""
    if mark is None:
        return None
    limit = mark * (1 + band * request.side.sign)
    if (request.price - limit) * request.side.sign > 0:
        word = "above" if request.side is Side.BUY else "below"
        return RejectReason.PRICE_BAND, f"price {request.price} is {word} the band's end {limit} (mark {mark})"
    return None


def _reduce(request: OrderRequest, account: Account) -> Refusal | None:
    if request.reduce_only and not account.reducible(request.symbol, request.side):
        return RejectReason.REDUCE_ONLY, f"{request.side.value} would not reduce the position in {request.symbol}"
    return None
