"""Lighter: transactions signed by the venue's own native library, numbered by nonces, with client ids of 48 bits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

import msgspec

from venues.live.account_facts import AccountFacts
from venues.live.ccxt_types import CcxtExchange, Raw
from venues.live.dialect import BookStep, ClientIdCodec, Margin, decimal
from venues.live.dialects.instance import call, field, replace
from venues.live.dialects.sealed import Asking, SealedDialect
from venues.live.order_end import CANCELED, EXPIRED, OrderEnd, canceled, rejected
from venues.live.signers import lighter_library, missing
from venues.model import Capabilities, Instrument, OrderRequest, RejectReason, TimeInForce, VenueRejected
from venues.model.instrument import ZERO

FIRST_KEY, LAST_KEY = 4, 254
"""Indices of API keys that are not the venue's own front ends'."""
MILLION = 1_000_000
STANDARD_WEIGHT = 400
"""What one of the 60 requests a minute of a Standard account is of the 24,000 weights a minute of the others."""
WEIGHTS = {
    "sendTx": 6,
    "sendTxBatch": 6,
    "nextNonce": 6,
    "accountInactiveOrders": 100,
    "deposit/latest": 100,
    "apikeys": 150,
    "trades": 600,
    "recentTrades": 600,
}
"""By https://apidocs.lighter.xyz/docs/rate-limits; whatever else is asked weighs `OTHER_WEIGHT`."""
OTHER_WEIGHT = 300
STANDARD = "standard"
RATE_HOURS = 8
"""Its list of rates gives them for eight hours, while it settles every hour."""
HOUR_MS = 3_600_000


class Lighter(SealedDialect):
    """`privateKey` is that of an API key (80 hex digits), never the wallet's: given a wallet's key, ccxt would register
    an API key of its own making over the index."""

    name = "lighter"
    ccxt_id = "lighter"
    required = ("privateKey", "accountIndex", "apiKeyIndex")
    optional = ("walletAddress",)
    """Of the wallet that deposits come from: without it they are not told, and show as unexplained."""
    native = "lighter"
    options: ClassVar[Raw] = {
        "builderFee": False,
        "approvedBuilderFee": False,
        "integratorAccountIndex": 0,
        "integratorMakerFee": 0,
        "integratorTakerFee": 0,
        "defaultType": "swap",
    }
    stripped_params = ("integrator_account_index", "integrator_taker_fee", "integrator_maker_fee")
    quotes = ("USDC", "USD", "USDT")
    fok = False
    client_id_max_len = 15
    max_orders_per_s = 10.0
    max_queries_per_min = 60.0
    funding_interval_s = 3600
    nonces = True
    answer_is_final = False
    always_one_way = True
    login_codes = frozenset({"20013"})
    ends: ClassVar[Mapping[str, OrderEnd]] = {
        "canceled-post-only": rejected(RejectReason.POST_ONLY),
        "canceled-reduce-only": canceled(RejectReason.REDUCE_ONLY),
        "canceled-position-not-allowed": rejected(RejectReason.REDUCE_ONLY),
        "canceled-margin-not-allowed": rejected(RejectReason.MARGIN),
        "canceled-too-much-slippage": canceled(RejectReason.PRICE_BAND),
        "canceled-not-enough-liquidity": CANCELED,
        "canceled-self-trade": canceled(RejectReason.OTHER),
        "canceled-expired": EXPIRED,
        "canceled-oco": CANCELED,
        "canceled-child": CANCELED,
        "canceled-liquidation": canceled(RejectReason.LIQUIDATION),
        "canceled-invalid-balance": rejected(RejectReason.MARGIN),
    }
    codes: ClassVar[Mapping[str, RejectReason]] = {
        "21104": RejectReason.NONCE,
        "21120": RejectReason.NONCE,
        "21506": RejectReason.RATE_LIMIT,
        "21507": RejectReason.MARGIN,
        "21508": RejectReason.MARGIN,
        "21602": RejectReason.SYMBOL,
        "21605": RejectReason.HALTED,
        "21706": RejectReason.MIN_SIZE,
        "21728": RejectReason.DUPLICATE_ID,
        "21732": RejectReason.REDUCE_ONLY,
        "21733": RejectReason.PRICE_BAND,
        "21734": RejectReason.PRICE_BAND,
        "21738": RejectReason.REDUCE_ONLY,
        "21739": RejectReason.MARGIN,
        "21740": RejectReason.REDUCE_ONLY,
        "23000": RejectReason.RATE_LIMIT,
    }

    def __init__(self) -> None:
        self._account = 0
        self._key = 0
        self._wallet = ""
        self._tier = STANDARD

    def configure(self, exchange: CcxtExchange, credentials: Raw) -> None:
        """Raises `ValueError` for an index that cannot be. The key goes where ccxt keeps API keys, and not into
        `privateKey`, where it would be taken for the wallet's."""
        super().configure(exchange, credentials)
        if not credentials:
            return  # an account without keys only watches public data
        self._account = _index(credentials, "accountIndex", 0, 2**48)
        self._key = _index(credentials, "apiKeyIndex", FIRST_KEY, LAST_KEY)
        self._wallet = str(credentials.get("walletAddress") or "")
        secret = str(credentials["privateKey"]).removeprefix("0x")
        if len(secret) != 80:
            raise ValueError(
                "privateKey of a Lighter account is that of an API key, 80 hex digits from the venue's page of API "
                f"keys; this one has {len(secret)}"
            )
        exchange.options["auths"] = {
            str(self._account): {
                str(self._key): {"signer": None, "lighterPrivateKey": secret, "deadline": None, "token": None}
            }
        }
        exchange.options["accountIndex"] = self._account
        exchange.options["apiKeyIndex"] = self._key
        # known beforehand, or ccxt asks for the tier before the first order, to reckon its own fee
        exchange.options["tiersForAccountIndexes"] = {str(self._account): True}
        library = lighter_library()
        if library is not None:
            exchange.options["libraryPath"] = str(library)
        _with_fee(exchange)
        # required by ccxt, and not used for anything once `auths` is there
        setattr(exchange, "privateKey", "")  # noqa: B010  # not in our protocol
        setattr(exchange, "requiredCredentials", {})  # noqa: B010

    async def prepare(self, exchange: CcxtExchange) -> None:
        """Load the library and give it the key, so that the first order does not wait for it. Raises `VenueRejected`
        where it is missing."""
        if not exchange.options.get("libraryPath"):
            raise VenueRejected("; ".join(f"{found.text}; {found.mend}" for found in missing(self.name)))
        await exchange.load_account(  # type: ignore[attr-defined]  # ccxt's own
            exchange.options["chainId"],
            exchange.options["auths"][str(self._account)][str(self._key)]["lighterPrivateKey"],
            str(self._key),
            str(self._account),
        )

    async def transfers(self, exchange: CcxtExchange, since_ms: int) -> Sequence[Raw]:
        found = [{**raw, "type": "withdrawal"} for raw in await exchange.fetch_withdrawals(None, since_ms)]
        if self._wallet:
            deposits = await exchange.fetch_deposits(None, since_ms, None, {"address": self._wallet})
            found.extend({**raw, "type": "deposit"} for raw in deposits)
        return found

    # -- markets -------------------------------------------------------------------------------------------------

    def symbol(self, market: Raw) -> str:
        """The coin; the venue numbers its markets."""
        return str(field(market, "info", "symbol") or market["base"])

    def instrument(self, market: Raw) -> Instrument | None:
        found = super().instrument(market)
        # ccxt gives the multiplier of the venue's own integers as the size of a contract
        return None if found is None else msgspec.structs.replace(found, contract_size=Decimal(1))

    def capabilities(self, markets: Iterable[Raw]) -> Capabilities:
        """Fees are those of the Standard account, nothing; the venue tells another tier at the account check."""
        return super().capabilities(markets)

    def book_step(self, message: Raw) -> BookStep | None:
        if message.get("type") not in ("subscribed/order_book", "update/order_book"):
            return None
        book = field(message, "order_book")
        last, begin = field(book, "nonce"), field(book, "begin_nonce")
        if last is None:
            return None
        market = str(message.get("channel") or "").partition(":")[2]
        snapshot = message["type"] == "subscribed/order_book" or begin is None
        return BookStep(market, int(last), None if snapshot else int(begin))

    # -- orders --------------------------------------------------------------------------------------------------

    def client_id(self, text: str, ids: ClientIdCodec) -> str | int:
        return ids.to_int(text)

    def our_id(self, value: str, ids: ClientIdCodec) -> str:
        if not value.isdecimal() or int(value) == 0:
            return ""
        try:
            return ids.from_int(int(value))
        except ValueError:
            return ""

    def order_params(self, order: OrderRequest) -> tuple[str, dict[str, object]]:
        if order.tif is TimeInForce.FOK:
            raise ValueError(f"{order.client_order_id}: Lighter has no FOK; IOC would be")
        params: dict[str, object] = {"reduceOnly": order.reduce_only}
        if order.post_only:
            params["postOnly"] = True
        else:
            params["timeInForce"] = "ioc" if order.tif is TimeInForce.IOC else "gtt"
        return "limit", params

    async def find_order(
        self, exchange: CcxtExchange, symbol: str, client_id: str | int, venue_order_id: str
    ) -> Raw | None:
        """The venue has no question for one order: the open ones are looked through, then the newest that ended."""
        for fetch in ("fetch_open_orders", "fetch_closed_orders"):
            orders: Sequence[Raw] = await getattr(exchange, fetch)(symbol)
            for order in orders:
                if (venue_order_id and str(order["id"]) == venue_order_id) or (
                    client_id != "" and str(order["clientOrderId"]) == str(client_id)
                ):
                    return order
        return None

    async def cancel_all(self, exchange: CcxtExchange, symbols: Sequence[str], params: Raw) -> None:
        """One transaction, since `params` hold one nonce: of one market, or of all that the account has."""
        await exchange.cancel_all_orders(symbols[0] if len(symbols) == 1 else None, params)

    async def set_leverage(self, exchange: CcxtExchange, symbol: str, leverage: int, params: Raw) -> None:
        await exchange.set_leverage(leverage, symbol, {**params, "marginMode": "cross"})

    def forget_login(self, exchange: CcxtExchange) -> bool:
        """ccxt keeps a token for eight hours, whatever the venue says of it."""
        kept = field(exchange.options, "auths", str(self._account), str(self._key))
        if not kept or not kept.get("token"):
            return False
        kept["token"] = kept["deadline"] = None
        return True

    def nonce_key(self, credentials: Mapping[str, str]) -> str:
        return f"{credentials.get('accountIndex', '')}:{credentials.get('apiKeyIndex', '')}"

    def is_nonce_error(self, text: str, code: str) -> bool:
        return code in ("21104", "21120") or "nonce" in text.lower()

    async def fetch_nonce(self, exchange: CcxtExchange) -> int:
        answer = await call(
            exchange, "publicGetNextNonce", {"account_index": self._account, "api_key_index": self._key}
        )
        return int(field(answer, "nonce"))

    # -- money ---------------------------------------------------------------------------------------------------

    async def fills(self, exchange: CcxtExchange, symbol: str, since_ms: int | None) -> Sequence[Raw]:
        """The newest hundred; more pages where those do not reach back to `since_ms`."""
        newest = await exchange.fetch_my_trades(symbol, since_ms)
        if since_ms is None or len(newest) < 100:
            return newest
        return await exchange.fetch_my_trades(symbol, since_ms, None, {"paginate": True})

    def raw_client_id(self, raw: Raw) -> str:
        """A trade names the client ids of both sides; ours is on the side that was ours."""
        info = raw.get("info")
        if raw.get("side") in ("buy", "sell"):
            key = "ask_client_id" if raw["side"] == "sell" else "bid_client_id"
            if field(info, key):
                return str(field(info, key))
        return super().raw_client_id(raw)

    def is_liquidation(self, trade: Raw) -> bool:
        return field(trade, "info", "type") in ("liquidation", "deleverage")

    def margins(self, balance: Raw) -> Mapping[str, Margin]:
        account = field(balance, "info", "accounts", 0)
        cash = decimal(field(account, "collateral"))
        if cash is None:
            return super().margins(balance)
        profit = sum((decimal(row.get("unrealized_pnl")) or ZERO for row in field(account, "positions") or ()), ZERO)
        free = decimal(field(account, "available_balance")) or ZERO
        kept = decimal(field(account, "cross_maintenance_margin_requirement")) or ZERO
        return {"USDC": Margin(cash, cash + profit, free, kept)}

    async def funding_rates(self, exchange: CcxtExchange, symbols: Sequence[str]) -> Sequence[Raw]:
        now = int(exchange.milliseconds())  # type: ignore[attr-defined]  # ccxt's own
        found = []
        for raw in (await exchange.fetch_funding_rates(list(symbols))).values():
            rate = decimal(raw.get("fundingRate"))
            if rate is not None:
                found.append(
                    {
                        **raw,
                        "fundingRate": str(rate / RATE_HOURS),
                        "interval": "1h",
                        "fundingTimestamp": (now // HOUR_MS + 1) * HOUR_MS,
                    }
                )
        return found

    async def funding_history(self, exchange: CcxtExchange, symbols: Sequence[str], since_ms: int) -> Sequence[Raw]:
        found: list[Raw] = []
        for symbol in symbols:
            market = exchange.market(symbol)
            answer = await call(
                exchange,
                "privateGetPositionFunding",
                {"account_index": self._account, "market_id": market["id"], "limit": 100},
            )
            for row in field(answer, "position_fundings") or ():
                stamp = int(row["timestamp"]) * 1000
                if stamp >= since_ms:
                    sign = -1 if row.get("position_side") == "short" else 1
                    found.append(
                        {
                            "id": f"{row['funding_id']}",
                            "symbol": symbol,
                            "code": "USDC",
                            "amount": str(row["change"]),
                            "timestamp": stamp,
                            "rate": str(row["rate"]),
                            "qty": str(sign * (decimal(row.get("position_size")) or ZERO)),
                        }
                    )
        return found

    async def ask_modes(self, asking: Asking, symbols: Sequence[str], facts: AccountFacts) -> AccountFacts:
        raw = await asking.ask("account", "publicGetAccount", {"by": "index", "value": self._account})
        modes, leverages = {}, {}
        for row in field(raw, "accounts", 0, "positions") or ():
            symbol = next((name for name in symbols if asking.exchange.market(name)["id"] == str(row["market_id"])), "")
            fraction = decimal(row.get("initial_margin_fraction"))
            if symbol and fraction:
                leverages[symbol] = (100 / fraction).quantize(Decimal("0.1"))
                modes[symbol] = "cross" if int(row.get("margin_mode") or 0) == 0 else "isolated"
        return msgspec.structs.replace(facts, margin_modes=modes, leverages=leverages)

    async def ask_key(self, asking: Asking, facts: AccountFacts) -> AccountFacts:
        """An API key trades, and withdraws to the account's own wallet alone: for anything else the wallet signs."""
        raw = await asking.ask(
            "API key", "publicGetApikeys", {"account_index": self._account, "api_key_index": self._key}
        )
        known = None if raw is None else bool(field(raw, "api_keys"))
        return msgspec.structs.replace(facts, can_trade=known, can_withdraw=False, key_never_expires=bool(known))

    async def ask_fees(self, asking: Asking, symbols: Sequence[str], facts: AccountFacts) -> AccountFacts:
        limits = await asking.ask("tier", "privateGetAccountLimits", {"account_index": self._account})
        self._tier = str(field(limits, "user_tier") or STANDARD).lower()
        return msgspec.structs.replace(facts, fee_tier="" if limits is None else self._tier)

    def request_cost(self, path: str, cost: float) -> float:
        """In requests of a Standard account. Its requests count alike but for the heaviest; those of the other tiers by
        weight, so that orders cost them next to nothing."""
        weighed = WEIGHTS.get(path, OTHER_WEIGHT) / STANDARD_WEIGHT
        return max(cost, weighed) if self._tier == STANDARD else weighed


def _with_fee(exchange: CcxtExchange) -> None:
    """ccxt leaves the fee out of the trades that were asked for (not out of those of the stream). They name the rates
    of both sides, in millionths of the value."""
    parse: Callable[..., dict[str, Any]] = exchange.parse_trade  # type: ignore[attr-defined]  # ccxt's own

    def with_fee(trade: Raw, market: Raw | None = None) -> dict[str, Any]:
        found = parse(trade, market)
        value = decimal(trade.get("usd_amount")) or ZERO
        rate = decimal(trade.get(f"{found.get('takerOrMaker')}_fee")) or ZERO
        return {**found, "fee": {"cost": f"{value * rate / MILLION:f}", "currency": "USDC"}}

    replace(exchange, "parse_trade", with_fee)


def _index(credentials: Raw, name: str, least: int, most: int) -> int:
    text = str(credentials.get(name, ""))
    if not text.isdecimal() or not least <= int(text) <= most:
        raise ValueError(f"{name} is {text!r}; it must be a number from {least} to {most}")
    return int(text)
