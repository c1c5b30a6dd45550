"""Where an order's price comes from. Matching against a book is one way; an oracle or a pool is another."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

from venues.model import LiquiditySide, Pricing, Side
from venues.paper.orders import PaperOrder


class Booker(Protocol):
    """Who enters what an execution decides into the accounts' books."""

    def room(self, order: PaperOrder) -> int:
        """Lots that the order may still fill now: what is left of it, and for reduce-only no more than the position."""
        ...

    def fill(self, order: PaperOrder, lots: int, ticks: int, liquidity: LiquiditySide) -> None:
        """Book a fill of `lots` at `ticks`. It may end the order, and others of the account (reduce-only)."""
        ...


class Execution(Protocol):
    """How the orders of one market get their price."""

    pricing: Pricing
    active: bool
    """Some order rests here, so that market events matter."""

    def crosses(self, order: PaperOrder) -> bool:
        """Would the order trade at once?"""
        ...

    def available(self, order: PaperOrder) -> int:
        """Lots that the order could take at once within its price."""
        ...

    def take(self, order: PaperOrder) -> None:
        """Trade what can be traded at once, within the order's price."""
        ...

    def sweep(self, order: PaperOrder) -> None:
        """Trade at whatever price there is (liquidation, trade by hand)."""
        ...

    def rest(self, order: PaperOrder) -> None:
        """Let what is left of the order rest."""
        ...

    def remove(self, order: PaperOrder) -> None:
        """The order rests no longer."""
        ...

    def on_depth(self, ts: int) -> None: ...
    def on_trade(self, ts: int, ticks: int, lots: int, aggressor: Side) -> None: ...
    def on_gap(self) -> None: ...

    def price(self) -> Decimal | None:
        """What the market is worth by itself now (the mid), None while it cannot say."""
        ...
