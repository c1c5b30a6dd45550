"""Binance USDⓈ-M futures: what an account may set, and what its settings and rights are."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from venues.served.binanceusdm_words import Params, Refused, missing, plain
from venues.served.house import House, HouseAccount

DEFAULT_LEVERAGE = 20
MAX_NOTIONAL = Decimal(1_000_000_000)


class Settings:
    """What a client may set. Leverage is shown back and does not bind: the engine's margin goes by the venue's most."""

    def __init__(self) -> None:
        self.leverage: dict[tuple[str, str], int] = {}
        self.isolated: set[tuple[str, str]] = set()

    def leverage_of(self, account: str, symbol: str) -> int:
        return self.leverage.get((account, symbol), DEFAULT_LEVERAGE)

    def margin_type(self, account: str, symbol: str) -> str:
        return "isolated" if (account, symbol) in self.isolated else "cross"


class SettingCalls:
    """Handlers of one dialect, as `binanceusdm_orders.Orders`."""

    def __init__(self, house: House, settings: Settings) -> None:
        self._house = house
        self._settings = settings

    async def set_leverage(self, account: HouseAccount, params: Params) -> dict[str, object]:
        symbol, leverage = params.market(self._house.markets).symbol, params.whole("leverage")
        if not 1 <= leverage <= int(self._house.profile.max_leverage):
            raise Refused(-4028, f"Leverage {leverage} is not valid")
        self._settings.leverage[(account.name, symbol)] = leverage
        return {"symbol": symbol, "leverage": leverage, "maxNotionalValue": plain(MAX_NOTIONAL)}

    async def set_margin_type(self, account: HouseAccount, params: Params) -> dict[str, object]:
        symbol, kind = params.market(self._house.markets).symbol, params.need("marginType")
        if kind not in ("ISOLATED", "CROSSED"):
            raise missing("marginType")
        key = (account.name, symbol)
        if (key in self._settings.isolated) is (kind == "ISOLATED"):
            raise Refused(-4046, "No need to change margin type.")
        if kind == "ISOLATED":
            raise Refused(-4168, "Unable to adjust to isolated-margin mode under the Multi-Assets mode.")
        return {"code": 200, "msg": "success"}

    async def position_side(self, account: HouseAccount, params: Params) -> dict[str, object]:
        return {"dualSidePosition": False}

    async def set_position_side(self, account: HouseAccount, params: Params) -> dict[str, object]:
        """One-way only: the engine keeps one position a symbol."""
        if params.flag("dualSidePosition"):
            raise Refused(-4084, "Method is not allowed currently. Coming soon.")
        raise Refused(-4059, "No need to change position side.")

    async def multi_assets(self, account: HouseAccount, params: Params) -> dict[str, object]:
        return {"multiAssetsMargin": False}

    async def symbol_config(self, account: HouseAccount, params: Params) -> list[dict[str, object]]:
        return [
            {
                "symbol": market.symbol,
                "marginType": "CROSSED",
                "isAutoAddMargin": False,
                "leverage": self._settings.leverage_of(account.name, market.symbol),
                "maxNotionalValue": plain(MAX_NOTIONAL),
            }
            for market in params.markets(self._house.markets)
        ]

    async def account_config(self, account: HouseAccount, params: Params) -> dict[str, object]:
        return {
            "feeTier": 0,
            "canTrade": True,
            "canDeposit": True,
            "canWithdraw": False,
            "dualSidePosition": False,
            "updateTime": 0,
            "multiAssetsMargin": False,
            "tradeGroupId": -1,
        }

    async def restrictions(self, account: HouseAccount, params: Params) -> dict[str, object]:
        """What the key may do (`/sapi/v1/account/apiRestrictions`): trade futures, and not withdraw."""
        return {
            "ipRestrict": False,
            "createTime": 0,
            "enableReading": True,
            "enableWithdrawals": False,
            "enableInternalTransfer": False,
            "enableMargin": False,
            "enableFutures": True,
            "permitsUniversalTransfer": False,
            "enableVanillaOptions": False,
            "enableSpotAndMarginTrading": False,
        }

    async def commission(self, account: HouseAccount, params: Params) -> dict[str, object]:
        profile = self._house.profile
        return {
            "symbol": params.market(self._house.markets).symbol,
            "makerCommissionRate": plain(profile.maker_bps / 10_000),
            "takerCommissionRate": plain(profile.taker_bps / 10_000),
        }

    async def brackets(self, account: HouseAccount, params: Params) -> object:
        profile = self._house.profile
        rows: list[dict[str, object]] = [
            {
                "symbol": market.symbol,
                "notionalCoef": msgspec.Raw(b"1.0"),
                "brackets": [
                    {
                        "bracket": 1,
                        "initialLeverage": int(profile.max_leverage),
                        "notionalCap": int(MAX_NOTIONAL),
                        "notionalFloor": 0,
                        "maintMarginRatio": msgspec.Raw(plain(profile.maintenance_rate).encode()),
                        "cum": msgspec.Raw(b"0.0"),
                    }
                ],
            }
            for market in params.markets(self._house.markets)
        ]
        return rows[0] if "symbol" in params else rows
