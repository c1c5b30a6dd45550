"""`POST /exchange` of Hyperliquid: signed actions. Signature, nonce and expiry are checked before anything happens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import TypeVar

import msgspec

from venues.model import VenueError
from venues.served.hyperliquid_info import InfoError
from venues.served.hyperliquid_nonces import NonceBook
from venues.served.hyperliquid_orders import (
    CancelByCloidWire,
    CancelWire,
    ModifyWire,
    Orders,
    OrderWire,
)
from venues.served.hyperliquid_sign import (
    SOURCES,
    USER_SIGNED,
    Signature,
    SignatureError,
    action_hash,
    is_address,
    l1_digest,
    signer,
    user_digest,
)
from venues.served.hyperliquid_state import States
from venues.served.hyperliquid_wallet import AGENT_DAYS_MS, Agent, Leverage, Seen, Wallet, Wallets
from venues.served.hyperliquid_wire import Json, number

T = TypeVar("T")

SCHEDULE_AHEAD_MS = 5_000
SCHEDULE_VOLUME = Decimal(1_000_000)
"""What an account must have traded, USD, before the venue takes its scheduled cancels."""
MAX_BUILDER_FEE = 100
"""Tenths of a basis point, on perpetuals."""
MAX_BATCH = 1_000


class ExchangeRequest(msgspec.Struct, frozen=True, rename="camel"):
    action: dict[str, object]
    nonce: int
    signature: Signature
    vault_address: str | None = None
    expires_after: int | None = None


class _Refused(Exception):
    """The action as a whole is refused; the text is the venue's."""


class Actions:
    """Recovers who signed, then does what was signed. What it does not serve it refuses, and records all the same
    (`Wallet.seen`)."""

    def __init__(self, states: States, wallets: Wallets, orders: Orders, schedule_volume: Decimal) -> None:
        self._states = states
        self._house = states.house
        self._wallets = wallets
        self._orders = orders
        self._schedule_volume = schedule_volume
        self._nonces = NonceBook()
        self._by_type: Mapping[str, Callable[[Wallet, dict[str, object]], Awaitable[Json]]] = {
            "order": self._order,
            "cancel": self._cancel,
            "cancelByCloid": self._cancel_by_cloid,
            "modify": self._modify,
            "batchModify": self._batch_modify,
            "scheduleCancel": self._schedule_cancel,
            "updateLeverage": self._update_leverage,
            "noop": self._default,
            "setReferrer": self._default,
            "approveAgent": self._approve_agent,
            "approveBuilderFee": self._approve_builder,
        }

    async def answer(self, raw: bytes | msgspec.Raw) -> Json:
        """Raises `InfoError` for what cannot be read."""
        request = read_request(raw)
        try:
            signed_by, wallet = self._signed_by(request)
            self._check(request, signed_by)
            kind = str(request.action.get("type"))
            wallet.seen.append(Seen(kind, request.action, signed_by, request.nonce))
            if request.vault_address is not None:
                raise _Refused(f"Vault not registered: 0x{request.vault_address.removeprefix('0x')}")
            do = self._by_type.get(kind)
            if do is None:
                raise _Refused(f"Action {kind} is not served by this exchange")
            return {"status": "ok", "response": await do(wallet, request.action)}
        except _Refused as refused:
            return {"status": "err", "response": str(refused)}

    def account_of(self, raw: bytes) -> str:
        """Name of the account that a request is signed for; "" where it is nobody's."""
        try:
            return self._signed_by(read_request(raw))[1].name
        except (InfoError, _Refused):
            return ""

    # -- who, and whether it may ---------------------------------------------------------------------------------

    def _signed_by(self, request: ExchangeRequest) -> tuple[str, Wallet]:
        action = request.action
        user_signed = USER_SIGNED.get(str(action.get("type")))
        try:
            if user_signed is not None:
                address = signer(user_digest(action, *user_signed), request.signature)
                wallet = self._wallets.at(address)
                if wallet is None:
                    raise _Refused(f"Must deposit before performing actions. User: {address}")
                return address, wallet
            digest = action_hash(action, request.nonce, request.vault_address, request.expires_after)
            addresses = [signer(l1_digest(digest, source), request.signature) for source in SOURCES]
        except SignatureError as error:
            raise _Refused(f"Unable to recover signer: {error}") from None
        for address in addresses:
            wallet = self._wallets.signed_by(address, self._house.now_ms())
            if wallet is not None:
                return address, wallet
        raise _Refused(f"User or API Wallet {addresses[0]} does not exist.")

    def _check(self, request: ExchangeRequest, signed_by: str) -> None:
        now = self._house.now_ms()
        inner = request.action.get("nonce", request.action.get("time"))
        if str(request.action.get("type")) in USER_SIGNED and inner != request.nonce:
            raise _Refused(f"Invalid nonce: {request.nonce} is not the action's {inner}")
        refused = self._nonces.take(signed_by, request.nonce, now)
        if refused:
            raise _Refused(refused)
        if request.expires_after is not None and now > request.expires_after:
            # assumed: the venue's words are not on record
            raise _Refused(f"Action expired: expiresAfter {request.expires_after} < {now}")

    # -- actions -------------------------------------------------------------------------------------------------

    async def _order(self, wallet: Wallet, action: dict[str, object]) -> Json:
        self._check_builder(wallet, action.get("builder"))
        if isinstance(action.get("grouping"), str) and action["grouping"] not in ("na", "normalTpsl", "positionTpsl"):
            raise _Refused(f"Invalid grouping {action['grouping']}")
        wires = _batch(action, "orders", list[OrderWire])
        return _statuses("order", await self._orders.place(wallet, wires))

    def _check_builder(self, wallet: Wallet, builder: object) -> None:
        if builder is None:
            return
        if not isinstance(builder, dict) or not is_address(builder.get("b")) or not isinstance(builder.get("f"), int):
            raise InfoError("Failed to deserialize the JSON body into the target type: builder")
        if builder["f"] > wallet.builders.get(str(builder["b"]).lower(), 0):
            raise _Refused("Builder fee has not been approved.")

    async def _cancel(self, wallet: Wallet, action: dict[str, object]) -> Json:
        return _statuses("cancel", await self._orders.cancel(wallet, _batch(action, "cancels", list[CancelWire])))

    async def _cancel_by_cloid(self, wallet: Wallet, action: dict[str, object]) -> Json:
        wires = _batch(action, "cancels", list[CancelByCloidWire])
        return _statuses("cancel", await self._orders.cancel_by_cloid(wallet, wires))

    async def _modify(self, wallet: Wallet, action: dict[str, object]) -> Json:
        (status,) = await self._orders.modify(wallet, [_read(action, ModifyWire)])
        if isinstance(status, dict) and "error" in status:
            raise _Refused(str(status["error"]))
        return {"type": "default"}

    async def _batch_modify(self, wallet: Wallet, action: dict[str, object]) -> Json:
        wires = _batch(action, "modifies", list[ModifyWire])
        return _statuses("order", await self._orders.modify(wallet, wires))

    async def _schedule_cancel(self, wallet: Wallet, action: dict[str, object]) -> Json:
        """Dead-man switch of the account; without a time it is off."""
        at, now = action.get("time"), self._house.now_ms()
        if at is not None and (not isinstance(at, int) or isinstance(at, bool)):
            raise InfoError("Failed to deserialize the JSON body into the target type: time")
        if at is not None and wallet.volume < self._schedule_volume:
            required, traded = number(self._schedule_volume), number(wallet.volume)
            raise _Refused(
                "Cannot set scheduled cancel time until enough volume traded. "
                f"Required: ${required.removesuffix('.0')}. Traded: ${traded.removesuffix('.0')}."
            )
        if at is not None and at < now + SCHEDULE_AHEAD_MS:
            raise _Refused(f"Scheduled cancel time {at} is not {SCHEDULE_AHEAD_MS // 1000} seconds ahead")
        try:
            await wallet.house.venue.cancel_all_after(0.0 if at is None else (at - now) / 1000)
        except (VenueError, ValueError) as error:
            raise _Refused(str(error)) from None
        return {"type": "default"}

    async def _update_leverage(self, wallet: Wallet, action: dict[str, object]) -> Json:
        """What an order needs as margin follows it; the engine's liquidations are those of a cross account at the
        venue's highest leverage."""
        wire = _read(action, _LeverageWire)
        if not 0 <= wire.asset < len(self._states.assets) or not 1 <= wire.leverage <= self._states.max_leverage:
            raise _Refused("Invalid leverage value")
        instrument = self._states.assets[wire.asset].instrument
        now = wallet.leverage_of(instrument, self._states.max_leverage)
        if now.cross != wire.is_cross and wallet.house.position(instrument).lots:
            raise _Refused("Cannot switch leverage type with open position.")
        wallet.leverage[instrument.symbol] = Leverage(wire.leverage, wire.is_cross)
        return {"type": "default"}

    async def _default(self, wallet: Wallet, action: dict[str, object]) -> Json:
        """Taken and recorded, without effect here."""
        return {"type": "default"}

    async def _approve_agent(self, wallet: Wallet, action: dict[str, object]) -> Json:
        """A new API wallet takes the place of the one of its name, or of the one without a name."""
        address = action.get("agentAddress")
        if not isinstance(address, str) or not is_address(address):
            raise InfoError("Failed to deserialize the JSON body into the target type: agentAddress")
        name, _, until = str(action.get("agentName") or "").partition(" valid_until ")
        now = self._house.now_ms()
        valid_until = int(until) if until.isascii() and until.isdigit() else now + AGENT_DAYS_MS
        if not now < valid_until <= now + AGENT_DAYS_MS:
            raise _Refused(f"Invalid agent expiry {valid_until}")
        if self._wallets.at(address) is not None:
            raise _Refused("Cannot use an account's own address as its API wallet")
        for known in [agent.address for agent in wallet.agents.values() if agent.name == name]:
            del wallet.agents[known]
        wallet.agents[address.lower()] = Agent(address.lower(), name, valid_until)
        return {"type": "default"}

    async def _approve_builder(self, wallet: Wallet, action: dict[str, object]) -> Json:
        text = str(action.get("maxFeeRate", ""))
        try:
            fee = Decimal(text.removesuffix("%")) * 1000
        except InvalidOperation:
            raise _Refused(f"Invalid maxFeeRate {text}") from None
        if not text.endswith("%") or not 0 <= fee <= MAX_BUILDER_FEE:
            raise _Refused(f"Invalid maxFeeRate {text}")
        wallet.builders[str(action.get("builder")).lower()] = int(fee)
        return {"type": "default"}


class _LeverageWire(msgspec.Struct, frozen=True, rename="camel"):
    asset: int
    is_cross: bool
    leverage: int


def read_request(raw: bytes | msgspec.Raw) -> ExchangeRequest:
    """Raises `InfoError`."""
    try:
        return msgspec.json.decode(raw, type=ExchangeRequest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InfoError(f"Failed to deserialize the JSON body into the target type: {error}") from None


def _read(value: object, kind: type[T]) -> T:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise InfoError(f"Failed to deserialize the JSON body into the target type: {error}") from None


def _batch(action: dict[str, object], name: str, kind: type[list[T]]) -> list[T]:
    wires = _read(action.get(name), kind)
    if not 0 < len(wires) <= MAX_BATCH:
        raise _Refused(f"{name}: {len(wires)} in one batch, expected 1 to {MAX_BATCH}")
    return wires


def _statuses(kind: str, statuses: list[object]) -> Json:
    return {"type": kind, "data": {"statuses": statuses}}
