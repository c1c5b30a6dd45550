"""The desk's order ids as the numbers that venues with narrow formats take."""

from __future__ import annotations

from cockpit.desk.ids import OrderId


class OrderIdCodec:
    """Both ways without loss; what is no id of ours raises `ValueError`."""

    def to_int(self, text: str) -> int:
        """Below 2^48."""
        order_id = OrderId.parse(text)
        if order_id is None:
            raise ValueError(f"order id {text!r} is not one of ours")
        return order_id.pack()

    def from_int(self, number: int) -> str:
        return OrderId.unpack(number).text
