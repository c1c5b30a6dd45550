"""Hyperliquid's signatures: what an action's signature is made over, and whose it is.

Source: the venue's documentation ("Signing") and its own client. Trading actions are hashed as msgpack, with nonce,
vault and expiry behind them, and signed as a "phantom agent" (EIP-712, chain 1337). What moves money or rights is
signed field by field (EIP-712, domain HyperliquidSignTransaction).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import msgspec
from coincurve import PrivateKey, PublicKey
from Crypto.Hash import keccak

Action: TypeAlias = Mapping[str, object]
Fields: TypeAlias = tuple[tuple[str, str], ...]
"""(name, EIP-712 type), in order."""

L1_CHAIN = 1337
SOURCES = ("a", "b")
"""Phantom agents of the main net and of the test net. Clients take the second for every URL but the main net's."""


class SignatureError(ValueError):
    """A signature that nobody can have made, or an action that cannot be hashed."""


class Signature(msgspec.Struct, frozen=True):
    """As it comes: hex with 0x, v 27 or 28 (0 and 1 are taken too)."""

    r: str
    s: str
    v: int


_CHAIN = ("hyperliquidChain", "string")
USER_SIGNED: Mapping[str, tuple[str, Fields]] = {
    "approveAgent": (
        "ApproveAgent",
        (_CHAIN, ("agentAddress", "address"), ("agentName", "string"), ("nonce", "uint64")),
    ),
    "approveBuilderFee": (
        "ApproveBuilderFee",
        (_CHAIN, ("maxFeeRate", "string"), ("builder", "address"), ("nonce", "uint64")),
    ),
    "usdSend": ("UsdSend", (_CHAIN, ("destination", "string"), ("amount", "string"), ("time", "uint64"))),
    "withdraw3": ("Withdraw", (_CHAIN, ("destination", "string"), ("amount", "string"), ("time", "uint64"))),
    "usdClassTransfer": (
        "UsdClassTransfer",
        (_CHAIN, ("amount", "string"), ("toPerp", "bool"), ("nonce", "uint64")),
    ),
}
"""Actions that are signed field by field, and never by an API wallet: (primary type, fields)."""


def keccak256(data: bytes) -> bytes:
    return keccak.new(digest_bits=256, data=data).digest()


def address_of_key(private_key: str) -> str:
    """Address (0x and 40 hex digits, lower case) of a private key in hex."""
    return _address(PrivateKey.from_hex(private_key.removeprefix("0x").rjust(64, "0")).public_key)


def is_address(text: object) -> bool:
    """0x and 40 hex digits, in any case."""
    return isinstance(text, str) and len(text) == 42 and text.startswith("0x") and _hex(text[2:]) is not None


# -- what is hashed ----------------------------------------------------------------------------------------------------

_ORDER = ("a", "b", "p", "s", "r", "t", "c")
_TOP: Mapping[str, tuple[str, ...]] = {
    "order": ("type", "orders", "grouping", "builder"),
    "cancel": ("type", "cancels"),
    "cancelByCloid": ("type", "cancels"),
    "modify": ("type", "oid", "order"),
    "batchModify": ("type", "modifies"),
    "updateLeverage": ("type", "asset", "isCross", "leverage"),
    "updateIsolatedMargin": ("type", "asset", "isBuy", "ntli"),
    "scheduleCancel": ("type", "time"),
}
_NESTED: Mapping[str, tuple[str, ...]] = {
    "orders": _ORDER,
    "order": _ORDER,
    "modifies": ("oid", "order"),
    "cancels": ("a", "o", "asset", "cloid"),
    "builder": ("b", "f"),
    "trigger": ("isMarket", "triggerPx", "tpsl"),
}
_NUMBERS = frozenset({"p", "s", "triggerPx"})
_HEX = frozenset({"c", "cloid", "b"})


def canonical(action: Action) -> dict[str, object]:
    """The action as the venue writes it out again before it hashes: fields in its own order, numbers without trailing
    zeros, hex in lower case. A client that signs anything else gets another signer's address back."""
    return _ordered(action, _TOP.get(str(action.get("type", "")), ()))


def _ordered(fields: Mapping[str, object], order: tuple[str, ...]) -> dict[str, object]:
    rank = {name: index for index, name in enumerate(order)}
    names = sorted(fields, key=lambda name: rank.get(name, len(rank)))
    return {name: _value(name, fields[name]) for name in names}


def _value(name: str, value: object) -> object:
    if isinstance(value, Mapping):
        return _ordered(value, _NESTED.get(name, ()))
    if isinstance(value, list):
        return [_value(name, item) for item in value]
    if isinstance(value, str) and name in _NUMBERS:
        return value.rstrip("0").rstrip(".") if "." in value else value
    if isinstance(value, str) and name in _HEX:
        return value.lower()
    return value


def action_hash(action: Action, nonce: int, vault: str | None, expires_after: int | None) -> bytes:
    """Hash of a trading action. `nonce` and `expires_after` are ms. Raises `SignatureError`."""
    try:
        data = msgspec.msgpack.encode(canonical(action)) + nonce.to_bytes(8, "big")
        data += b"\x00" if vault is None else b"\x01" + _address_bytes(vault)
        if expires_after is not None:
            data += b"\x00" + expires_after.to_bytes(8, "big")
    except (OverflowError, TypeError) as error:
        raise SignatureError(f"action cannot be hashed: {error}") from None
    return keccak256(data)


def l1_digest(connection_id: bytes, source: str) -> bytes:
    """What a trading action's signature is made over; `connection_id` is its `action_hash`."""
    agent = keccak256(b"Agent(string source,bytes32 connectionId)")
    message = keccak256(agent + keccak256(source.encode()) + connection_id)
    return keccak256(b"\x19\x01" + _domain("Exchange", L1_CHAIN) + message)


def user_digest(action: Action, primary: str, fields: Fields) -> bytes:
    """What the signature of an action of `USER_SIGNED` is made over. Raises `SignatureError`."""
    chain = _hex(str(action.get("signatureChainId", "")).removeprefix("0x"))
    if chain is None:
        raise SignatureError("signatureChainId: expected a chain id in hex")
    text = f"HyperliquidTransaction:{primary}({','.join(f'{kind} {name}' for name, kind in fields)})"
    packed = keccak256(text.encode()) + b"".join(_encoded(action, name, kind) for name, kind in fields)
    return keccak256(b"\x19\x01" + _domain("HyperliquidSignTransaction", chain) + keccak256(packed))


def _encoded(action: Action, name: str, kind: str) -> bytes:
    value = action.get(name)
    if kind == "string":
        # an optional name that was left out was signed as empty
        return keccak256(("" if value is None else str(value)).encode())
    if kind == "address" and isinstance(value, str):
        return _address_bytes(value).rjust(32, b"\x00")
    if kind == "bool" and isinstance(value, bool):
        return int(value).to_bytes(32, "big")
    if kind == "uint64" and isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 64:
        return value.to_bytes(32, "big")
    raise SignatureError(f"{name} is {value!r}: expected {kind}")


def _domain(name: str, chain: int) -> bytes:
    kind = keccak256(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
    return keccak256(kind + keccak256(name.encode()) + keccak256(b"1") + chain.to_bytes(32, "big") + bytes(32))


# -- who signed --------------------------------------------------------------------------------------------------------


def signer(digest: bytes, signature: Signature) -> str:
    """Address of who made the signature: always some address where the numbers are sound. Raises `SignatureError`."""
    r, s = (_hex(part.removeprefix("0x")) for part in (signature.r, signature.s))
    recovery = signature.v - 27 if signature.v >= 27 else signature.v
    if r is None or s is None or r >> 256 or s >> 256 or recovery not in (0, 1):
        raise SignatureError("signature: expected r and s as 32 bytes in hex, and v as 27 or 28")
    packed = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([recovery])
    try:
        return _address(PublicKey.from_signature_and_message(packed, digest, hasher=None))
    except ValueError as error:
        raise SignatureError(f"signature: {error}") from None


def _address(key: PublicKey) -> str:
    return "0x" + keccak256(key.format(compressed=False)[1:])[-20:].hex()


def _address_bytes(text: str) -> bytes:
    # ccxt sends a vault's address without its 0x
    plain = text.removeprefix("0x")
    if len(plain) != 40 or _hex(plain) is None:
        raise SignatureError(f"address {text!r}: expected 0x and 40 hex digits")
    return bytes.fromhex(plain)


def _hex(digits: str) -> int | None:
    if not digits or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
        return None
    return int(digits, 16)
