"""Our accounts of one venue never trade with each other: venues forbid it, and it would only cost fees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from cockpit.desk.accounts import Account
from cockpit.desk.orders import Order
from strategies.protocol import Role
from venues.model import Mode, OrderRequest

EMERGENCY = frozenset({Role.FLATTEN, Role.REDUCE})
"""Roles that nothing here holds back: they cancel what rests before they close."""


class OwnOrders:
    """Finds the orders of ours that a new one would meet."""

    def __init__(
        self,
        accounts: Mapping[str, Account],
        live: Callable[[], Iterable[Order]],
        cancel: Callable[[Order], None],
    ) -> None:
        self._accounts = accounts
        self._live = live
        self._cancel = cancel

    def crossed(self, order: OrderRequest, role: Role, account: Account) -> str:
        """Why `order` may not leave: it would trade with a resting order of another of our accounts there; else "".

        A hedge must not wait for that order: its cancel is asked for, and the hedger tries again. The paper exchange
        keeps its accounts apart by itself."""
        venue = account.venue
        if venue.mode is Mode.PAPER or role in EMERGENCY:
            return ""
        for other in self._live():
            if other.symbol != order.symbol or other.side is order.side or other.account == account.name:
                continue
            at = self._accounts[other.account].venue
            if at.venue != venue.venue or at.mode is not venue.mode:
                continue
            if (order.price - other.price) * order.side.sign >= 0:
                if role in (Role.HEDGE, Role.UNWIND):
                    self._cancel(other)
                return f"it would trade with our own order {other.id} of {other.account} at {other.price}"
        return ""
