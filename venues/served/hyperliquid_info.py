"""`POST /info` of Hyperliquid: everything that is asked without a signature."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import TypeAlias

import msgspec

from venues.model import NS_PER_S, FundingPayment
from venues.served.house import HouseMarket
from venues.served.hyperliquid_sign import is_address
from venues.served.hyperliquid_state import States
from venues.served.hyperliquid_wallet import Wallet, Wallets
from venues.served.hyperliquid_wire import Json, book_row, ms, number, trade_row

FREE_REQUESTS = 10_000
MAX_ROWS = 2_000
MAX_FUNDING = 500
KEEP_RATES = 5_000


class InfoError(ValueError):
    """A request that the venue cannot read; it answers 422 with this text."""


class InfoRequest(msgspec.Struct, frozen=True, rename="camel"):
    type: str
    user: str = ""
    coin: str = ""
    dex: str | None = None
    oid: int | str = 0
    start_time: int = 0
    end_time: int | None = None
    n_sig_figs: int | None = None
    mantissa: int | None = None
    builder: str = ""

    def covers(self, ts_ns: int) -> bool:
        """Is a stamp within the span that was asked for? Both ends are in it."""
        at = ms(ts_ns)
        return self.start_time <= at and (self.end_time is None or at <= self.end_time)


Answer: TypeAlias = Callable[[InfoRequest], Awaitable[object]]


class Info:
    """Answers by type. `UNKNOWN_USER` is nobody's error: an address that never traded has an empty account."""

    def __init__(self, states: States, wallets: Wallets) -> None:
        self._states = states
        self._house = states.house
        self._wallets = wallets
        self._rates: dict[str, deque[tuple[int, Decimal]]] = {s: deque(maxlen=KEEP_RATES) for s in self._house.markets}
        """Settled funding by symbol: (stamp ns, rate)."""
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._public: Mapping[str, Callable[[InfoRequest], object]] = {
            "meta": lambda asked: states.meta(),
            "metaAndAssetCtxs": lambda asked: [states.meta(), [states.context(m) for m in states.assets]],
            "allPerpMetas": lambda asked: [states.meta()],
            "spotMeta": lambda asked: states.spot_meta(),
            "spotMetaAndAssetCtxs": lambda asked: [states.spot_meta(), []],
            "perpDexs": lambda asked: [None],
            "allMids": lambda asked: states.mids(),
            "l2Book": self._book,
            "recentTrades": self._trades,
            "fundingHistory": self._funding_history,
            "predictedFundings": lambda asked: [self._predicted(m) for m in states.assets],
            "exchangeStatus": lambda asked: {"specialStatuses": None, "time": self._house.now_ms()},
            "perpsAtOpenInterestCap": lambda asked: [],
        }
        self._private: Mapping[str, Callable[[InfoRequest, Wallet | None], object]] = {
            "spotClearinghouseState": lambda asked, wallet: {"balances": []},
            "openOrders": lambda asked, wallet: states.open_orders(wallet, full=False),
            "frontendOpenOrders": lambda asked, wallet: states.open_orders(wallet, full=True),
            "orderStatus": self._order_status,
            "historicalOrders": self._history,
            "userFills": self._fills,
            "userFillsByTime": self._fills_by_time,
            "userFunding": self._user_funding,
            "userNonFundingLedgerUpdates": self._ledger,
            "userFees": self._fees,
            "userRateLimit": self._rate_limit,
            "userRole": self._role,
            "extraAgents": self._agents,
            "maxBuilderFee": self._max_builder_fee,
            "userAbstraction": lambda asked, wallet: "default",
            "userDexAbstraction": lambda asked, wallet: None,
            "referral": self._referral,
            "subAccounts": lambda asked, wallet: None,
            "userVaultEquities": lambda asked, wallet: [],
            "userTwapSliceFills": lambda asked, wallet: [],
            "userToMultiSigSigners": lambda asked, wallet: None,
        }

    def start(self) -> None:
        """Note the funding rate at each settlement from now on."""
        for market in self._house.markets.values():
            self._arm(market)

    def stop(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    async def answer(self, raw: bytes | msgspec.Raw) -> object:
        """Raises `InfoError`."""
        try:
            asked = msgspec.json.decode(raw, type=InfoRequest)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise InfoError(f"Failed to deserialize the JSON body into the target type: {error}") from None
        if asked.dex:
            raise InfoError(f"dex {asked.dex!r}: this exchange has the first perp dex only")
        public = self._public.get(asked.type)
        if public is not None:
            return public(asked)
        private = self._private.get(asked.type)
        if private is None and asked.type not in ("clearinghouseState", "webData2", "activeAssetData"):
            raise InfoError(f"Failed to deserialize the JSON body into the target type: type {asked.type!r}")
        if not is_address(asked.user):
            raise InfoError(f"Failed to deserialize the JSON body into the target type: user {asked.user!r}")
        wallet = self._wallets.at(asked.user)
        if private is not None:
            return private(asked, wallet)
        if asked.type == "webData2":
            return await self.web_data(asked.user, wallet)
        if asked.type == "activeAssetData":
            return await self.active_asset(asked.user, wallet, self.market(asked.coin))
        return await self._states.clearinghouse(wallet)

    def market(self, coin: str) -> HouseMarket:
        """Raises `InfoError`."""
        market = self._states.by_coin.get(coin)
        if market is None:
            raise InfoError(f"coin {coin!r}: expected one of {', '.join(self._states.by_coin)}")
        return market

    async def web_data(self, user: str, wallet: Wallet | None) -> Json:
        return {
            "clearinghouseState": await self._states.clearinghouse(wallet),
            "leadingVaults": [],
            "totalVaultEquity": "0.0",
            "openOrders": self._states.open_orders(wallet, full=True),
            "agentAddress": None,
            "agentValidUntil": None,
            "cumLedger": "0.0",
            "meta": self._states.meta(),
            "assetCtxs": [self._states.context(market) for market in self._states.assets],
            "serverTime": self._house.now_ms(),
            "isVault": False,
            "user": user,
            "twapStates": [],
            "spotState": {"balances": []},
        }

    async def active_asset(self, user: str, wallet: Wallet | None, market: HouseMarket) -> Json:
        """What an account could still trade in a market, at the leverage that it set there."""
        free, most = Decimal(0), self._states.max_leverage
        value, cross = min(20, most), True
        if wallet is not None:
            setting = wallet.leverage_of(market.instrument, most)
            value, cross = setting.value, setting.cross
            state = await self._states.clearinghouse(wallet)
            free = Decimal(str(state["withdrawable"]))
        mark = market.mark() or Decimal(0)
        room = market.instrument.round_qty(free * value / mark) if mark else Decimal(0)
        return {
            "user": user,
            "coin": market.instrument.base,
            "leverage": {"type": "cross" if cross else "isolated", "value": value},
            "maxTradeSzs": [number(room), number(room)],
            "availableToTrade": [number(free), number(free)],
            "markPx": number(mark),
        }

    # -- public --------------------------------------------------------------------------------------------------

    def _book(self, asked: InfoRequest) -> object:
        market = self.market(asked.coin)
        check_grouping(asked.n_sig_figs, asked.mantissa)
        return book_row(market, asked.n_sig_figs, asked.mantissa)

    def _trades(self, asked: InfoRequest) -> object:
        market = self.market(asked.coin)
        return [trade_row(market, trade) for trade in reversed(market.trades)][:10]

    def _funding_history(self, asked: InfoRequest) -> object:
        market = self.market(asked.coin)
        rates = [(ts, rate) for ts, rate in self._rates[market.symbol] if asked.covers(ts)]
        return [
            {"coin": asked.coin, "fundingRate": number(rate), "premium": "0.0", "time": ms(ts)}
            for ts, rate in rates[:MAX_FUNDING]
        ]

    def _predicted(self, market: HouseMarket) -> object:
        rate = market.funding()
        row = {
            "fundingRate": number(rate.rate),
            "nextFundingTime": ms(rate.next_ts),
            "fundingIntervalHours": max(1, rate.interval_s // 3600),
        }
        return [market.instrument.base, [["HlPerp", row]]]

    def _arm(self, market: HouseMarket) -> None:
        due = market.funding().next_ts
        # a moment before the settlement: what it applies is still the rate of now
        wait = max(0, due - self._house.clock.now_ns() - NS_PER_S // 1000)
        self._timers[market.symbol] = self._house.timers.after(wait, lambda: self._note(market, due))

    def _note(self, market: HouseMarket, due: int) -> None:
        rate = market.funding()
        if rate.next_ts == due:
            self._rates[market.symbol].append((due, rate.rate))
            wait = due - self._house.clock.now_ns() + NS_PER_S // 1000
            self._timers[market.symbol] = self._house.timers.after(wait, lambda: self._arm(market))
        else:
            self._arm(market)

    # -- an account ----------------------------------------------------------------------------------------------

    def _order_status(self, asked: InfoRequest, wallet: Wallet | None) -> object:
        order = wallet.find(asked.oid) if wallet is not None else None
        if wallet is None or order is None:
            return {"status": "unknownOid"}
        return {"status": "order", "order": self._states.full_state(wallet, order)}

    def _history(self, asked: InfoRequest, wallet: Wallet | None) -> object:
        orders = wallet.history() if wallet is not None else []
        return [self._states.full_state(wallet, order) for order in orders[:MAX_ROWS] if wallet is not None]

    def _fills(self, asked: InfoRequest, wallet: Wallet | None) -> object:
        """The newest first."""
        return [] if wallet is None else self.newest_fills(wallet)

    def newest_fills(self, wallet: Wallet) -> list[Json]:
        fills = wallet.house.fills
        return [self._states.fill(wallet, told) for told in reversed(fills.since(max(0, fills.end - MAX_ROWS)))]

    def _fills_by_time(self, asked: InfoRequest, wallet: Wallet | None) -> object:
        """The oldest first, `MAX_ROWS` at the most: who wants more asks again from the last stamp on."""
        if wallet is None:
            return []
        fills = [told for told in wallet.house.fills.since(0) if asked.covers(told.fill.ts_event)]
        return [self._states.fill(wallet, told) for told in fills[:MAX_ROWS]]

    def _user_funding(self, asked: InfoRequest, wallet: Wallet | None) -> object:
        payments = [p for p in wallet.house.funding.since(0) if asked.covers(p.ts_event)] if wallet is not None else []
        return [self._payment(wallet, p) for p in payments[:MAX_FUNDING] if wallet is not None]

    def _payment(self, wallet: Wallet, payment: FundingPayment) -> Json:
        row = self._states.funding_row(payment)
        stamp = row.pop("time")
        return {"time": stamp, "hash": f"0x{wallet.payment_id(payment):064x}", "delta": {"type": "funding", **row}}

    def _ledger(self, asked: InfoRequest, wallet: Wallet | None) -> object:
        moves = [m for m in wallet.house.transfers.since(0) if asked.covers(m.ts_event)] if wallet is not None else []
        return [
            {
                "time": ms(move.ts_event),
                "hash": "0x" + move.transfer_id.encode().hex().rjust(64, "0")[-64:],
                "delta": {"type": "deposit" if move.signed > 0 else "withdraw", "usdc": number(move.amount)}
                | ({} if move.signed > 0 else {"nonce": ms(move.ts_event), "fee": "0.0"}),
            }
            for move in moves[:MAX_ROWS]
        ]

    def _fees(self, asked: InfoRequest, wallet: Wallet | None) -> object:
        able = wallet.house.venue.capabilities if wallet is not None else self._house.profile.capabilities
        base = self._house.profile
        cross, add = number(base.taker_bps / 10_000), number(base.maker_bps / 10_000)
        schedule = {
            "cross": cross,
            "add": add,
            "spotCross": cross,
            "spotAdd": add,
            "tiers": {"vip": [], "mm": []},
            "referralDiscount": "0.04",
            "stakingDiscountTiers": [],
        }
        return {
            "dailyUserVlm": [],
            "feeSchedule": schedule,
            "userCrossRate": number(able.taker_fee),
            "userAddRate": number(able.maker_fee),
            "userSpotCrossRate": number(able.taker_fee),
            "userSpotAddRate": number(able.maker_fee),
            "activeReferralDiscount": "0.0",
            "trial": None,
            "feeTrialReward": "0.0",
            "nextTrialAvailableTimestamp": None,
            "stakingLink": None,
            "activeStakingDiscount": {"bpsOfMaxSupply": "0.0", "discount": "0.0"},
        }

    def _rate_limit(self, asked: InfoRequest, wallet: Wallet | None) -> object:
        volume = wallet.volume if wallet is not None else Decimal(0)
        return {
            "cumVlm": number(volume),
            "nRequestsUsed": wallet.requests if wallet is not None else 0,
            "nRequestsCap": FREE_REQUESTS + int(volume),
            "nRequestsSurplus": 0,
        }

    def _role(self, asked: InfoRequest, wallet: Wallet | None) -> object:
        if wallet is not None:
            return {"role": "user"}
        master = self._wallets.master_of(asked.user)
        return {"role": "missing"} if master is None else {"role": "agent", "data": {"user": master.address}}

    def _agents(self, asked: InfoRequest, wallet: Wallet | None) -> object:
        agents = wallet.agents.values() if wallet is not None else ()
        return [{"name": agent.name, "address": agent.address, "validUntil": agent.valid_until} for agent in agents]

    def _max_builder_fee(self, asked: InfoRequest, wallet: Wallet | None) -> object:
        return 0 if wallet is None else wallet.builders.get(asked.builder.lower(), 0)

    def _referral(self, asked: InfoRequest, wallet: Wallet | None) -> object:
        return {
            "referredBy": None,
            "cumVlm": number(wallet.volume if wallet is not None else Decimal(0)),
            "unclaimedRewards": "0.0",
            "claimedRewards": "0.0",
            "builderRewards": "0.0",
            "referrerState": {"stage": "needToTrade", "data": {"required": "10000.0"}},
            "rewardHistory": [],
        }


def check_grouping(figures: int | None, mantissa: int | None) -> None:
    """Raises `InfoError` for a grouping of the book that the venue does not offer."""
    if figures is not None and figures not in (2, 3, 4, 5):
        raise InfoError(f"nSigFigs {figures}: expected 2, 3, 4 or 5")
    if mantissa is not None and (figures != 5 or mantissa not in (1, 2, 5)):
        raise InfoError(f"mantissa {mantissa}: expected 1, 2 or 5, with nSigFigs 5")
