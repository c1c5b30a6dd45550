"""One market of each venue as the venue lists it, throw-away keys, and how the venue spells an order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from outgoing import BIG, Sent

PK = "0x" + "11" * 32
FAR = 10**15


def binance_market(price_filter: str) -> dict[str, Any]:
    return {
        "symbol": "BTCUSDT",
        "pair": "BTCUSDT",
        "contractType": "PERPETUAL",
        "status": "TRADING",
        "orderTypes": ["LIMIT", "MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
        "baseAsset": "BTC",
        "quoteAsset": "USDT",
        "marginAsset": "USDT",
        "pricePrecision": 2,
        "quantityPrecision": 3,
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": "1", "maxPrice": "4529764", "tickSize": price_filter},
            {"filterType": "LOT_SIZE", "minQty": "0.001", "maxQty": "1000", "stepSize": "0.001"},
            {"filterType": "MIN_NOTIONAL", "notional": "100"},
        ],
    }


BYBIT_MARKET = {
    "symbol": "BTCUSDT",
    "contractType": "LinearPerpetual",
    "status": "Trading",
    "baseCoin": "BTC",
    "quoteCoin": "USDT",
    "settleCoin": "USDT",
    "priceFilter": {"minPrice": "0.10", "maxPrice": "1999999.80", "tickSize": "0.10"},
    "lotSizeFilter": {"maxOrderQty": "1190", "minOrderQty": "0.001", "qtyStep": "0.001", "minNotionalValue": "5"},
    "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00"},
    "fundingInterval": 480,
}
LIGHTER_MARKET = {
    "symbol": "BTC",
    "market_id": 1,
    "market_type": "perp",
    "status": "active",
    "taker_fee": "0.0000",
    "maker_fee": "0.0000",
    "min_base_amount": "0.00020",
    "min_quote_amount": "10.000000",
    "order_quote_limit": "281474976.710655",
    "supported_size_decimals": 5,
    "supported_price_decimals": 1,
    "size_decimals": 5,
    "price_decimals": 1,
    "quote_multiplier": 1,
}


class Case(msgspec.Struct, frozen=True):
    """`spelled` reads (client id, price, quantity, post-only, IOC, FOK, reduce-only) out of an order that was sent."""

    market: Mapping[str, Any]
    credentials: Mapping[str, str]
    order_path: str
    client_id: str
    spelled: Callable[[Sent], tuple[Any, ...]]
    plain: tuple[Any, ...]
    """What `spelled` makes of a plain limit order, after client id, price and quantity."""
    post_only: tuple[Any, ...]
    ioc_reduce: tuple[Any, ...]
    fok: tuple[Any, ...] | None = None
    """None: the dialect refuses it."""
    price: str = "95000.5"
    options: Mapping[str, Any] = {}
    params: Mapping[str, Any] = {}
    answers: Mapping[str, Any] = {}
    """Answers by a piece of the address."""
    needs: str = ""
    """A signer that must be installed."""


def _form(names: tuple[str, ...]) -> Callable[[Sent], tuple[Any, ...]]:
    return lambda sent: tuple(sent.fields.get(name) for name in names)


def _first(names: tuple[str, ...], *path: Any) -> Callable[[Sent], tuple[Any, ...]]:
    def read(sent: Sent) -> tuple[Any, ...]:
        found: Any = sent.fields
        for step in path:
            found = found[step]
        return tuple(found.get(name) for name in names)

    return read


def _hyperliquid(sent: Sent) -> tuple[Any, ...]:
    row = sent.fields["action"]["orders"][0]
    return row["c"], row["p"], row["s"], row["t"]["limit"]["tif"], row["r"]


def _grvt(sent: Sent) -> tuple[Any, ...]:
    found = sent.fields["order"]
    leg = found["legs"][0]
    kept = tuple(found[name] for name in ("time_in_force", "post_only", "reduce_only"))
    return found["metadata"]["client_order_id"], leg["limit_price"], leg["size"], *kept


def _lighter(sent: Sent) -> tuple[Any, ...]:
    import json

    tx = json.loads(sent.fields["tx_info"])
    price, qty = f"{tx['Price'] / 10:.1f}", str(tx["BaseAmount"] / 100_000)
    return tx["ClientOrderIndex"], price, qty, tx["TimeInForce"], tx["ReduceOnly"]


BINANCE_FIELDS = _form(("newClientOrderId", "price", "quantity", "timeInForce", "reduceOnly"))
OURS_128 = f"0x{'636b'.rjust(20, '0')}{BIG:012x}"

CASES: Mapping[str, Case] = {
    "binanceusdm": Case(
        binance_market("0.10"),
        {"apiKey": "k", "secret": "s"},
        "/fapi/v1/order",
        f"ck-{BIG}",
        BINANCE_FIELDS,
        ("GTC", None),
        ("GTX", None),
        ("IOC", "true"),
        ("FOK", None),
    ),
    "aster": Case(
        binance_market("0.1"),
        {"privateKey": PK},
        "/fapi/v3/order",
        f"ck-{BIG}",
        BINANCE_FIELDS,
        ("GTC", None),
        ("GTX", None),
        ("IOC", "true"),
        ("FOK", None),
    ),
    "bybit": Case(
        BYBIT_MARKET,
        {"apiKey": "k", "secret": "s"},
        "/v5/order/create",
        f"ck-{BIG}",
        _form(("orderLinkId", "price", "qty", "timeInForce", "reduceOnly")),
        (None, None),
        ("PostOnly", None),
        ("IOC", True),
        ("FOK", None),
        answers={"instruments-info": {"retCode": 0, "result": {"category": "linear", "list": [BYBIT_MARKET]}}},
    ),
    "okx": Case(
        {
            "instType": "SWAP",
            "instId": "BTC-USDT-SWAP",
            "uly": "BTC-USDT",
            "baseCcy": "",
            "quoteCcy": "",
            "settleCcy": "USDT",
            "ctVal": "0.01",
            "ctMult": "1",
            "ctValCcy": "BTC",
            "tickSz": "0.1",
            "lotSz": "0.01",
            "minSz": "0.01",
            "ctType": "linear",
            "state": "live",
            "lever": "100",
        },
        {"apiKey": "k", "secret": "s", "password": "p"},
        "/api/v5/trade/batch-orders",
        f"ck{BIG}",
        _first(("clOrdId", "px", "sz", "ordType", "reduceOnly", "tdMode"), "list", 0),
        ("limit", None, "cross"),
        ("post_only", None, "cross"),
        ("ioc", True, "cross"),
        ("fok", None, "cross"),
    ),
    "backpack": Case(
        {
            "symbol": "BTC_USDC_PERP",
            "baseSymbol": "BTC",
            "quoteSymbol": "USDC",
            "marketType": "PERP",
            "orderBookState": "Open",
            "filters": {
                "price": {"minPrice": "0.1", "maxPrice": None, "tickSize": "0.1"},
                "quantity": {"minQuantity": "0.00001", "maxQuantity": None, "stepSize": "0.00001"},
            },
        },
        {"apiKey": "k", "secret": "MTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTE="},
        "/api/v1/order",
        str(BIG & (2**32 - 1)),
        _form(("clientId", "price", "quantity", "timeInForce", "postOnly", "reduceOnly")),
        ("GTC", None, None),
        (None, True, None),
        ("IOC", None, True),
        ("FOK", None, None),
    ),
    "hyperliquid": Case(
        {"name": "BTC", "szDecimals": 5, "maxLeverage": 40, "markPx": "95000.0", "baseId": 0},
        {"privateKey": PK, "walletAddress": "0x" + "22" * 20},
        "/exchange",
        OURS_128,
        _hyperliquid,
        ("Gtc", False),
        ("Alo", False),
        ("Ioc", True),
        price="95001",
    ),
    "extended": Case(
        {
            "name": "BTC-USD",
            "assetName": "BTC",
            "collateralAssetName": "USD",
            "status": "ACTIVE",
            "type": "PERPETUAL",
            "tradingConfig": {
                "minOrderSize": "0.0001",
                "minOrderSizeChange": "0.00001",
                "minPriceChange": "0.1",
                "maxLeverage": "50",
            },
            "l2Config": {
                "syntheticId": "0x4254432d3600000000000000000000",
                "collateralId": "0x1",
                "syntheticResolution": 1000000,
                "collateralResolution": 1000000,
            },
        },
        {"apiKey": "k", "privateKey": "0x" + "1" * 62},
        "/user/order",
        f"ck-{BIG}",
        _form(("id", "price", "qty", "timeInForce", "postOnly", "reduceOnly", "fee")),
        ("GTT", False, False, "0.0005"),
        ("GTT", True, False, "0.0005"),
        ("IOC", False, True, "0.0005"),
        options={"account": {"l2Key": "0x3", "l2Vault": "5"}},
    ),
    "grvt": Case(
        {
            "instrument": "BTC_USDT_Perp",
            "instrument_hash": "0x030501",
            "base": "BTC",
            "quote": "USDT",
            "kind": "PERPETUAL",
            "base_decimals": 9,
            "quote_decimals": 6,
            "tick_size": "0.1",
            "min_size": "0.001",
            "max_position_size": "100",
            "min_notional": "5",
        },
        {"privateKey": PK, "accountId": "2147050003876484"},
        "/full/v1/create_order",
        str(2**63 + BIG),
        _grvt,
        ("GOOD_TILL_TIME", False, False),
        ("GOOD_TILL_TIME", True, False),
        ("IMMEDIATE_OR_CANCEL", False, True),
        ("FILL_OR_KILL", False, False),
        options={
            "AuthAccountId": "1",
            "AuthCookieValue": "gravity=x",
            "signInExpiration": FAR,
            "userMainAccountId": "0x1",
        },
    ),
    "paradex": Case(
        {
            "symbol": "BTC-USD-PERP",
            "base_currency": "BTC",
            "quote_currency": "USD",
            "settlement_currency": "USDC",
            "order_size_increment": "0.00001",
            "price_tick_size": "0.1",
            "min_notional": "10",
            "max_order_size": "100",
            "asset_kind": "PERP",
            "expiry_at": 0,
        },
        {"privateKey": "0x" + "1" * 62, "walletAddress": "0x" + "2" * 62},
        "/v1/orders",
        f"ck-{BIG}",
        _form(("client_id", "price", "size", "instruction", "flags")),
        ("GTC", None),
        ("POST_ONLY", None),
        ("IOC", ["REDUCE_ONLY"]),
        options={"authToken": "t", "expires": FAR},
        answers={"system/config": {"starknet_chain_id": "PRIVATE_SN_PARACLEAR_MAINNET", "l1_chain_id": "1"}},
    ),
    "polymarket": Case(
        {
            "instrument_id": 7,
            "symbol": "BTC-USD",
            "base_asset": "BTC",
            "quote_asset": "pUSD",
            "quantity_decimals": 4,
            "price_decimals": 1,
            "max_leverage": "20",
        },
        {"privateKey": PK},
        "/trade/orders",
        OURS_128,
        _first(("c", "p", "qty", "tif", "po", "ro"), "op", "args", 0),
        ("gtc", False, None),
        ("gtc", True, None),
        ("ioc", False, True),
        ("fok", False, None),
        price="95001",
        options={"proxyCredentials": {"proxy": "0x" + "3" * 40, "privateKey": PK, "secret": "z", "expires": FAR}},
        answers={"trade/orders": [{"status": "ok", "oid": 5}]},
    ),
    "lighter": Case(
        LIGHTER_MARKET,
        {"privateKey": "11" * 40, "accountIndex": "123456", "apiKeyIndex": "5"},
        "/sendTx",
        str(BIG),
        _lighter,
        (1, 0),
        (2, 0),
        (0, 1),
        params={"nonce": 77},
        answers={"orderBookDetails": {"order_book_details": [LIGHTER_MARKET], "spot_order_book_details": []}},
        needs="lighter",
    ),
    "apex": Case(
        {
            "symbol": "BTC-USDT",
            "crossSymbolName": "BTCUSDT",
            "l2PairId": "50001",
            "baseTokenId": "BTC",
            "settleAssetId": "USDT",
            "enableTrade": True,
            "stepSize": "0.001",
            "tickSize": "0.1",
            "minOrderSize": "0.001",
            "maxOrderSize": "100",
            "displayMinLeverage": "1",
            "displayMaxLeverage": "100",
        },
        {"apiKey": "k", "secret": "s", "password": "p", "seeds": "0x" + "11" * 32},
        "/v3/order",
        f"ck-{BIG}",
        _form(("clientId", "price", "size", "timeInForce", "reduceOnly")),
        ("GOOD_TIL_CANCEL", None),
        ("POST_ONLY", None),
        ("IMMEDIATE_OR_CANCEL", "true"),
        ("FILL_OR_KILL", None),
        answers={"v3/account": {"data": {"id": "777"}}},
        needs="apex",
    ),
}
