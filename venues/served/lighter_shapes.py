"""Lighter's JSON: orders, trades, positions, accounts, markets, as its REST and its websocket spell them.

Order stamps are seconds (as ccxt reads them from the live venue), trade stamps milliseconds, `transaction_time`
microseconds. What the paper exchange has no notion of is at its neutral value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TypeAlias

from venues.model import NS_PER_S, BalanceReport, FundingPayment, PositionStatusReport, Side
from venues.paper.profiles import Profile
from venues.served.house import PublicTrade, number_of
from venues.served.lighter_keys import Owner
from venues.served.lighter_markets import LighterMarket
from venues.served.lighter_orders import AccountOrders, LighterOrder, LighterTrade

Json: TypeAlias = dict[str, object]

OTHERS = 281_474_976_710_654
"""Account index of whoever is on the other side: the synthetic or recorded market."""
USDC = "USDC"
USDC_ID = 3
ZERO = Decimal(0)
ONE = Decimal(1)


def usd(value: Decimal) -> str:
    return f"{value:.6f}"


def order_json(owner: Owner, order: LighterOrder) -> Json:
    market = order.market
    remaining = ZERO if order.ended else order.remaining
    return {
        "order_index": order.index,
        "client_order_index": order.client_index,
        "order_id": str(order.index),
        "client_order_id": str(order.client_index),
        "market_index": market.number,
        "owner_account_index": owner.index,
        "initial_base_amount": market.size_text(order.base_amount),
        "price": market.price_text(order.price),
        "nonce": order.nonce,
        "remaining_base_amount": market.size_text(remaining),
        "is_ask": order.side is Side.SELL,
        "base_size": market.scaled_size(remaining),
        "base_price": market.scaled_price(order.price),
        "filled_base_amount": market.size_text(order.filled),
        "filled_quote_amount": usd(order.value),
        "side": order.side.value,
        "type": order.order_type,
        "time_in_force": order.time_in_force,
        "reduce_only": order.reduce_only,
        "trigger_price": market.price_text(ZERO),
        "order_expiry": order.expiry,
        "status": order.status,
        "trigger_status": "na",
        "trigger_time": 0,
        "parent_order_index": 0,
        "parent_order_id": "0",
        "to_trigger_order_id_0": "0",
        "to_trigger_order_id_1": "0",
        "to_cancel_order_id_0": "0",
        "integrator_fee_collector_index": "0",
        "integrator_taker_fee": "0",
        "integrator_maker_fee": "0",
        "order_flags": 0,
        "order_version": 0,
        "market_symbol": market.symbol,
        "market_kind": "perp",
        "block_height": order.updated // NS_PER_S,
        "timestamp": order.created // NS_PER_S,
        "created_at": order.created // NS_PER_S,
        "updated_at": order.updated // NS_PER_S,
        "transaction_time": order.updated // 1_000,
    }


def trade_json(owner: Owner, trade: LighterTrade, profile: Profile) -> Json:
    """A fill of `owner`'s account."""
    fill, order, told = trade.fill.fill, trade.order, trade.fill
    market = order.market
    selling = fill.side is Side.SELL
    mine, theirs = ("ask", "bid") if selling else ("bid", "ask")
    role, other = ("maker", "taker") if trade.maker else ("taker", "maker")
    entry_quote = abs(trade.position_before) * (told.entry or fill.price)
    shape = _trade(market, trade.trade_id, fill.qty, fill.price, fill.ts_event, is_maker_ask=selling is trade.maker)
    shape |= {
        "type": "liquidation" if fill.liquidation else "trade",
        "tx_hash": order.tx_hash,
        f"{mine}_id": order.index,
        f"{mine}_id_str": str(order.index),
        f"{mine}_client_id": order.client_index,
        f"{mine}_client_id_str": str(order.client_index),
        f"{mine}_account_id": owner.index,
        f"{mine}_account_pnl": usd(told.realised),
        f"{theirs}_account_pnl": usd(ZERO),
        "taker_fee": fee_ticks(profile.taker_bps),
        "maker_fee": fee_ticks(profile.maker_bps),
        f"{role}_position_size_before": market.size_text(trade.position_before),
        f"{role}_entry_quote_before": usd(entry_quote),
        f"{role}_position_sign_changed": trade.position_before * told.position <= 0,
        f"{other}_position_size_before": market.size_text(ZERO),
        f"{other}_entry_quote_before": usd(ZERO),
        f"{other}_position_sign_changed": False,
    }
    return shape


def public_trade_json(market: LighterMarket, trade: PublicTrade) -> Json:
    instrument = market.instrument
    return _trade(
        market,
        (market.number + 1) * 1_000_000_000 + trade.number,
        instrument.lots_to_qty(trade.lots),
        instrument.ticks_to_price(trade.ticks),
        trade.ts,
        is_maker_ask=trade.aggressor is Side.BUY,
    )


def _trade(market: LighterMarket, number: int, qty: Decimal, price: Decimal, ts: int, *, is_maker_ask: bool) -> Json:
    shape: Json = {
        "trade_id": number,
        "trade_id_str": str(number),
        "tx_hash": "",
        "type": "trade",
        "market_id": market.number,
        "size": market.size_text(qty),
        "price": market.price_text(price),
        "usd_amount": usd(qty * price),
        "is_maker_ask": is_maker_ask,
        "block_height": ts // NS_PER_S,
        "timestamp": ts // 1_000_000,
        "transaction_time": ts // 1_000,
        "taker_fee": 0,
        "maker_fee": 0,
        "integrator_maker_fee": 0,
        "integrator_maker_fee_collector_index": 0,
        "integrator_taker_fee": 0,
        "integrator_taker_fee_collector_index": 0,
        "market_symbol": market.symbol,
        "market_kind": "perp",
    }
    for side in ("ask", "bid"):
        shape |= {
            f"{side}_id": number,
            f"{side}_id_str": str(number),
            f"{side}_client_id": 0,
            f"{side}_client_id_str": "0",
            f"{side}_account_id": OTHERS,
            f"{side}_account_pnl": usd(ZERO),
            f"{side}_order_version": 0,
        }
    for role in ("taker", "maker"):
        shape |= {
            f"{role}_position_size_before": market.size_text(ZERO),
            f"{role}_entry_quote_before": usd(ZERO),
            f"{role}_initial_margin_fraction_before": 0,
            f"{role}_position_sign_changed": False,
            f"{role}_allocated_margin_usdc_before": 0,
            f"{role}_allocated_margin_usdc_after": 0,
        }
    return shape


def fee_ticks(bps: Decimal) -> int:
    """A rate in the venue's unit: millionths of the notional."""
    return int(bps * 100)


def position_json(
    market: LighterMarket, orders: AccountOrders, report: PositionStatusReport, fraction: int, paid: Decimal
) -> Json:
    """`fraction`: initial margin in hundredths of a percent; `paid`: funding paid on this market so far."""
    size = abs(report.qty)
    return {
        "market_id": market.number,
        "symbol": market.symbol,
        "initial_margin_fraction": f"{Decimal(fraction) / 100:.2f}",
        "open_order_count": sum(1 for _ in orders.active(market)),
        "pending_order_count": 0,
        "position_tied_order_count": 0,
        "sign": 1 if report.qty >= 0 else -1,
        "position": market.size_text(size),
        "avg_entry_price": market.price_text(report.entry_price),
        "position_value": usd(size * report.mark_price),
        "unrealized_pnl": usd(report.unrealised),
        "realized_pnl": usd(orders.realised.get(report.symbol, ZERO)),
        "liquidation_price": "0" if report.liq_price is None else market.price_text(report.liq_price),
        "total_funding_paid_out": usd(paid),
        "margin_mode": 0,
        "allocated_margin": usd(ZERO),
        "total_discount": usd(ZERO),
        "margin_set_flag": 0,
    }


def asset_json(cash: Decimal, equity: Decimal) -> Json:
    return {
        "symbol": USDC,
        "asset_id": USDC_ID,
        "balance": usd(cash),
        "locked_balance": usd(ZERO),
        "margin_balance": usd(equity),
        "margin_mode": "enabled",
        "multiplier": "1",
    }


def account_head(orders: AccountOrders, balance: BalanceReport, cancel_all_time: int) -> Json:
    """What every list of accounts says of one."""
    return {
        "code": 0,
        "account_type": 0,
        "account_trading_mode": 0,
        "index": orders.owner.index,
        "l1_address": orders.owner.address,
        "cancel_all_time": cancel_all_time,
        "total_order_count": sum(1 for _ in orders.active()),
        "total_isolated_order_count": 0,
        "pending_order_count": len(orders.on_their_way()),
        "available_balance": usd(balance.free),
        "status": 1,
        "collateral": usd(balance.cash),
        "transaction_time": balance.ts_event // 1_000,
    }


def account_json(head: Json, positions: list[Json], balance: BalanceReport, initial: Decimal) -> Json:
    """The whole account; `initial` is the margin that its positions and orders need."""
    return head | {
        "account_index": head["index"],
        "name": "",
        "description": "",
        "can_invite": True,
        "referral_points_percentage": "",
        "can_rfq": False,
        "can_rfq_market_ids": [],
        "created_at": 0,
        "metadata": {"color": ""},
        "positions": positions,
        "assets": [asset_json(balance.cash, balance.equity)],
        "total_asset_value": usd(balance.equity),
        "cross_asset_value": usd(balance.equity),
        "cross_initial_margin_requirement": usd(initial),
        "cross_maintenance_margin_requirement": usd(balance.maintenance),
        "shares": [],
        "pending_unlocks": [],
        "approved_integrators": [],
        "agent_enabled": False,
        "pool_info": {
            "status": 0,
            "operator_fee": "0",
            "min_operator_share_rate": "0",
            "total_shares": 0,
            "operator_shares": 0,
            "annual_percentage_yield": 0,
            "daily_returns": [],
            "share_prices": [],
            "sharpe_ratio": 0,
            "strategies": [],
        },
    }


def stats_json(balance: BalanceReport, notional: Decimal) -> Json:
    """`user_stats`; `notional` is the worth of all positions."""
    equity = balance.equity
    leverage = notional / equity if equity > 0 else ZERO
    usage = (equity - balance.free) / equity * 100 if equity > 0 else ZERO
    parts: Mapping[str, object] = {
        "collateral": usd(balance.cash),
        "portfolio_value": usd(equity),
        "leverage": f"{leverage:.2f}",
        "available_balance": usd(balance.free),
        "margin_usage": f"{usage:.2f}",
        "buying_power": "0",
    }
    return {**parts, "account_trading_mode": 0, "cross_stats": {**parts}, "total_stats": {**parts}}


def funding_json(market: LighterMarket, payment: FundingPayment) -> Json:
    return {
        "timestamp": payment.ts_event // NS_PER_S,
        "market_id": market.number,
        "funding_id": number_of(payment.payment_id),
        "change": usd(-payment.cost),
        "discount": usd(ZERO),
        "rate": f"{payment.rate:f}",
        "position_size": market.size_text(abs(payment.qty)),
        "position_side": "long" if payment.qty > 0 else "short",
    }


def levels_json(market: LighterMarket, levels: Iterable[tuple[int, int]]) -> list[Json]:
    instrument = market.instrument
    return [
        {
            "price": market.price_text(instrument.ticks_to_price(ticks)),
            "size": market.size_text(instrument.lots_to_qty(lots)),
        }
        for ticks, lots in levels
    ]
