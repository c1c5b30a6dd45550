"""`[[account]]` and `[live]` of the configuration: which accounts there are, on paper, in rehearsal or for money."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Annotated, Any

import msgspec

from cockpit.desk.going_live import LiveRules
from strategies.params import Param, ParamError
from venues.model import Mode

D = Decimal

SYMBOL = re.compile(r"[A-Za-z0-9][A-Za-z0-9/:._-]{0,39}")
ADDRESS = re.compile(r"https?://[^/|\s]+/?(\|wss?://[^/|\s]+/?)?")
KEY_NAME = re.compile(r"[A-Za-z0-9_-]{1,24}")
TAG = re.compile(r"[A-Za-z0-9]{0,16}")

ON_PAPER = ("cash", "maker_bps", "taker_bps")
"""Keys of accounts whose money is on paper."""
AT_A_VENUE = ("endpoint", "bases", "fast_books")
"""Keys of accounts that hear a real venue."""
WITH_MONEY = ("keys", "read_only", "broker_tag", "max_leverage")
"""Keys of live accounts alone."""
FOREIGN_KEYS: Mapping[Mode, tuple[str, ...]] = {
    Mode.PAPER: (*AT_A_VENUE, *WITH_MONEY),
    Mode.REHEARSAL: WITH_MONEY,
    Mode.LIVE: ON_PAPER,
}
"""What means nothing in a mode, and so is refused there."""


class AccountConfig(msgspec.Struct, frozen=True):
    """One account. Fees left out are the venue profile's."""

    name: str
    venue: str
    mode: Annotated[Mode, Param("Paper, rehearsal (live books, paper fills) or live (money)")] = Mode.PAPER
    cash: Annotated[D, Param("What the account starts with", unit="USD", gt=D(0), le=D(1_000_000_000))] = D(100_000)
    maker_bps: Annotated[D | None, Param("Maker fee", unit="bps", ge=D(-50), le=D(200))] = None
    taker_bps: Annotated[D | None, Param("Taker fee", unit="bps", ge=D(-50), le=D(200))] = None
    endpoint: str = ""
    """Another address than the venue's own: a testnet, or a server on this machine."""
    keys: str = ""
    """Its entry in the keyring; empty: the account's own name."""
    bases: tuple[str, ...] = ()
    """Coins or venue symbols to trade; empty: those of `[live]`."""
    fast_books: Annotated[bool, Param("Decode the venue's books ourselves where we can")] = True
    read_only: Annotated[bool, Param("Start watched only, until `cockpit live` lets it trade")] = True
    broker_tag: str = ""
    """The operator's own, where the venue pays him back."""
    max_leverage: Annotated[D | None, Param("Gross notional ÷ equity of this account", gt=D(0), le=D(100))] = None

    @property
    def keys_name(self) -> str:
        return self.keys or self.name


class LiveConfig(msgspec.Struct, frozen=True):
    """What holds for all live accounts."""

    first_order_usd: Annotated[
        D, Param("Largest order in an account's first session", unit="USD", gt=D(0), le=D(1_000_000))
    ] = D(500)
    first_position_usd: Annotated[
        D, Param("Largest position in its first session", unit="USD", gt=D(0), le=D(10_000_000))
    ] = D(2_000)
    first_leverage: Annotated[D, Param("Leverage in its first session", gt=D(0), le=D(20))] = D(2)
    first_fills: Annotated[int, Param("Fills that end the first session", ge=D(1), le=D(10_000))] = 20
    rehearsal_fills: Annotated[int, Param("Fills in rehearsal before money; 0: none is asked for", ge=D(0))] = 1
    bases: tuple[str, ...] = ("BTC", "ETH", "SOL")
    """Coins that live and rehearsal accounts trade, where they name none."""

    def rules(self, accounts: Collection[AccountConfig]) -> LiveRules:
        """What of it, and of the accounts, the desk goes by."""
        live = [account for account in accounts if account.mode is Mode.LIVE]
        return LiveRules(
            first_order_usd=self.first_order_usd,
            first_position_usd=self.first_position_usd,
            first_leverage=self.first_leverage,
            first_fills=self.first_fills,
            rehearsal_fills=self.rehearsal_fills,
            max_leverage={account.name: account.max_leverage for account in live if account.max_leverage is not None},
            open=frozenset(account.name for account in live if not account.read_only),
        )


def parse_bases(name: str, raw: object) -> tuple[str, ...]:
    """Raises `ParamError`."""
    bases = tuple(base for base in raw if isinstance(base, str)) if isinstance(raw, list) else ()
    good = isinstance(raw, list) and bases and len(bases) == len(raw) and len(set(bases)) == len(bases)
    if not good or not all(SYMBOL.fullmatch(base) for base in bases):
        raise ParamError(name, raw, 'a list of different coins or symbols of the venue, like ["BTC", "ETH"]')
    return bases


def venue_texts(table: Mapping[str, object]) -> dict[str, Any]:
    """The keys of an account that are no single value with bounds, for `AccountConfig`. Raises `ParamError`."""
    values: dict[str, Any] = {}
    expected = {
        "endpoint": (
            ADDRESS,
            "an address like https://h.example or http://127.0.0.1:80|ws://127.0.0.1:81, no path",
        ),
        "keys": (KEY_NAME, "the name of an entry that `cockpit keys list` shows"),
        "broker_tag": (TAG, "up to 16 letters and digits"),
    }
    for name, (pattern, words) in expected.items():
        if name in table:
            raw = table[name]
            if not isinstance(raw, str) or (raw and not pattern.fullmatch(raw)):
                raise ParamError(name, raw, words)
            values[name] = raw
    if "bases" in table:
        values["bases"] = parse_bases("bases", table["bases"])
    return values


def check_mode(table: Mapping[str, object], account: AccountConfig) -> None:
    """What single values cannot say of each other. Raises `ParamError`."""
    for name in FOREIGN_KEYS[account.mode]:
        if name in table:
            kinds = [mode.value for mode, foreign in FOREIGN_KEYS.items() if name not in foreign]
            words = f"nothing: the key belongs to accounts with mode = {' or '.join(map(repr, kinds))}"
            raise ParamError(name, table[name], words)
    if account.mode is Mode.LIVE and not account.read_only and not account.endpoint:
        words = "true: at the venue `cockpit live` lets an account trade; false only with an endpoint of one's own"
        raise ParamError("read_only", False, words)


def check_venue(venue: object, mode: Mode, profiles: Collection[str]) -> str:
    """The venue's name: a profile of the paper exchange, or an adapter. Raises `ParamError`."""
    known: Collection[str] = profiles
    if mode is not Mode.PAPER:
        from cockpit.live.needs import DIALECTS, VENUES

        known = VENUES if mode is Mode.LIVE else DIALECTS
        if isinstance(venue, str) and venue in VENUES and venue not in known:
            raise ParamError("venue", venue, f"a venue whose books can be heard without a key: {', '.join(known)}")
        if isinstance(venue, str) and venue in DIALECTS and DIALECTS[venue].refused:
            raise ParamError("venue", venue, f"a venue that can be traded; this one cannot: {DIALECTS[venue].refused}")
    if isinstance(venue, str) and venue in known:
        return venue
    close = difflib.get_close_matches(venue, known, n=1) if isinstance(venue, str) else []
    hint = f" (did you mean {close[0]}?)" if close else ""
    raise ParamError("venue", venue, f"one of {', '.join(known)}{hint}")
