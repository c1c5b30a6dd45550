"""Binance USDⓈ-M futures: the user data stream."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from venues.model import FundingPayment, LiquiditySide, OrderStatus, Transfer, TransferKind
from venues.served.binanceusdm_orders import client_id_text, status_text, tif_text, type_text
from venues.served.binanceusdm_words import ms, plain
from venues.served.dialect import WsSession
from venues.served.house import House, HouseAccount, HouseFill, HouseOrder

_MOVES = {
    TransferKind.DEPOSIT: "DEPOSIT",
    TransferKind.WITHDRAWAL: "WITHDRAW",
    TransferKind.TRANSFER_IN: "ADJUSTMENT",
    TransferKind.TRANSFER_OUT: "ADJUSTMENT",
    TransferKind.REBATE: "ADMIN_DEPOSIT",
}


class UserStream:
    """Sessions by account, and what they are told: an `AccountListener` of every account."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._sessions: dict[str, dict[WsSession, str]] = {}
        """By account: the session and the listen key it came with."""

    def attach(self, session: WsSession, account: str, key: str) -> None:
        session.account = account
        self._sessions.setdefault(account, {})[session] = key

    def detach(self, session: WsSession) -> None:
        self._sessions.get(session.account, {}).pop(session, None)

    def expire(self, account: str, key: str) -> None:
        """The key has ended: whoever came with it is told, and hears no more."""
        sessions = self._sessions.get(account, {})
        gone = [session for session, held in sessions.items() if held == key]
        text = msgspec.json.encode({"e": "listenKeyExpired", "E": self._house.now_ms(), "listenKey": key}).decode()
        for session in gone:
            session.send(text)
            del sessions[session]

    def on_leverage(self, account: str, symbol: str, leverage: int) -> None:
        now = self._house.now_ms()
        self._send(account, {"e": "ACCOUNT_CONFIG_UPDATE", "E": now, "T": now, "ac": {"s": symbol, "l": leverage}})

    # -- AccountListener -----------------------------------------------------------------------------------------

    def on_accepted(self, account: HouseAccount, order: HouseOrder) -> None:
        self._order(account, order, "NEW", "NEW")

    def on_fill(self, account: HouseAccount, fill: HouseFill) -> None:
        self._account(account, "ORDER", fill.fill.fee_asset, fill.fill.symbol, fill.fill.ts_event)
        kind = "CALCULATED" if fill.fill.liquidation else "TRADE"
        self._order(account, fill.order, kind, status_text(fill.order), fill)

    def on_ended(self, account: HouseAccount, order: HouseOrder) -> None:
        if order.status is not OrderStatus.FILLED:
            status = status_text(order)
            self._order(account, order, status, status)

    def on_rejected(self, account: HouseAccount, order: HouseOrder) -> None:
        """Refused orders are answered, and never were orders."""

    def on_funding(self, account: HouseAccount, payment: FundingPayment) -> None:
        self._account(account, "FUNDING_FEE", payment.asset, payment.symbol, payment.ts_event, -payment.cost)

    def on_transfer(self, account: HouseAccount, transfer: Transfer) -> None:
        self._account(account, _MOVES[transfer.kind], transfer.asset, "", transfer.ts_event, transfer.signed)

    # -- events --------------------------------------------------------------------------------------------------

    def _send(self, account: str, event: dict[str, object]) -> None:
        sessions = self._sessions.get(account)
        if sessions:
            text = msgspec.json.encode(event).decode()
            for session in list(sessions):
                session.send(text)

    def _order(
        self, account: HouseAccount, order: HouseOrder, kind: str, status: str, fill: HouseFill | None = None
    ) -> None:
        trade = fill.fill if fill is not None else None
        stamp = ms(order.updated or order.created)
        row: dict[str, object] = {
            "s": order.symbol,
            "c": client_id_text(order),
            "S": order.side.name,
            "o": "LIQUIDATION" if order.liquidation else type_text(order),
            "f": tif_text(order),
            "q": plain(order.qty if order.qty.is_finite() else order.filled),
            "p": "0" if order.market else plain(order.price),
            "ap": plain(order.average.quantize(Decimal("1e-8"))),
            "sp": "0",
            "x": kind,
            "X": status,
            "i": order.number,
            "l": plain(trade.qty) if trade is not None else "0",
            "z": plain(order.filled) if kind != "NEW" else "0",
            "L": plain(trade.price) if trade is not None else "0",
            "T": stamp,
            "t": fill.number if fill is not None else 0,
            "b": "0",
            "a": "0",
            "m": trade is not None and trade.liquidity is LiquiditySide.MAKER,
            "R": order.reduce_only,
            "wt": "CONTRACT_PRICE",
            "ot": type_text(order),
            "ps": "BOTH",
            "cp": False,
            "rp": plain(fill.realised) if fill is not None else "0",
            "pP": False,
            "si": 0,
            "ss": 0,
            "V": "EXPIRE_MAKER",
            "pm": "NONE",
            "gtd": 0,
        }
        if trade is not None:
            row |= {"n": plain(trade.fee), "N": trade.fee_asset}
        self._send(account.name, {"e": "ORDER_TRADE_UPDATE", "T": stamp, "E": self._house.now_ms(), "o": row})

    def _account(
        self, account: HouseAccount, why: str, asset: str, symbol: str, ts: int, change: Decimal = Decimal(0)
    ) -> None:
        wallet = plain(account.cash.get(asset, Decimal(0)))
        positions = []
        if symbol and why != "FUNDING_FEE":
            market = self._house.markets[symbol]
            position = account.position(market.instrument)
            mark = market.mark()
            unrealised = position.unrealised(mark) if mark is not None else Decimal(0)
            entry = plain(position.entry.quantize(Decimal("1e-8")))
            positions.append(
                {
                    "s": symbol,
                    "pa": plain(position.qty),
                    "ep": entry,
                    "bep": entry,
                    "cr": "0",
                    "up": plain(unrealised.quantize(Decimal("1e-8"))),
                    "mt": "cross",
                    "iw": "0",
                    "ps": "BOTH",
                }
            )
        self._send(
            account.name,
            {
                "e": "ACCOUNT_UPDATE",
                "T": ms(ts),
                "E": self._house.now_ms(),
                "a": {"m": why, "B": [{"a": asset, "wb": wallet, "cw": wallet, "bc": plain(change)}], "P": positions},
            },
        )
