"""`/info`: markets, the book, funding, and what it says of an account that there is or is not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.venues.served.hyperliquid_kit import ASK, BID, Bench, D
from venues.model import Side

STRANGER = "0x" + "42" * 20


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Bench() as made:
        yield made


def test_markets(bench: Bench) -> None:
    meta = bench.info("meta")
    assert [(row["name"], row["szDecimals"], row["maxLeverage"]) for row in meta["universe"]] == [
        ("BTC", 5, 40),
        ("ETH", 4, 40),
    ]
    same, (btc, eth) = bench.info("metaAndAssetCtxs")
    assert same == meta
    assert (btc["markPx"], btc["midPx"], btc["impactPxs"]) == ("60005.0", "60005.0", ["60000.0", "60010.0"])
    assert eth["midPx"] == "3000.25"
    assert bench.info("allMids") == {"BTC": "60005.0", "ETH": "3000.25"}
    assert bench.info("perpDexs") == [None]
    assert bench.info("spotMeta")["universe"] == []
    assert bench.info("spotMetaAndAssetCtxs")[1] == []
    assert bench.info("allPerpMetas") == [meta]
    assert bench.info("exchangeStatus")["time"] == bench.house.now_ms()
    (row, _) = bench.info("predictedFundings")
    assert row[0] == "BTC"
    assert row[1][0][1]["nextFundingTime"] % 3_600_000 == 0


def test_the_book(bench: Bench) -> None:
    book = bench.info("l2Book", coin="BTC")
    assert book["levels"] == [
        [{"px": "60000.0", "sz": "2.0", "n": 1}, {"px": "59990.0", "sz": "5.0", "n": 1}],
        [{"px": "60010.0", "sz": "2.0", "n": 1}, {"px": "60020.0", "sz": "5.0", "n": 1}],
    ]
    rough = bench.info("l2Book", coin="BTC", nSigFigs=3)
    assert rough["levels"][0] == [{"px": "60000.0", "sz": "2.0", "n": 1}, {"px": "59900.0", "sz": "5.0", "n": 1}]
    assert rough["levels"][1] == [{"px": "60100.0", "sz": "7.0", "n": 2}]
    assert bench.info("l2Book", coin="ETH", nSigFigs=5, mantissa=5)["levels"][1][0]["px"] == "3000.5"


@pytest.mark.parametrize(
    "fields",
    [
        {"coin": "DOGE"},
        {"coin": "BTC", "nSigFigs": 1},
        {"coin": "BTC", "mantissa": 2},
        {"coin": "BTC", "nSigFigs": 5, "mantissa": 3},
        {"coin": "BTC", "dex": "xyz"},
    ],
)
def test_a_book_that_there_is_not(bench: Bench, fields: dict[str, object]) -> None:
    assert bench.http("/info", {"type": "l2Book", **fields}).status == 422


def test_questions_that_there_are_not(bench: Bench) -> None:
    assert bench.http("/info", {"type": "whatever"}).status == 422
    assert bench.http("/info", {"type": "openOrders", "user": "me"}).status == 422


PRIVATE = [
    "clearinghouseState", "spotClearinghouseState", "openOrders", "frontendOpenOrders", "historicalOrders",
    "userFills", "userFillsByTime", "userFunding", "userNonFundingLedgerUpdates", "userFees", "userRateLimit",
    "extraAgents", "maxBuilderFee", "userAbstraction", "referral", "webData2", "subAccounts", "userVaultEquities",
    "userTwapSliceFills", "userToMultiSigSigners", "userDexAbstraction",
]  # fmt: skip


@pytest.mark.parametrize("kind", PRIVATE)
def test_an_address_that_never_traded_has_an_empty_account(bench: Bench, kind: str) -> None:
    shown = bench.info(kind, user=STRANGER)
    assert shown in ([], 0, None, "default") or isinstance(shown, dict)
    if kind == "clearinghouseState":
        assert (shown["assetPositions"], shown["withdrawable"]) == ([], "0.0")
    if kind == "userRateLimit":
        assert shown["nRequestsUsed"] == 0
    assert bench.info("orderStatus", user=STRANGER, oid=1) == {"status": "unknownOid"}
    assert bench.info("activeAssetData", user=STRANGER, coin="BTC")["maxTradeSzs"] == ["0.0", "0.0"]


def test_recent_trades_are_the_newest_first(bench: Bench) -> None:
    bench.move(bench.markets.btc.trade, BID, 500, Side.SELL)
    bench.move(bench.markets.btc.trade, ASK, 700, Side.BUY)
    rows = bench.info("recentTrades", coin="BTC")
    assert [(row["side"], row["px"], row["sz"], row["tid"]) for row in rows] == [
        ("B", "60010.0", "0.007", 2),
        ("A", "60000.0", "0.005", 1),
    ]


def test_funding_is_settled_listed_and_in_the_history(bench: Bench) -> None:
    bench.order("buy", "0.01", str(ASK), "Ioc")
    bench.move(bench.house.exchange.set_funding_rate, "hyperliquid", "BTC", D("0.0001"))
    bench.pass_time(3600)
    (row,) = bench.of("userFunding", startTime=0)
    assert row["delta"] == {
        "type": "funding", "coin": "BTC", "usdc": "-0.060005", "szi": "0.01", "fundingRate": "0.0001",
        "nSamples": None,
    }  # fmt: skip
    assert row["time"] % 3_600_000 == 0
    (rate,) = bench.info("fundingHistory", coin="BTC", startTime=0)
    assert rate == {"coin": "BTC", "fundingRate": "0.0001", "premium": "0.0", "time": row["time"]}
    position = bench.of("clearinghouseState")["assetPositions"][0]["position"]
    assert position["cumFunding"] == {"allTime": "0.060005", "sinceOpen": "0.060005", "sinceChange": "0.060005"}
    assert bench.of("userFunding", startTime=row["time"] + 1) == []
    bench.pass_time(7200)
    assert len(bench.info("fundingHistory", coin="BTC", startTime=0)) == 3


def test_deposits_and_withdrawals_are_listed(bench: Bench) -> None:
    bench.move(bench.house.exchange.deposit, "one", "USDC", D(50))
    bench.move(bench.house.exchange.withdraw, "one", "USDC", D("7.5"))
    deltas = [row["delta"] for row in bench.of("userNonFundingLedgerUpdates", startTime=0)]
    assert [(delta["type"], delta["usdc"]) for delta in deltas] == [("deposit", "50.0"), ("withdraw", "7.5")]
