"""One desk's connection to one account through the real adapter: what it asks and hears is shown to the referee in the
exchange's own terms, and its network dies with the desk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from cockpit.chaos.adapter_wire import Errand, Line, Network, errand
from cockpit.chaos.session import Session, Witness
from venues.live.ccxt_types import CcxtExchange, Raw
from venues.live.dialect import Dialect
from venues.model import Clock, FillReport, OrderRequest, OrderStatus, OrderStatusReport, Venue

EXPIRY_MS = 28 * 86_400_000
"""What the library adds to the time."""


def wired(dialect: Dialect, network: Network) -> Dialect:
    """A dialect whose ccxt instance has this network in place of aiohttp's session."""
    configure = dialect.configure

    def configured(exchange: CcxtExchange, credentials: Raw) -> None:
        configure(exchange, credentials)
        # none of these is in our protocol of ccxt
        for name, value in (("session", network), ("own_session", False), ("ssl_context", False)):
            setattr(exchange, name, value)
        if dialect.ccxt_id == "lighter":
            _expire_by_our_clock(exchange)

    setattr(dialect, "configure", configured)  # noqa: B010  # an instance's own
    return dialect


def _expire_by_our_clock(exchange: Any) -> None:
    """Lighter's library puts the machine's time into orders without an expiry, and knows of no other."""
    sign = exchange.lighter_sign_create_order

    def signed(signer: object, request: dict[str, int]) -> object:
        if request["order_expiry"] < 0:
            request = {**request, "order_expiry": exchange.milliseconds() + EXPIRY_MS}
        return sign(signer, request)

    exchange.lighter_sign_create_order = signed


class Witnessed:
    """A witness that is told fills by the exchange's own trade ids, which the served venue renames."""

    def __init__(self, witness: Witness, line: Line, trades: Callable[[], Mapping[str, str]]) -> None:
        self._line = line
        self._trades = trades
        self.before_submit = witness.before_submit
        self.after_submit = witness.after_submit
        self.before_cancel = witness.before_cancel
        self.told_positions = witness.told_positions
        self.told_book = witness.told_book
        self._witness = witness

    def before_fill(self, account: str, fill: FillReport) -> None:
        self._witness.before_fill(account, self._true(fill))

    def after_fill(self, account: str, fill: FillReport) -> None:
        self._witness.after_fill(account, self._true(fill))

    def told_fills(self, account: str, fills: tuple[FillReport, ...]) -> None:
        self._witness.told_fills(account, tuple(map(self._true, fills)))

    def told_order(self, account: str, report: OrderStatusReport) -> None:
        self._witness.told_order(account, report)
        name = report.client_order_id
        if report.status is OrderStatus.REJECTED and self._line.nowhere(name):
            # refused by the adapter itself, before anything had left
            self._line.on_lost(name)

    def _true(self, fill: FillReport) -> FillReport:
        known = self._trades().get(fill.trade_id)
        return fill if known is None else replace(fill, trade_id=known)


class AdapterSession(Session):
    """A `Session` over the live adapter."""

    def __init__(self, venue: Venue, clock: Clock, witness: Witness, line: Line, network: Network) -> None:
        super().__init__(venue, clock, witness)
        self._line = line
        self._network = network
        self._sent: set[str] = set()

    def die(self) -> None:
        super().die()
        self._network.die()
        for name in sorted(self._sent):
            if self._line.nowhere(name):
                self._line.on_lost(name)

    def submit(self, order: OrderRequest) -> None:
        self._sent.add(order.client_order_id)
        token = errand.set(Errand(order.client_order_id, cancel=False))
        try:
            super().submit(order)
        finally:
            errand.reset(token)

    def cancel(self, client_order_id: str, symbol: str) -> None:
        token = errand.set(Errand(client_order_id, cancel=True))
        try:
            super().cancel(client_order_id, symbol)
        finally:
            errand.reset(token)
