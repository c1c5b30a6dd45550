"""What makes up a key on each venue, by ccxt's names, and what a value must look like."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

import msgspec

from cockpit.secrets.errors import KeysError
from venues.model.secret import Secret

_MAX_CHARS = 8192
_HEX_32 = re.compile(r"(0x)?[0-9a-fA-F]{64}")
_HEX_40 = re.compile(r"(0x)?[0-9a-fA-F]{80}")
_EVM_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_STARK = re.compile(r"(0x)?[0-9a-fA-F]{1,64}")
_STARK_ADDRESS = re.compile(r"0x[0-9a-fA-F]{1,64}")
_NUMBER = re.compile(r"[0-9]{1,20}")
_KEY_INDEX = re.compile(r"[4-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-4]")


class Field(msgspec.Struct, frozen=True):
    name: str
    label: str
    """What the venue's own pages call it."""
    shape: re.Pattern[str] | None = None
    expected: str = ""
    """What `shape` means, for people."""
    optional: bool = False
    public: bool = False
    """No secret: may be shown while it is typed."""


class VenueKeys(msgspec.Struct, frozen=True):
    fields: tuple[Field, ...]
    hint: str = ""
    """One line for whoever is asked for them."""


def _api(name: str = "apiKey", label: str = "API key") -> Field:
    return Field(name, label)


_SECRET = Field("secret", "API secret")
_PASSWORD = Field("password", "passphrase of the API key")
_WALLET_KEY = Field("privateKey", "private key", _HEX_32, "64 hexadecimal digits, with or without 0x")
_STARK_KEY = Field("privateKey", "Stark private key", _STARK, "up to 64 hexadecimal digits, with or without 0x")
_AGENT_HINT = "Use the key of an API wallet (agent), never the one of the main wallet: an agent cannot withdraw."

VENUE_KEYS: Mapping[str, VenueKeys] = {
    "apex": VenueKeys((_api(), _SECRET, _PASSWORD, Field("seeds", "Omni key (seed)"))),
    "aster": VenueKeys(
        (
            Field(
                "walletAddress",
                "address of the account, where the key is one of an approved signer",
                _EVM_ADDRESS,
                "0x and 40 hexadecimal digits",
                optional=True,
                public=True,
            ),
            _WALLET_KEY,
        ),
        "Use the key of a signer that your wallet has approved: the wallet's own key can withdraw.",
    ),
    "backpack": VenueKeys((_api("apiKey", "API key (public)"), _SECRET)),
    "binanceusdm": VenueKeys((_api(), _SECRET), "Allow reading and futures only, and restrict it to this address."),
    "bybit": VenueKeys((_api(), _SECRET)),
    "dydx": VenueKeys((_WALLET_KEY,)),
    "edgex": VenueKeys(
        (
            Field("accountId", "account id", _NUMBER, "digits", public=True),
            _api(),
            _SECRET,
            _PASSWORD,
            Field("privateKey", "trading key of the API", _HEX_32, "64 hexadecimal digits, with or without 0x"),
        ),
        "A key of its second API; the Stark keys of the first are not taken any more.",
    ),
    "extended": VenueKeys((_api(), _STARK_KEY)),
    "grvt": VenueKeys(
        (
            _WALLET_KEY,
            Field("accountId", "trading account id", _NUMBER, "digits", optional=True, public=True),
        )
    ),
    "hyperliquid": VenueKeys(
        (
            Field("walletAddress", "address of the account", _EVM_ADDRESS, "0x and 40 hexadecimal digits", public=True),
            Field("privateKey", "private key of the API wallet", _HEX_32, "64 hexadecimal digits, with or without 0x"),
            Field(
                "vaultAddress",
                "address of a vault or sub-account",
                _EVM_ADDRESS,
                "0x and 40 hexadecimal digits",
                optional=True,
                public=True,
            ),
        ),
        _AGENT_HINT,
    ),
    "lighter": VenueKeys(
        (
            Field("accountIndex", "account index", _NUMBER, "digits", public=True),
            Field(
                "apiKeyIndex",
                "API key index",
                _KEY_INDEX,
                "a number from 4 to 254: lower ones belong to the venue's own pages",
                public=True,
            ),
            Field("privateKey", "API private key", _HEX_40, "80 hexadecimal digits: the API key's, not the wallet's"),
            Field(
                "walletAddress",
                "address of the wallet",
                _EVM_ADDRESS,
                "0x and 40 hexadecimal digits",
                optional=True,
                public=True,
            ),
        ),
    ),
    "okx": VenueKeys((_api(), _SECRET, _PASSWORD)),
    "paradex": VenueKeys(
        (
            Field("walletAddress", "address", _STARK_ADDRESS, "0x and up to 64 hexadecimal digits", public=True),
            Field("privateKey", "private key", _STARK, "up to 64 hexadecimal digits, with or without 0x"),
        )
    ),
    "polymarket": VenueKeys((_WALLET_KEY,)),
}


def venue_keys(venue: str) -> VenueKeys:
    """Raises `KeysError` for a venue that has no keys here."""
    if venue not in VENUE_KEYS:
        close = difflib.get_close_matches(venue, VENUE_KEYS, n=1)
        hint = f"did you mean {close[0]}?" if close else "expected one of " + ", ".join(VENUE_KEYS)
        # Something long is no mistyped name, and may be a secret in the wrong place.
        shown = f" {venue!r}" if len(venue) <= 16 else ""
        raise KeysError(f"--venue{shown}: that is no venue that takes keys", hint)
    return VENUE_KEYS[venue]


def checked(venue: str, given: Mapping[str, Secret]) -> dict[str, Secret]:
    """The credentials in the venue's order, without blanks around them. Raises `KeysError` that names the field and
    what would be right, never the value."""
    known = {field.name: field for field in venue_keys(venue).fields}
    for name in given:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            # A name that is not close to any may be a secret that stands in the wrong place.
            shown = f"field {name}" if close else "a field"
            hint = f"did you mean {close[0]}?" if close else f"expected {', '.join(known)}"
            raise KeysError(f"a key of {venue} has no such {shown}", hint)
    out: dict[str, Secret] = {}
    for name, field in known.items():
        value = given.get(name)
        text = Secret(value.reveal().strip()) if value is not None else Secret("")
        if not text:
            if not field.optional:
                raise KeysError(f"{name} of a key of {venue} is missing", f"expected the {field.label}")
            continue
        _check(venue, field, text)
        out[name] = text
    return out


def check_one(venue: str, name: str, value: Secret) -> None:
    """One part of a key by itself, while it is typed. Raises `KeysError`, as `checked` does."""
    field = next(field for field in venue_keys(venue).fields if field.name == name)
    text = Secret(value.reveal().strip())
    if text:
        _check(venue, field, text)
    elif not field.optional:
        raise KeysError(f"{name} of a key of {venue} is missing", f"expected the {field.label}")


def _check(venue: str, field: Field, value: Secret) -> None:
    text = value.reveal()
    where = f"{field.name} of a key of {venue}"
    if len(text) > _MAX_CHARS:
        raise KeysError(f"{where} has {len(text)} characters", f"expected the {field.label}")
    if not text.isprintable() and not text.startswith("-----BEGIN "):
        raise KeysError(f"{where} holds characters that cannot be printed", "copy it once more, without line breaks")
    if field.shape is not None and not field.shape.fullmatch(text):
        raise KeysError(f"{where} cannot be right ({len(text)} characters)", f"expected {field.expected}")
