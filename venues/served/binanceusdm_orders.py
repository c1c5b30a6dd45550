"""Binance USDⓈ-M futures: orders over REST."""

from __future__ import annotations

import asyncio
import re
from decimal import Decimal
from functools import partial

import msgspec

from venues.model import (
    NS_PER_MS,
    Instrument,
    InstrumentError,
    OrderRequest,
    OrderStatus,
    Side,
    TimeInForce,
)
from venues.served.binanceusdm_words import (
    TOO_MANY_ORDERS,
    UNKNOWN_CANCEL,
    UNKNOWN_ORDER,
    Params,
    Refused,
    missing,
    ms,
    plain,
    refusal_of,
)
from venues.served.house import House, HouseAccount, HouseMarket, HouseOrder

CLIENT_ID = re.compile(r"^[.A-Z:/a-z0-9_-]{1,36}$")
CONDITIONAL = ("STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET")
MAX_BATCH = 5
MAX_BATCH_CANCEL = 10
_TIF = {"GTC": TimeInForce.GTC, "IOC": TimeInForce.IOC, "FOK": TimeInForce.FOK, "GTX": TimeInForce.GTC}


def status_text(order: HouseOrder) -> str:
    """What is left of an IOC expires; what the venue itself takes back does too. A trade without an order of a client
    is whole with each of its fills, as its size is not known before."""
    if not order.qty.is_finite():
        return "FILLED"
    if order.status is OrderStatus.OPEN:
        return "NEW"
    if order.status is OrderStatus.CANCELED and (order.tif is not TimeInForce.GTC or order.reason is not None):
        return "EXPIRED"
    return order.status.name


def tif_text(order: HouseOrder) -> str:
    return "GTX" if order.post_only else "GTC" if order.market else order.tif.name


def type_text(order: HouseOrder) -> str:
    return "MARKET" if order.market else "LIMIT"


def client_id_text(order: HouseOrder) -> str:
    """Ids of the venue's own closing orders begin with `autoclose-`."""
    return order.client_order_id or f"{'autoclose' if order.liquidation else 'web'}-{order.number}"


def order_row(order: HouseOrder) -> dict[str, object]:
    """An order as every answer of the REST API shows it."""
    return {
        "orderId": order.number,
        "symbol": order.symbol,
        "status": status_text(order),
        "clientOrderId": client_id_text(order),
        "price": "0" if order.market else plain(order.price),
        "avgPrice": plain(order.average.quantize(Decimal("1e-8"))),
        "origQty": plain(order.qty if order.qty.is_finite() else order.filled),
        "executedQty": plain(order.filled),
        "cumQty": plain(order.filled),
        "cumQuote": plain(order.value),
        "timeInForce": tif_text(order),
        "type": type_text(order),
        "reduceOnly": order.reduce_only,
        "closePosition": False,
        "side": order.side.name,
        "positionSide": "BOTH",
        "stopPrice": "0",
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "origType": type_text(order),
        "priceMatch": "NONE",
        "selfTradePreventionMode": "EXPIRE_MAKER",
        "goodTillDate": 0,
        "time": ms(order.created),
        "updateTime": ms(order.updated),
    }


class Orders:
    """Handlers of one dialect; each takes the account and the parameters, and answers or raises `Refused`."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._numbered = 0
        self._countdowns: dict[tuple[str, str], asyncio.TimerHandle] = {}

    # -- placing -------------------------------------------------------------------------------------------------

    async def place(self, account: HouseAccount, params: Params) -> dict[str, object]:
        request, market = self._request(account, params)
        order = await account.submit(request, market=market)
        if order.status is OrderStatus.REJECTED:
            raise refusal_of(order.reason, order.text)
        return order_row(order)

    async def test(self, account: HouseAccount, params: Params) -> dict[str, object]:
        """Checked by its form, and not placed."""
        self._request(account, params)
        return {}

    async def place_batch(self, account: HouseAccount, params: Params) -> list[dict[str, object]]:
        try:
            batch = msgspec.json.decode(params.need("batchOrders"), type=list[dict[str, object]])
        except (msgspec.DecodeError, RecursionError):
            raise missing("batchOrders") from None
        if not 1 <= len(batch) <= MAX_BATCH:
            raise Refused(-4082, "Invalid number of batch place orders.")
        rows = []
        for entry in batch:
            values = {
                key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in entry.items()
            }
            try:
                rows.append(await self.place(account, Params(values)))
            except Refused as refused:
                rows.append(refused.body)
        return rows

    def _request(self, account: HouseAccount, params: Params) -> tuple[OrderRequest, bool]:
        market = params.market(self._house.markets)
        instrument = market.instrument
        kind, side = params.need("type"), params.need("side")
        if side not in ("BUY", "SELL"):
            raise Refused(-1117, "Invalid side.")
        if kind in CONDITIONAL:
            raise Refused(
                -4120,
                "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.",
            )
        if kind not in ("LIMIT", "MARKET"):
            raise Refused(-1116, "Invalid orderType.")
        if params.get("positionSide", "BOTH") != "BOTH":
            raise Refused(-4061, "Order's position side does not match user's setting.")
        client_id = params.get("newClientOrderId")
        if client_id and not CLIENT_ID.match(client_id):
            raise Refused(-4015, "Client order id is not valid.")
        reduce_only = params.flag("reduceOnly")
        qty = self._qty(instrument, params)
        if kind == "MARKET":
            bound = self._house.bounding_price(instrument.symbol, Side[side])
            if bound is None or market.best(Side[side].opposite) is None:
                raise Refused(-4131, "The counterparty's best price does not meet the PERCENT_PRICE filter limit.")
            price, tif, post_only = bound, TimeInForce.IOC, False
        else:
            name = params.need("timeInForce")
            if name not in _TIF:
                raise Refused(-1115, "Invalid timeInForce.")
            price, tif, post_only = self._price(market, params, Side[side]), _TIF[name], name == "GTX"
        self._check_notional(market, qty, price, reduce_only)
        if not client_id:
            self._numbered += 1
            client_id = f"web_{account.name[:12]}_{self._numbered}"
        request = OrderRequest(client_id, instrument.symbol, Side[side], qty, price, tif, post_only, reduce_only)
        return request, kind == "MARKET"

    def _qty(self, instrument: Instrument, params: Params) -> Decimal:
        qty = params.decimal("quantity")
        if qty <= 0:
            raise Refused(-4003, "Quantity less than or equal to zero.")
        try:
            instrument.qty_to_lots(qty)
        except InstrumentError:
            raise Refused(-1111, "Precision is over the maximum defined for this asset.") from None
        if qty < instrument.min_qty:
            raise Refused(-4004, "Quantity less than or equal to minimum quantity.")
        return qty

    def _price(self, market: HouseMarket, params: Params, side: Side) -> Decimal:
        price = params.decimal("price")
        if price <= 0:
            raise Refused(-4001, "Price less than or equal to zero.")
        try:
            market.instrument.price_to_ticks(price)
        except InstrumentError:
            raise Refused(-4014, "Price not increased by tick size.") from None
        bound = self._house.bounding_price(market.symbol, side)
        if bound is not None and (price - bound) * side.sign > 0:
            if side is Side.BUY:
                raise Refused(-4016, f"Limit price can't be higher than {plain(bound)}.")
            raise Refused(-4024, f"Limit price can't be lower than {plain(bound)}.")
        return price

    def _check_notional(self, market: HouseMarket, qty: Decimal, price: Decimal, reduce_only: bool) -> None:
        least = market.instrument.min_notional
        if not reduce_only and market.instrument.notional(qty, price) < least:
            raise Refused(
                -4164, f"Order's notional must be no smaller than {plain(least)} (unless you choose reduce only)."
            )

    # -- cancelling ----------------------------------------------------------------------------------------------

    async def cancel(self, account: HouseAccount, params: Params) -> dict[str, object]:
        order = self._named(account, params, UNKNOWN_CANCEL)
        failed = await account.cancel(order)
        if failed.startswith("too many"):
            raise Refused(*TOO_MANY_ORDERS)
        if failed:
            raise Refused(*UNKNOWN_CANCEL)
        return order_row(order)

    async def cancel_batch(self, account: HouseAccount, params: Params) -> list[dict[str, object]]:
        params.market(self._house.markets)
        numbers = _listed(params, "orderIdList") or _listed(params, "orderidlist")
        names = _listed(params, "origClientOrderIdList") or _listed(params, "origclientorderidlist")
        asked = [{"orderId": str(number)} for number in numbers] + [{"origClientOrderId": str(name)} for name in names]
        if not 1 <= len(asked) <= MAX_BATCH_CANCEL:
            raise Refused(-4083, "Invalid number of batch cancel orders.")
        rows = []
        for values in asked:
            try:
                rows.append(await self.cancel(account, Params({"symbol": params.need("symbol"), **values})))
            except Refused as refused:
                rows.append(refused.body)
        return rows

    async def cancel_all(self, account: HouseAccount, params: Params) -> dict[str, object]:
        await account.cancel_all(params.market(self._house.markets).symbol)
        return {"code": 200, "msg": "The operation of cancel all open order is done."}

    async def countdown(self, account: HouseAccount, params: Params) -> dict[str, object]:
        """Dead-man switch of one symbol; a countdown of 0 ms disarms it."""
        symbol, left = params.market(self._house.markets).symbol, params.whole("countdownTime")
        if left < 0:
            raise missing("countdownTime")
        self.disarm(account.name, symbol)
        if left:
            act = partial(self._count_down, account, symbol)
            self._countdowns[(account.name, symbol)] = self._house.timers.after(left * NS_PER_MS, act)
        return {"symbol": symbol, "countdownTime": str(left)}

    def disarm(self, account: str | None = None, symbol: str | None = None) -> None:
        for key, timer in list(self._countdowns.items()):
            if account in (None, key[0]) and symbol in (None, key[1]):
                timer.cancel()
                del self._countdowns[key]

    def _count_down(self, account: HouseAccount, symbol: str) -> None:
        self._countdowns.pop((account.name, symbol), None)
        self._house.exchange.cancel_by_venue(account.name, symbol)

    # -- asking --------------------------------------------------------------------------------------------------

    async def query(self, account: HouseAccount, params: Params) -> dict[str, object]:
        return order_row(self._named(account, params, UNKNOWN_ORDER))

    async def query_open(self, account: HouseAccount, params: Params) -> dict[str, object]:
        order = self._named(account, params, UNKNOWN_ORDER)
        if not order.open:
            raise Refused(*UNKNOWN_ORDER)
        return order_row(order)

    async def open_orders(self, account: HouseAccount, params: Params) -> list[dict[str, object]]:
        symbol = params.market(self._house.markets).symbol if "symbol" in params else None
        orders = sorted(account.orders.values(), key=lambda order: order.number)
        return [order_row(order) for order in orders if symbol in (None, order.symbol)]

    async def all_orders(self, account: HouseAccount, params: Params) -> list[dict[str, object]]:
        symbol, limit = params.market(self._house.markets).symbol, params.limit(500, 1000)
        first, start, end = params.whole("orderId", 0), params.whole("startTime", 0), params.whole("endTime", 1 << 62)
        found = [
            order
            for order in account.history()
            if order.symbol == symbol and order.number >= first and start <= ms(order.created) <= end
        ]
        chosen = found[:limit] if first or start else found[-limit:]
        return [order_row(order) for order in chosen]

    def _named(self, account: HouseAccount, params: Params, unknown: tuple[int, str]) -> HouseOrder:
        market = params.market(self._house.markets)
        number, client_id = params.whole("orderId", 0), params.get("origClientOrderId")
        if not number and not client_id:
            raise Refused(-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!")
        order = account.find(client_order_id=client_id, number=number)
        if order is None or order.symbol != market.symbol:
            raise Refused(*unknown)
        return order


def _listed(params: Params, name: str) -> list[int | str]:
    """A JSON list of ids."""
    if name not in params:
        return []
    try:
        return msgspec.json.decode(params.get(name), type=list[int | str])
    except (msgspec.DecodeError, RecursionError):
        raise missing(name) from None
