"""Lighter's signed transactions: what is in each kind, the hash that is signed, and the signature.

The hash of a kind is Poseidon2 over (chain, kind, nonce, expiry, account, key, its own fields in order); attributes
that are set are hashed apart and joined to it. Checked against the venue's own signer library."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType

import msgspec

from venues.served.lighter_curve import Element, element_to_bytes
from venues.served.lighter_errors import (
    INVALID_SIGNATURE,
    INVALID_TX_INFO,
    UNSUPPORTED_TX,
    LighterError,
)
from venues.served.lighter_schnorr import SIGNATURE_BYTES, hash_to_element, verify

CHAIN_ID = 304
"""Mainnet, which the clients sign for unless they know the host as another's."""
MAX_FIELD = (1 << 60) - 1
MAX_STAMP = (1 << 48) - 1
NIL_MARKET = 255


class TxKind(IntEnum):
    CREATE_ORDER = 14
    CANCEL_ORDER = 15
    CANCEL_ALL = 16
    MODIFY_ORDER = 17
    UPDATE_LEVERAGE = 20
    APPROVE_INTEGRATOR = 45


class Attribute(IntEnum):
    INTEGRATOR = 1
    INTEGRATOR_TAKER_FEE = 2
    INTEGRATOR_MAKER_FEE = 3
    SKIP_NONCE = 4
    CANCEL_ALL_MARKET = 5
    SELF_TRADE_BEHAVIOUR = 6
    SELF_TRADE_EQUALITY = 7


_FIELDS: Mapping[TxKind, tuple[str, ...]] = MappingProxyType(
    {
        TxKind.CREATE_ORDER: (
            "MarketIndex", "ClientOrderIndex", "BaseAmount", "Price", "IsAsk", "Type", "TimeInForce", "ReduceOnly",
            "TriggerPrice", "OrderExpiry",
        ),
        TxKind.CANCEL_ORDER: ("MarketIndex", "Index"),
        TxKind.CANCEL_ALL: ("TimeInForce", "Time"),
        TxKind.MODIFY_ORDER: ("MarketIndex", "Index", "BaseAmount", "Price", "TriggerPrice"),
        TxKind.UPDATE_LEVERAGE: ("MarketIndex", "InitialMarginFraction", "MarginMode"),
        TxKind.APPROVE_INTEGRATOR: (
            "IntegratorAccountIndex", "MaxPerpsTakerFee", "MaxPerpsMakerFee", "MaxSpotTakerFee", "MaxSpotMakerFee",
            "ApprovalExpiry",
        ),
    }
)  # fmt: skip
"""In the order in which they are hashed."""
_LIMITS = {"OrderExpiry": (1 << 63) - 1, "Time": (1 << 63) - 1}
_NIL = {Attribute.CANCEL_ALL_MARKET: NIL_MARKET}
"""Value that an attribute has when it is not set, where not 0."""


class Tx(msgspec.Struct, frozen=True):
    """A transaction of the right form; nothing is said yet of its signature."""

    kind: TxKind
    account_index: int
    key_index: int
    nonce: int
    expired_at: int
    """ms since the epoch."""
    fields: Mapping[str, int]
    attributes: Mapping[int, int]
    signature: bytes
    text: str

    def __getitem__(self, name: str) -> int:
        return self.fields[name]

    @property
    def skips_nonce(self) -> bool:
        return self.attributes.get(Attribute.SKIP_NONCE) == 1

    def hash(self, chain_id: int = CHAIN_ID) -> Element:
        """What is signed."""
        head = (chain_id, self.kind, self.nonce, self.expired_at, self.account_index, self.key_index)
        body = hash_to_element((*head, *(self.fields[name] for name in _FIELDS[self.kind])))
        set_ones = [(number, value) for number, value in sorted(self.attributes.items()) if value != _nil(number)]
        if not set_ones:
            return body
        padded = set_ones + [(0, 0)] * (4 - len(set_ones))
        attributes = hash_to_element([part for pair in padded for part in pair])
        return hash_to_element((*body, *attributes))

    def hash_text(self) -> str:
        return element_to_bytes(self.hash()).hex()

    def check_signature(self, public_key: bytes) -> None:
        """Raises `LighterError` where it was not signed with the key of `public_key`."""
        if not verify(public_key, self.hash(), self.signature):
            raise LighterError(INVALID_SIGNATURE, "invalid signature")


def decode_tx(kind: int, info: str | Mapping[str, object]) -> Tx:
    """The transaction in `info`, its JSON or what was decoded of it. Raises `LighterError`."""
    try:
        known = TxKind(kind)
    except ValueError:
        supported = ", ".join(str(int(one)) for one in TxKind)
        raise LighterError(UNSUPPORTED_TX, f"unsupported tx type {kind}: expected one of {supported}") from None
    if isinstance(info, str):
        text = info
        try:
            raw = msgspec.json.decode(info, type=dict[str, object])
        except (msgspec.DecodeError, RecursionError) as error:
            raise _wrong(f"tx_info is no JSON object: {error}") from None
    else:
        raw, text = dict(info), msgspec.json.encode(info).decode()
    return Tx(
        kind=known,
        account_index=_number(raw, "AccountIndex", MAX_STAMP - 1),
        key_index=_number(raw, "ApiKeyIndex", 254),
        nonce=_number(raw, "Nonce", MAX_STAMP),
        expired_at=_number(raw, "ExpiredAt", MAX_STAMP),
        fields={name: _number(raw, name, _LIMITS.get(name, MAX_FIELD)) for name in _FIELDS[known]},
        attributes=_attributes(raw.get("L2TxAttributes")),
        signature=_signature(raw.get("Sig")),
        text=text,
    )


def _wrong(text: str) -> LighterError:
    return LighterError(INVALID_TX_INFO, f"invalid tx info: {text}")


def _nil(attribute: int) -> int:
    return _NIL.get(Attribute(attribute), 0)


def _number(raw: Mapping[str, object], name: str, most: int) -> int:
    value = raw.get(name)
    if type(value) is not int or not 0 <= value <= most:
        raise _wrong(f"{name} is {value!r}: expected a whole number, 0 to {most}")
    return value


def _attributes(raw: object) -> dict[int, int]:
    if raw is None:
        return {}
    try:
        attributes = msgspec.convert(raw, dict[int, int], strict=False)
    except msgspec.ValidationError as error:
        raise _wrong(f"L2TxAttributes: {error}") from None
    if len(attributes) > 4:
        raise _wrong(f"L2TxAttributes has {len(attributes)} entries: expected at most 4")
    for number, value in attributes.items():
        if not 1 <= number <= len(Attribute) or not 0 <= value <= MAX_STAMP:
            raise _wrong(f"L2TxAttributes: attribute {number} = {value} is not known")
    return attributes


def _signature(raw: object) -> bytes:
    try:
        signature = base64.b64decode(raw, validate=True) if isinstance(raw, str) else b""
    except binascii.Error:
        signature = b""
    if len(signature) != SIGNATURE_BYTES:
        raise _wrong(f"Sig: expected {SIGNATURE_BYTES} bytes in base64")
    return signature
