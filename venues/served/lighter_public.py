"""Lighter's public queries: markets, books, trades, funding rates."""

from __future__ import annotations

from collections.abc import Iterable

from venues.model import NS_PER_S, Side
from venues.served import lighter_shapes as shapes
from venues.served.house import House
from venues.served.lighter_markets import LighterMarket, LighterMarkets
from venues.served.lighter_query import MAX_PAGE, Handler, Query, chosen_market, market_of, whole
from venues.served.lighter_shapes import USDC, USDC_ID, ZERO, Json, usd
from venues.served.lighter_trading import FRACTION_ONE, LighterTrading
from venues.served.lighter_tx import CHAIN_ID

MAX_LEVELS = 250
RATE_SPAN_S = 8 * 3600


class LighterPublic:
    """Answers by path; raises `LighterError`."""

    def __init__(self, house: House, markets: LighterMarkets, trading: LighterTrading) -> None:
        self._house = house
        self._markets = markets
        self._trading = trading
        self.handlers: dict[str, Handler] = {
            "orderBooks": self._order_books,
            "orderBookDetails": self._order_book_details,
            "assetDetails": self._asset_details,
            "orderBookOrders": self._order_book_orders,
            "recentTrades": self._recent_trades,
            "exchangeStats": self._exchange_stats,
            "funding-rates": self._funding_rates,
            "fundings": self._fundings,
            "currentHeight": self._height,
        }

    def status(self) -> Json:
        return {"status": 200, "network_id": CHAIN_ID, "timestamp": self._house.clock.now_ns() // NS_PER_S}

    async def _order_books(self, query: Query) -> Json:
        return {"order_books": [self._book_head(market) for market in self._chosen(query)]}

    async def _order_book_details(self, query: Query) -> Json:
        details = [self._book_head(market) | self._book_detail(market) for market in self._chosen(query)]
        return {"order_book_details": details, "spot_order_book_details": []}

    def _book_head(self, market: LighterMarket) -> Json:
        instrument, profile = market.instrument, self._house.profile
        return {
            "symbol": market.symbol,
            "market_id": market.number,
            "market_type": "perp",
            "base_asset_id": 0,
            "quote_asset_id": 0,
            "status": "active",
            "taker_fee": f"{profile.taker_bps / 100:.4f}",
            "maker_fee": f"{profile.maker_bps / 100:.4f}",
            "liquidation_fee": f"{profile.liquidation_bps / 100:.4f}",
            "is_maker_fee_enabled": True,
            "is_taker_fee_enabled": True,
            "min_base_amount": market.size_text(instrument.min_qty),
            "min_quote_amount": usd(instrument.min_notional),
            "order_quote_limit": "281474976.710655",
            "supported_size_decimals": market.size_decimals,
            "supported_price_decimals": market.price_decimals,
            "supported_quote_decimals": 6,
            "created_at": "0",
            "multiplier": "1",
            "start_timestamp": 0,
            "end_timestamp": 0,
            "settlement_type": 0,
            "settlement_price": 0,
            "settlement_cap": 0,
            "outcome": 0,
            "default_price": 0,
            "operator_account_index": 0,
            "is_frozen": False,
            "open_interest": "0",
        }

    def _book_detail(self, market: LighterMarket) -> Json:
        fraction = self._trading.least_fraction
        maintenance = int(self._house.profile.maintenance_rate * FRACTION_ONE)
        mark = market.price_text(market.mark())
        return self.daily(market) | {
            "size_decimals": market.size_decimals,
            "price_decimals": market.price_decimals,
            "quote_multiplier": 1,
            "default_initial_margin_fraction": fraction,
            "min_initial_margin_fraction": fraction,
            "maintenance_margin_fraction": maintenance,
            "closeout_margin_fraction": maintenance * 2 // 3,
            "open_interest": 0,
            "daily_chart": {},
            "market_config": {
                "market_margin_mode": 0,
                "insurance_fund_account_index": 0,
                "liquidation_mode": 0,
                "force_reduce_only": False,
                "trading_hours": "",
                "funding_fee_discounts_enabled": False,
                "hidden": False,
                "rfq_enabled": False,
            },
            "strategy_index": 0,
            "funding_clamp_small": "0.0500",
            "funding_clamp_big": "4.0000",
            "base_interest_rate": "0.0100",
            "mark_price": mark,
            "index_price": mark,
            "market_flags": 0,
            "funding_premium_multiplier": 0,
        }

    def daily(self, market: LighterMarket) -> Json:
        """Of the trades that are kept; for screens, so floats as on the wire."""
        instrument = market.instrument
        prices = [instrument.ticks_to_price(trade.ticks) for trade in market.house.trades]
        sizes = [instrument.lots_to_qty(trade.lots) for trade in market.house.trades]
        worth = sum((price * size for price, size in zip(prices, sizes, strict=True)), ZERO)
        last = prices[-1] if prices else market.mark()
        return {
            "last_trade_price": float(last),
            "daily_trades_count": len(prices),
            "daily_base_token_volume": float(sum(sizes, ZERO)),
            "daily_quote_token_volume": float(worth),
            "daily_price_low": float(min(prices, default=last)),
            "daily_price_high": float(max(prices, default=last)),
            "daily_price_change": float((last / prices[0] - 1) * 100) if prices else 0.0,
        }

    async def _asset_details(self, query: Query) -> Json:
        asset = {
            "asset_id": USDC_ID,
            "symbol": USDC,
            "l1_decimals": 6,
            "decimals": 6,
            "min_transfer_amount": "1.000000",
            "min_withdrawal_amount": "1.000000",
            "margin_mode": "enabled",
            "index_price": "1.000000",
            "l1_address": "0x" + "0" * 40,
            "global_supply_cap": "0",
            "liquidation_fee": "0",
            "liquidation_threshold": "0",
            "loan_to_value": "0",
            "price_decimals": 6,
            "total_supplied": "0",
            "user_supply_cap": "0",
            "liquidation_factor": "0",
            "multiplier": "1",
        }
        return {"asset_details": [asset]}

    async def _order_book_orders(self, query: Query) -> Json:
        """One order a level stands for all of them."""
        market = market_of(query, self._markets)
        limit = whole(query, "limit", default=100, most=MAX_LEVELS)
        bids, asks = (self._level_orders(market, side, limit) for side in (Side.BUY, Side.SELL))
        return {"total_bids": len(bids), "bids": bids, "total_asks": len(asks), "asks": asks}

    def _level_orders(self, market: LighterMarket, side: Side, limit: int) -> list[Json]:
        return [
            {
                "order_index": (1 << 59) + ticks,
                "order_id": str((1 << 59) + ticks),
                "owner_account_index": shapes.OTHERS,
                "initial_base_amount": market.size_text(market.instrument.lots_to_qty(lots)),
                "remaining_base_amount": market.size_text(market.instrument.lots_to_qty(lots)),
                "price": market.price_text(market.instrument.ticks_to_price(ticks)),
                "order_expiry": 0,
                "transaction_time": 0,
            }
            for ticks, lots in market.house.levels(side, limit)
        ]

    async def _recent_trades(self, query: Query) -> Json:
        market = market_of(query, self._markets)
        limit = whole(query, "limit", default=100, most=MAX_PAGE)
        newest = list(market.house.trades)[-limit:]
        return {"trades": [shapes.public_trade_json(market, trade) for trade in reversed(newest)]}

    async def _exchange_stats(self, query: Query) -> Json:
        rows = [{"symbol": market.symbol} | self.daily(market) for market in self._markets]
        return {
            "total": len(rows),
            "order_book_stats": [
                {name: value for name, value in row.items() if name not in ("daily_price_low", "daily_price_high")}
                for row in rows
            ],
            "daily_usd_volume": 0.0,
            "daily_trades_count": 0,
        }

    async def _funding_rates(self, query: Query) -> Json:
        """For eight hours, as venues are compared there, though it settles every hour."""
        rates = [
            {
                "market_id": market.number,
                "exchange": "lighter",
                "symbol": market.symbol,
                "rate": _eight_hours(market),
            }
            for market in self._markets
        ]
        return {"funding_rates": rates}

    async def _fundings(self, query: Query) -> Json:
        """The exchange keeps what accounts paid, not a history of rates."""
        market_of(query, self._markets)
        return {"resolution": query.get("resolution", "1h"), "fundings": []}

    async def _height(self, query: Query) -> Json:
        return {"height": self._house.clock.now_ns() // NS_PER_S}

    def _chosen(self, query: Query) -> Iterable[LighterMarket]:
        market = chosen_market(query, self._markets)
        return self._markets if market is None else [market]


def _eight_hours(market: LighterMarket) -> float:
    funding = market.house.funding()
    return float(funding.rate * RATE_SPAN_S / funding.interval_s)
