"""Lighter's queries about accounts: keys, balances, positions, orders, trades, funding."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from venues.model import NS_PER_MS, BalanceReport
from venues.served import lighter_shapes as shapes
from venues.served.house import House
from venues.served.lighter_errors import ACCOUNT_NOT_FOUND, LighterError, invalid_auth, invalid_param
from venues.served.lighter_keys import ALL_KEYS, KeyRing, Owner
from venues.served.lighter_markets import LighterMarkets
from venues.served.lighter_orders import AccountOrders
from venues.served.lighter_query import Handler, Query, chosen_market, page_of, whole
from venues.served.lighter_shapes import ZERO, Json, usd
from venues.served.lighter_trading import LighterTrading


class LighterAccounts:
    """Answers by path; raises `LighterError`. Private ones want the owner's token as `auth`."""

    def __init__(
        self,
        house: House,
        keys: KeyRing,
        markets: LighterMarkets,
        orders: Mapping[str, AccountOrders],
        trading: LighterTrading,
    ) -> None:
        self._house = house
        self._keys = keys
        self._markets = markets
        self._orders = orders
        self._trading = trading
        self.handlers: dict[str, Handler] = {
            "nextNonce": self._next_nonce,
            "apikeys": self._api_keys,
            "account": self._account,
            "accountsByL1Address": self._accounts_by_address,
            "accountLimits": self._account_limits,
            "accountActiveOrders": self._active_orders,
            "accountInactiveOrders": self._inactive_orders,
            "trades": self._trades,
            "positionFunding": self._position_funding,
            "transfer/history": self._no_history("transfers"),
            "deposit/history": self._no_history("deposits"),
            "withdraw/history": self._no_history("withdraws"),
        }

    async def _next_nonce(self, query: Query) -> Json:
        key = self._keys.key(whole(query, "account_index"), whole(query, "api_key_index"))
        return {"nonce": key.nonce}

    async def _api_keys(self, query: Query) -> Json:
        owner = self._keys.owner(whole(query, "account_index"))
        index = whole(query, "api_key_index", default=ALL_KEYS)
        chosen = owner.keys.values() if index == ALL_KEYS else [self._keys.key(owner.index, index)]
        return {
            "api_keys": [
                {
                    "account_index": owner.index,
                    "api_key_index": key.index,
                    "nonce": key.nonce,
                    "public_key": key.public_key.hex(),
                    "transaction_time": 0,
                }
                for key in chosen
            ]
        }

    async def _account(self, query: Query) -> Json:
        by, value = query.get("by"), query.get("value", "")
        if by == "index":
            found = [self._keys.owner(whole(query, "value"))]
        elif by == "l1_address":
            found = [owner for owner in self._keys.owners.values() if owner.address == value.lower()]
        else:
            raise invalid_param(f"by is {by!r}: expected index or l1_address")
        accounts = [await self.account(self._orders[owner.name]) for owner in found]
        return {"total": len(accounts), "accounts": accounts, "next_cursor": ""}

    async def account(self, orders: AccountOrders) -> Json:
        balance, positions = await self.holdings(orders)
        head = shapes.account_head(orders, balance, self._trading.cancel_all_time(orders.account.name))
        return shapes.account_json(head, positions, balance, max(ZERO, balance.equity - balance.free))

    async def holdings(self, orders: AccountOrders) -> tuple[BalanceReport, list[Json]]:
        """Balance and positions, as the venue reports them now."""
        venue = orders.account.venue
        settle = next(iter(self._markets)).instrument.settle
        balances = await venue.balances()
        balance = next(
            (report for report in balances if report.asset == settle),
            BalanceReport(settle, ZERO, ZERO, ZERO, ZERO, self._house.clock.now_ns()),
        )
        positions = []
        for report in await venue.positions():
            market = self._markets.by_symbol(report.symbol)
            payments = orders.account.funding.since(0)
            paid = sum((payment.cost for payment in payments if payment.symbol == report.symbol), Decimal(0))
            fraction = self._trading.fraction(orders.account.name, market)
            positions.append(shapes.position_json(market, orders, report, fraction, paid))
        return balance, positions

    async def stats(self, orders: AccountOrders) -> Json:
        """As `user_stats` tells it."""
        balance, _ = await self.holdings(orders)
        reports = await orders.account.venue.positions()
        worth = sum((abs(report.qty) * report.mark_price for report in reports), ZERO)
        return {"stats": shapes.stats_json(balance, worth)}

    async def _accounts_by_address(self, query: Query) -> Json:
        address = query.get("l1_address", "").lower()
        heads = []
        for owner in self._keys.owners.values():
            if owner.address == address:
                orders = self._orders[owner.name]
                balance, _ = await self.holdings(orders)
                heads.append(shapes.account_head(orders, balance, self._trading.cancel_all_time(owner.name)))
        if not heads:
            raise LighterError(ACCOUNT_NOT_FOUND, "account not found")
        return {"l1_address": address, "sub_accounts": heads}

    async def _account_limits(self, query: Query) -> Json:
        self._owner(query)
        profile = self._house.profile
        tier = "premium" if profile.maker_bps or profile.taker_bps else "standard"
        return {
            "max_llp_percentage": 100,
            "max_llp_amount": usd(ZERO),
            "user_tier": tier,
            "user_tier_name": tier,
            "user_tier_last_update": 0,
            "can_create_public_pool": False,
            "current_maker_fee_tick": shapes.fee_ticks(profile.maker_bps),
            "current_taker_fee_tick": shapes.fee_ticks(profile.taker_bps),
            "effective_lit_stakes": "0.00000000",
            "leased_lit": "0.00000000",
            "bo_user_tier_name": tier,
            "bo_fee_rate": 1,
        }

    async def _active_orders(self, query: Query) -> Json:
        owner = self._owner(query)
        market = chosen_market(query, self._markets)
        return {"orders": [shapes.order_json(owner, order) for order in self._orders[owner.name].active(market)]}

    async def _inactive_orders(self, query: Query) -> Json:
        owner = self._owner(query)
        market = chosen_market(query, self._markets)
        orders = [order for order in self._orders[owner.name].inactive() if market in (None, order.market)]
        page, cursor = page_of(query, orders)
        return {"orders": [shapes.order_json(owner, order) for order in page]} | cursor

    async def _trades(self, query: Query) -> Json:
        """Newest first. `from` (ms) leaves newer trades out."""
        owner = self._owner(query)
        market = chosen_market(query, self._markets)
        until = whole(query, "from", default=0)
        trades = [
            trade
            for trade in reversed(self._orders[owner.name].trades)
            if market in (None, trade.order.market) and (not until or trade.fill.fill.ts_event <= until * NS_PER_MS)
        ]
        page, cursor = page_of(query, trades)
        return {"trades": [shapes.trade_json(owner, trade, self._house.profile) for trade in page]} | cursor

    async def _position_funding(self, query: Query) -> Json:
        owner = self._owner(query)
        market = chosen_market(query, self._markets)
        rows = [
            shapes.funding_json(self._markets.by_symbol(payment.symbol), payment)
            for payment in reversed(self._orders[owner.name].account.funding.since(0))
            if market is None or market.instrument.symbol == payment.symbol
        ]
        page, cursor = page_of(query, rows)
        return {"position_fundings": page} | cursor

    def _no_history(self, name: str) -> Handler:
        """Money neither comes nor goes over this API."""

        async def answer(query: Query) -> Json:
            self._owner(query)
            return {name: [], "cursor": ""}

        return answer

    def _owner(self, query: Query) -> Owner:
        """Whose private data is asked for: the token must be his."""
        owner = self._keys.authenticate(query.get("auth", ""))
        if "account_index" in query and whole(query, "account_index") != owner.index:
            raise invalid_auth("token is of another account")
        return owner
