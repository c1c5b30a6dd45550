"""One account as Hyperliquid knows it: an address, the API wallets that may sign for it, its leverage, its ids."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Mapping
from decimal import Decimal

import msgspec

from venues.model import FundingPayment, Instrument, Transfer
from venues.paper.spec import SpecError
from venues.served.house import HouseAccount, HouseFill, HouseOrder, number_of
from venues.served.hyperliquid_sign import address_of_key, keccak256
from venues.served.hyperliquid_wire import is_cloid

KEEP_SEEN = 10_000
KEEP_REJECTED = 10_000
KEEP_CLOIDS = 20_000
IDS = 100
"""Ids of one account are this far apart, so that no two accounts share one."""
OID_BASE = 100_000_000_000
REJECTED_BASE = 900_000_000_000
LEVERAGE = 20
"""Where nobody has set one."""
AGENT_DAYS_MS = 180 * 86_400_000


class Leverage(msgspec.Struct, frozen=True):
    value: int
    cross: bool = True


class Agent(msgspec.Struct, frozen=True):
    """An API wallet."""

    address: str
    name: str
    valid_until: int
    """ms."""


class Seen(msgspec.Struct, frozen=True):
    """An action whose signature was right, whatever came of it."""

    kind: str
    action: dict[str, object]
    signer: str
    nonce: int


class Wallet:
    """Listens to its account: first of all listeners, for others read what it keeps."""

    def __init__(self, house: HouseAccount, index: int, seed: int) -> None:
        """`index` tells accounts apart, 0 to 99. The key follows from `seed` and the account's name: known to anybody
        who reads this, and worth nothing."""
        self.house = house
        self.index = index
        self.private_key = "0x" + keccak256(f"cockpit paper exchange {seed} {house.name}".encode()).hex()
        self.address = address_of_key(self.private_key)
        self.agents: dict[str, Agent] = {}
        """By address."""
        self.leverage: dict[str, Leverage] = {}
        """By symbol."""
        self.builders: dict[str, int] = {}
        """Highest fee approved for each builder, tenths of a basis point."""
        self.seen: deque[Seen] = deque(maxlen=KEEP_SEEN)
        self.requests = 0
        """Orders and cancels that came."""
        self.volume = Decimal(0)
        self.opened: dict[str, int] = {}
        """When the position of a symbol left zero, or changed its side, ns."""
        self.changed: dict[str, int] = {}
        """When it last changed, ns."""
        self._newest: OrderedDict[str, str] = OrderedDict()
        """cloid → client order id of the newest order that has it."""
        self._cloids: OrderedDict[str, str] = OrderedDict()
        """cloid of each order that the engine knows by another id."""
        self._rejected: OrderedDict[int, HouseOrder] = OrderedDict()
        self._serial = 0
        self._rejections = 0
        house.listen(self)

    @property
    def name(self) -> str:
        return self.house.name

    def leverage_of(self, instrument: Instrument, most: int) -> Leverage:
        return self.leverage.get(instrument.symbol) or Leverage(min(LEVERAGE, most))

    # -- ids -----------------------------------------------------------------------------------------------------

    def oid(self, order: HouseOrder) -> int:
        if not order.venue_order_id:
            return next((oid for oid, rejected in reversed(self._rejected.items()) if rejected is order), 0)
        return OID_BASE + order.number * IDS + self.index

    def tid(self, told: HouseFill) -> int:
        return OID_BASE + told.number * IDS + self.index

    def payment_id(self, payment: FundingPayment) -> int:
        return OID_BASE + number_of(payment.payment_id) * IDS + self.index

    def cloid(self, order: HouseOrder) -> str | None:
        """The client's own id of an order, where he gave one."""
        client_id = order.client_order_id
        return self._cloids.get(client_id) or (client_id if is_cloid(client_id) else None)

    def client_id(self, cloid: str | None) -> str:
        """The engine's client order id for a new order: the cloid itself where it is new. A modified order takes its
        cloid with it, and the engine takes no id twice."""
        if cloid is not None and cloid not in self._newest:
            self._newest[cloid] = cloid
            if len(self._newest) > KEEP_CLOIDS:
                self._newest.popitem(last=False)
            return cloid
        self._serial += 1
        client_id = f"hl-{self._serial}"
        if cloid is not None:
            self._newest[cloid] = client_id
            self._cloids[client_id] = cloid
            if len(self._cloids) > KEEP_CLOIDS:
                self._cloids.popitem(last=False)
        return client_id

    def knows(self, cloid: str) -> bool:
        """Did an order with this cloid come to be?"""
        return cloid in self._newest

    def forget(self, cloid: str | None, before: str | None) -> None:
        """The newest order of `cloid` never came to be; `before` is the id of the one that has it then."""
        if cloid is None:
            return
        if before is None:
            self._newest.pop(cloid, None)
        else:
            self._newest[cloid] = before

    def newest(self, cloid: str | None) -> str | None:
        """The engine's id of the newest order of a cloid."""
        return None if cloid is None else self._newest.get(cloid)

    def find(self, oid: int | str) -> HouseOrder | None:
        """An order by its oid or its cloid, refused ones too; of orders that share a cloid, the newest."""
        if isinstance(oid, str):
            cloid = oid.lower()
            order = self.house.find(client_order_id=self._newest.get(cloid, ""))
            if order is None and is_cloid(cloid):
                order = next((o for o in reversed(self._rejected.values()) if o.client_order_id == cloid), None)
            return order
        if oid in self._rejected:
            return self._rejected[oid]
        serial, index = divmod(oid - OID_BASE, IDS)
        return self.house.find(number=serial) if index == self.index and serial > 0 else None

    def keep_rejected(self, order: HouseOrder) -> int:
        """Remember an order that was refused, with an oid of its own. Its client order id is its cloid, if any."""
        self._rejections += 1
        oid = REJECTED_BASE + self._rejections * IDS + self.index
        self._rejected[oid] = order
        if len(self._rejected) > KEEP_REJECTED:
            self._rejected.popitem(last=False)
        return oid

    def history(self) -> list[HouseOrder]:
        """Every order that is remembered, the newest first."""
        orders = [*self.house.history(), *self._rejected.values()]
        return sorted(orders, key=lambda order: order.created, reverse=True)

    # -- money ---------------------------------------------------------------------------------------------------

    def funding_paid(self, symbol: str, since: int = 0) -> Decimal:
        """Sum of what funding cost on `symbol` since a stamp, ns."""
        payments = self.house.funding.since(0)
        costs = (payment.cost for payment in payments if payment.symbol == symbol and payment.ts_event >= since)
        return sum(costs, Decimal(0))

    # -- AccountListener -----------------------------------------------------------------------------------------

    def on_accepted(self, account: HouseAccount, order: HouseOrder) -> None:
        """Nothing to keep: its account has it."""

    def on_fill(self, account: HouseAccount, fill: HouseFill) -> None:
        symbol = fill.fill.symbol
        before = fill.position - fill.fill.qty * fill.fill.side.sign
        if before == 0 or before * fill.position < 0:
            self.opened[symbol] = fill.fill.ts_event
        self.changed[symbol] = fill.fill.ts_event
        self.volume += fill.fill.qty * fill.fill.price

    def on_ended(self, account: HouseAccount, order: HouseOrder) -> None:
        """As `on_accepted`."""

    def on_rejected(self, account: HouseAccount, order: HouseOrder) -> None:
        """As `on_accepted`; whoever sent the order keeps it."""

    def on_funding(self, account: HouseAccount, payment: FundingPayment) -> None:
        """As `on_accepted`."""

    def on_transfer(self, account: HouseAccount, transfer: Transfer) -> None:
        """As `on_accepted`."""


class Wallets:
    """Every account of the house, by name and by address."""

    def __init__(self, accounts: Mapping[str, HouseAccount], seed: int) -> None:
        """Raises `SpecError` for more accounts than ids are kept apart for."""
        if len(accounts) > IDS:
            raise SpecError(f"served exchange: {len(accounts)} accounts: expected {IDS} at the most")
        self.by_name = {name: Wallet(account, index, seed) for index, (name, account) in enumerate(accounts.items())}
        self._by_address = {wallet.address: wallet for wallet in self.by_name.values()}

    def at(self, address: str) -> Wallet | None:
        """The account of an address, in any case."""
        return self._by_address.get(address.lower())

    def signed_by(self, address: str, now_ms: int) -> Wallet | None:
        """Whose trading actions an address may sign: its own, or as an API wallet that has not expired."""
        own = self._by_address.get(address)
        if own is not None:
            return own
        for wallet in self.by_name.values():
            agent = wallet.agents.get(address)
            if agent is not None and agent.valid_until > now_ms:
                return wallet
        return None

    def master_of(self, agent: str) -> Wallet | None:
        """The account that approved an API wallet, expired or not."""
        return next((wallet for wallet in self.by_name.values() if agent.lower() in wallet.agents), None)
