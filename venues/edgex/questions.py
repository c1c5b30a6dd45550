"""What can be asked of an edgeX account, whole pages or nothing: half a list is no answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Any, TypeVar

from venues.edgex.reading import (
    BadMessage,
    balance_reports,
    fill_report,
    funding_payment,
    instruments_of,
    order_report,
    position_reports,
    transfer_of,
)
from venues.edgex.sdk import Raw, RestClient, Sdk, ask
from venues.model import (
    BalanceReport,
    Clock,
    FillPage,
    FillReport,
    FundingPayment,
    Instrument,
    OrderStatusReport,
    PositionStatusReport,
    Transfer,
    TransferKind,
    VenueUnavailable,
)
from venues.model.clock import NS_PER_MS

T = TypeVar("T")

PAGE = 100
MAX_PAGES = 50
FUNDING = "POSITION_FUNDING"
TRANSFERS = {
    "DEPOSIT": TransferKind.DEPOSIT,
    "WITHDRAW": TransferKind.WITHDRAWAL,
    "TRANSFER_IN": TransferKind.TRANSFER_IN,
    "TRANSFER_OUT": TransferKind.TRANSFER_OUT,
}


class Questions:
    """Every question raises `VenueUnavailable` where no answer came or it makes no sense, `VenueRejected` for a no."""

    def __init__(
        self, sdk: Sdk, client: RestClient, metadata: Raw, instruments: Mapping[str, Instrument], clock: Clock
    ) -> None:
        self._sdk = sdk
        self._client = client
        self._clock = clock
        self._instruments = instruments
        contracts = instruments_of(metadata)[1]
        self._symbols = {contract: symbol for symbol, contract in contracts.items() if symbol in instruments}
        self._coins = {str(coin.get("coinId")): str(coin.get("coinName")) for coin in metadata.get("coinList") or ()}
        self._ids: dict[str, str] = {}
        """Our id by the venue's, of the orders that were seen: fills name the venue's only."""

    def learn(self, venue_order_id: str, client_order_id: str) -> None:
        """Our id of an order of the venue's."""
        self._ids[venue_order_id] = client_order_id

    # -- orders and fills ----------------------------------------------------------------------------------------

    async def order(self, client_order_id: str, venue_order_id: str) -> OrderStatusReport | None:
        """None where the venue lists none."""
        orders = self._client.order
        by_id = orders.get_orders_by_id([venue_order_id]) if venue_order_id else None
        rows = await ask("order", by_id or orders.get_orders_by_client_order_id([client_order_id]))
        return next(iter(self.reports(rows or ())), None)

    async def open_orders(self) -> tuple[OrderStatusReport, ...]:
        make = self._sdk.GetActiveOrderParams
        return tuple(self.reports(await self._pages("open orders", self._client.order.get_active_orders, make)))

    async def fills_since(self, cursor: str) -> FillPage:
        """The cursor is the stamp (ms) up to which fills are known; those of that very stamp come again."""
        since = int(cursor) if cursor else 0
        rows = await self._pages(
            "fills",
            self._client.order.get_order_fill_transactions,
            self._sdk.OrderFillTransactionParams,
            filter_start_created_time_inclusive=since,
        )
        fills = [fill for row in rows if (fill := await self.fill(row)) is not None]
        fills.sort(key=lambda fill: (fill.ts_event, fill.trade_id))
        newest = max((int(row.get("createdTime") or 0) for row in rows), default=since)
        return FillPage(tuple(fills), str(max(newest, since)) if newest else "")

    def reports(self, rows: Iterable[Raw]) -> list[OrderStatusReport]:
        """Of the contracts that are traded."""
        found = []
        for row in rows:
            symbol = self._symbols.get(str(row.get("contractId")))
            if symbol is not None:
                report = self._read("order", partial(order_report, row, symbol, self._clock.now_ns()))
                self.learn(report.venue_order_id, report.client_order_id)
                found.append(report)
        return found

    async def fill(self, row: Raw) -> FillReport | None:
        """With our id, for which the order is asked where it is not known; None for a contract that is not traded."""
        symbol = self._symbols.get(str(row.get("contractId")))
        if symbol is None:
            return None
        order_id = str(row.get("orderId") or "")
        if order_id and order_id not in self._ids:
            await self.order("", order_id)
        ours, asset = self._ids.get(order_id, ""), self._instruments[symbol].settle
        return self._read("fill", partial(fill_report, row, symbol, asset, ours, self._clock.now_ns()))

    # -- money ---------------------------------------------------------------------------------------------------

    async def positions(self) -> tuple[PositionStatusReport, ...]:
        asset = await ask("positions", self._client.account.get_account_asset())
        self._read("positions", partial(_must_have, asset, "positionList"))
        return self._read("positions", partial(position_reports, asset, self._symbols, self._clock.now_ns()))

    async def balances(self) -> tuple[BalanceReport, ...]:
        asset = await ask("balances", self._client.account.get_account_asset())
        self._read("balances", partial(_must_have, asset, "collateralAssetModelList"))
        return self._read("balances", partial(balance_reports, asset, self._coins, self._clock.now_ns()))

    async def funding_since(self, ts: int) -> tuple[FundingPayment, ...]:
        found = []
        for row in await self._collateral("funding", [FUNDING], ts):
            symbol = self._symbols.get(str(row.get("positionContractId") or row.get("contractId")))
            if symbol is not None:
                asset = self._instruments[symbol].settle
                found.append(self._read("funding", partial(funding_payment, row, symbol, asset, self._clock.now_ns())))
        return tuple(found)

    async def transfers_since(self, ts: int) -> tuple[Transfer, ...]:
        found = []
        for row in await self._collateral("transfers", list(TRANSFERS), ts):
            kind = TRANSFERS.get(str(row.get("type")))
            if kind is not None:
                asset = self._coins.get(str(row.get("coinId")), str(row.get("coinId")))
                found.append(self._read("transfers", partial(transfer_of, row, kind, asset, self._clock.now_ns())))
        return tuple(found)

    async def _collateral(self, what: str, types: list[str], since_ns: int) -> list[Raw]:
        return await self._pages(
            what,
            self._client.account.get_collateral_transaction_page,
            self._sdk.GetCollateralTransactionPageParams,
            filter_type_list=types,
            filter_start_created_time_inclusive=since_ns // NS_PER_MS,
        )

    # -- small things --------------------------------------------------------------------------------------------

    async def _pages(self, what: str, fetch: Callable[[Any], Awaitable[Raw]], make: Any, **wanted: object) -> list[Raw]:
        rows: list[Raw] = []
        offset = ""
        for _ in range(MAX_PAGES):
            data = await ask(what, fetch(make(size=str(PAGE), offset_data=offset, **wanted))) or {}
            rows.extend(data.get("dataList") or ())
            offset = str(data.get("nextPageOffsetData") or "")
            if not offset:
                return rows
        raise VenueUnavailable(f"{what}: more than {MAX_PAGES} pages")

    def _read(self, what: str, read: Callable[[], T]) -> T:
        try:
            return read()
        except (BadMessage, KeyError) as error:
            raise VenueUnavailable(f"{what}: the answer makes no sense: {error}") from None


def _must_have(raw: object, name: str) -> None:
    """An answer without its list is no answer: never read it as flat."""
    if not isinstance(raw, Mapping) or not isinstance(raw.get(name), list):
        raise BadMessage(f"{name} is missing")
