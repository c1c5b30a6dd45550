"""Cash, equity, free margin and maintenance out of each venue's own answer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from venue_cases import CASES

from venues.live.dialect import Margin
from venues.live.dialects import DIALECTS

D = Decimal

MONEY: dict[str, tuple[dict[str, Any], dict[str, Margin]]] = {
    "binanceusdm": (
        {
            "info": {
                "assets": [
                    {
                        "asset": "USDT",
                        "walletBalance": "1000.5",
                        "marginBalance": "990.5",
                        "availableBalance": "800",
                        "maintMargin": "4",
                    },
                    {"asset": "BNB", "walletBalance": "0", "marginBalance": "0"},
                ]
            }
        },
        {"USDT": Margin(D("1000.5"), D("990.5"), D(800), D(4))},
    ),
    "aster": (
        {"info": [{"asset": "USDT", "balance": "100", "crossUnPnl": "-1", "availableBalance": "90"}]},
        {"USDT": Margin(D(100), D(99), D(90), D(0))},
    ),
    "bybit": (
        {
            "info": {
                "result": {
                    "list": [
                        {
                            "coin": [
                                {
                                    "coin": "USDT",
                                    "walletBalance": "100",
                                    "equity": "98",
                                    "totalOrderIM": "1",
                                    "totalPositionIM": "9",
                                    "totalPositionMM": "2",
                                }
                            ]
                        }
                    ]
                }
            }
        },
        {"USDT": Margin(D(100), D(98), D(88), D(2))},
    ),
    "okx": (
        {"info": {"data": [{"details": [{"ccy": "USDT", "cashBal": "100", "eq": "99", "availEq": "80", "mmr": "3"}]}]}},
        {"USDT": Margin(D(100), D(99), D(80), D(3))},
    ),
    "backpack": (
        {
            "info": {
                "netEquity": "100",
                "pnlUnrealized": "-5",
                "netEquityAvailable": "60",
                "netExposureFutures": "-1000",
                "mmf": "0.0125",
            }
        },
        {"USDC": Margin(D(105), D(100), D(60), D("12.5"))},
    ),
    "lighter": (
        {
            "info": {
                "accounts": [
                    {
                        "collateral": "100",
                        "available_balance": "70",
                        "cross_maintenance_margin_requirement": "5",
                        "positions": [{"unrealized_pnl": "-2"}, {"unrealized_pnl": "1"}],
                    }
                ]
            }
        },
        {"USDC": Margin(D(100), D(99), D(70), D(5))},
    ),
    "grvt": (
        {
            "info": {
                "settle_currency": "USDT",
                "total_equity": "15",
                "unrealized_pnl": "1",
                "available_balance": "10",
                "maintenance_margin": "2",
            }
        },
        {"USDT": Margin(D(14), D(15), D(10), D(2))},
    ),
    "extended": (
        {"info": {"balance": "100", "equity": "90", "availableForTrade": "50", "marginRatio": "0.1"}},
        {"USDC": Margin(D(100), D(90), D(50), D(9))},
    ),
    "apex": (
        {
            "info": {
                "totalEquityValue": "100",
                "unrealizedPnl": "10",
                "availableBalance": "50",
                "maintenanceMargin": "3",
            }
        },
        {"USDT": Margin(D(90), D(100), D(50), D(3))},
    ),
    "paradex": (
        {
            "info": {
                "account_value": "100",
                "total_collateral": "90",
                "free_collateral": "50",
                "maintenance_margin_requirement": "3",
                "settlement_asset": "USDC",
            }
        },
        {"USDC": Margin(D(90), D(100), D(50), D(3))},
    ),
    "hyperliquid": (
        {
            "info": {
                "marginSummary": {"accountValue": "100"},
                "crossMaintenanceMarginUsed": "3",
                "withdrawable": "60",
                "assetPositions": [{"position": {"unrealizedPnl": "-4"}}],
            }
        },
        {"USDC": Margin(D(104), D(100), D(60), D(3))},
    ),
    "polymarket": (
        {
            "info": {
                "margin": {
                    "total_account_value": "100",
                    "total_unrealized_pnl": "4",
                    "available_order_margin": "50",
                    "total_maintenance_margin": "2",
                }
            }
        },
        {"PUSD": Margin(D(96), D(100), D(50), D(2))},
    ),
}


def test_money_of_every_venue_is_read() -> None:
    assert set(MONEY) == set(CASES)


@pytest.mark.parametrize("name", sorted(MONEY))
def test_cash_equity_free_and_maintenance(name: str) -> None:
    balance, expected = MONEY[name]
    assert DIALECTS[name]().margins(balance) == expected


@pytest.mark.parametrize("name", sorted(MONEY))
def test_a_balance_in_another_shape_falls_back_to_ccxts(name: str) -> None:
    balance = {"info": {}, "total": {"USDC": "7", "ETH": "0"}, "free": {"USDC": "5"}}
    assert DIALECTS[name]().margins(balance) == {"USDC": Margin(D(7), D(7), D(5), D(0))}


def test_a_unified_hyperliquid_account_has_its_money_in_the_spot_wallet() -> None:
    balance = {**MONEY["hyperliquid"][0], "spot": {"balances": [{"coin": "USDC", "total": "500", "hold": "20"}]}}
    assert DIALECTS["hyperliquid"]().margins(balance)["USDC"] == Margin(D(500), D(496), D(480), D(3))
