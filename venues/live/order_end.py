"""What a venue's own word for the end of an order means."""

from __future__ import annotations

import msgspec

from venues.model import OrderStatus, RejectReason


class OrderEnd(msgspec.Struct, frozen=True):
    """`status` is that of an order without fills; see `OrderTrack.settle` for one that has some."""

    status: OrderStatus
    reason: RejectReason | None = None


CANCELED = OrderEnd(OrderStatus.CANCELED)
EXPIRED = OrderEnd(OrderStatus.EXPIRED)


def canceled(reason: RejectReason) -> OrderEnd:
    return OrderEnd(OrderStatus.CANCELED, reason)


def rejected(reason: RejectReason) -> OrderEnd:
    return OrderEnd(OrderStatus.REJECTED, reason)
