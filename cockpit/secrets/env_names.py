"""The variables in which users of other tools hold their keys today, and the credentials that they are here.

The names are those of perp-dex-tools and, for venues that it does not have, the usual ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from cockpit.secrets.errors import KeysError
from cockpit.secrets.fields import checked, venue_keys
from venues.model.secret import Secret

ACCOUNT_NAME = "ACCOUNT_NAME"
"""Where it is set, accounts are named after it: one file is one account of its user."""

_PLACEHOLDERS = ("your_", "your-", "<your", "xxx", "changeme", "...")
_MAINNET = ("", "prod", "production", "main", "mainnet")


class EnvVenue(msgspec.Struct, frozen=True):
    venue: str
    fields: Mapping[str, tuple[str, ...]]
    """Our field to the variables that may hold it, the first one that is set counts."""
    environment: str = ""
    """The variable that says testnet or not."""
    without: str = ""
    """Why such keys cannot be taken over; empty where they can."""
    hints: tuple[str, ...] = ()
    """Variables that are of no use here, and show that somebody means this venue."""
    lacking: str = ""
    """What to do where fields are missing; empty: their variables are named, and that is enough."""


NAMES: tuple[EnvVenue, ...] = (
    EnvVenue(
        "edgex",
        {
            "accountId": ("EDGEX_ACCOUNT_ID",),
            "apiKey": ("EDGEX_API_KEY",),
            "secret": ("EDGEX_API_SECRET",),
            "password": ("EDGEX_API_PASSPHRASE",),
            "privateKey": ("EDGEX_TRADING_PRIVATE_KEY",),
        },
        hints=("EDGEX_STARK_PRIVATE_KEY",),
        lacking="Stark keys of edgeX's first API are not taken any more; make an API key, and add it by hand",
    ),
    EnvVenue("backpack", {"apiKey": ("BACKPACK_PUBLIC_KEY",), "secret": ("BACKPACK_SECRET_KEY",)}),
    EnvVenue(
        "apex",
        {
            "apiKey": ("APEX_API_KEY",),
            "secret": ("APEX_API_KEY_SECRET",),
            "password": ("APEX_API_KEY_PASSPHRASE",),
            "seeds": ("APEX_OMNI_KEY_SEED",),
        },
        environment="APEX_ENVIRONMENT",
    ),
    EnvVenue("extended", {"apiKey": ("EXTENDED_API_KEY",), "privateKey": ("EXTENDED_STARK_KEY_PRIVATE",)}),
    EnvVenue(
        "lighter",
        {
            "accountIndex": ("LIGHTER_ACCOUNT_INDEX",),
            "apiKeyIndex": ("LIGHTER_API_KEY_INDEX",),
            "privateKey": ("API_KEY_PRIVATE_KEY", "LIGHTER_API_PRIVATE_KEY", "LIGHTER_API_KEY_PRIVATE_KEY"),
        },
    ),
    EnvVenue(
        "grvt",
        {
            "privateKey": ("GRVT_PRIVATE_KEY",),
            "accountId": ("GRVT_TRADING_ACCOUNT_ID",),
        },
        environment="GRVT_ENVIRONMENT",
    ),
    EnvVenue(
        "paradex",
        {"walletAddress": ("PARADEX_L2_ADDRESS",), "privateKey": ("PARADEX_L2_PRIVATE_KEY",)},
        environment="PARADEX_ENVIRONMENT",
        hints=("PARADEX_L1_ADDRESS",),
        lacking="the address of the account is on the venue's wallet page, beside its private key",
    ),
    EnvVenue(
        "aster",
        {"walletAddress": ("ASTER_USER_ADDRESS", "ASTER_WALLET_ADDRESS"), "privateKey": ("ASTER_PRIVATE_KEY",)},
        hints=("ASTER_API_KEY", "ASTER_SECRET_KEY"),
        lacking="keys of Aster's first API are not taken any more; make a signer, and add it by hand",
    ),
    EnvVenue(
        "hyperliquid",
        {
            "walletAddress": ("HYPERLIQUID_WALLET_ADDRESS", "HYPERLIQUID_ACCOUNT_ADDRESS", "HL_ACCOUNT_ADDRESS"),
            "privateKey": ("HYPERLIQUID_PRIVATE_KEY", "HYPERLIQUID_API_PRIVATE_KEY", "HL_PRIVATE_KEY"),
        },
    ),
    EnvVenue("binanceusdm", {"apiKey": ("BINANCE_API_KEY",), "secret": ("BINANCE_API_SECRET", "BINANCE_SECRET_KEY")}),
    EnvVenue("bybit", {"apiKey": ("BYBIT_API_KEY",), "secret": ("BYBIT_API_SECRET", "BYBIT_SECRET_KEY")}),
    EnvVenue(
        "okx",
        {
            "apiKey": ("OKX_API_KEY",),
            "secret": ("OKX_API_SECRET", "OKX_SECRET_KEY"),
            "password": ("OKX_API_PASSPHRASE", "OKX_PASSPHRASE"),
        },
    ),
    EnvVenue("nado", {"privateKey": ("NADO_PRIVATE_KEY",)}, without="cockpit does not trade there"),
    EnvVenue("standx", {"privateKey": ("STANDX_PRIVATE_KEY",)}, without="cockpit does not trade there"),
    EnvVenue("ethereal", {"privateKey": ("ETHEREAL_PRIVATE_KEY",)}, without="cockpit does not trade there"),
)


class Proposal(msgspec.Struct, frozen=True):
    """One venue of a `.env` file: a key that can be added, or why not."""

    venue: str
    account: str
    fields: Mapping[str, Secret]
    why_not: str = ""
    """Empty where it can be added; names variables, never values."""


def proposals(values: Mapping[str, Secret], names: Mapping[str, str]) -> list[Proposal]:
    """Every venue of which the file has at least one variable with something in it. `names`: accounts by venue that
    somebody chose; else they are named after the venue, and after `ACCOUNT_NAME` where the file has it."""
    owner = values.get(ACCOUNT_NAME, Secret("")).reveal().strip()
    out = []
    for known in NAMES:
        found = {name: pick for name, among in known.fields.items() if (pick := _first(values, among))}
        if not found and not _first(values, known.hints):
            continue
        account = names.get(known.venue) or (f"{owner}-{known.venue}" if owner else known.venue)
        fields = {name: values[variable] for name, variable in found.items()}
        try:
            why_not = _why_not(known, values, found)
            if not why_not:
                fields = checked(known.venue, fields)
        except KeysError as error:
            why_not = str(error)
        out.append(Proposal(known.venue, account, {} if why_not else fields, why_not))
    return out


def _first(values: Mapping[str, Secret], among: Sequence[str]) -> str:
    """The first of these variables that holds more than a placeholder; empty where none does."""
    for variable in among:
        text = values.get(variable, Secret("")).reveal().strip().lower()
        if text and not text.startswith(_PLACEHOLDERS):
            return variable
    return ""


def _why_not(known: EnvVenue, values: Mapping[str, Secret], found: Mapping[str, str]) -> str:
    if known.without:
        return known.without
    missing = [
        " or ".join(known.fields[field.name])
        for field in venue_keys(known.venue).fields
        if not field.optional and field.name not in found
    ]
    if missing:
        said = f"{', '.join(missing)} is not set"
        return f"{said}; {known.lacking}" if known.lacking else said
    unexpanded = [variable for variable in found.values() if "${" in values[variable].reveal()]
    if unexpanded:
        return f"{', '.join(unexpanded)} refers to another variable; write its value out"
    environment = values.get(known.environment, Secret("")).reveal().strip().lower()
    if environment not in _MAINNET:
        return f"{known.environment} says that it is of a testnet; add it by hand with --endpoint"
    return ""
