"""What sets one venue apart from another: fees, delays, limits, margin, abilities. Read from `profiles.toml`.

Each figure stands there with its `source` and `date`; a user's own file of the same layout overrides per key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

import msgspec

from venues.model import Capabilities
from venues.paper.latency import Latency
from venues.paper.limits import Limit
from venues.toml_text import TomlError, read_toml

Raw: TypeAlias = Mapping[str, object]

BUILT_IN = Path(__file__).with_name("profiles.toml")


class ProfileError(ValueError):
    """A profile file that cannot be used; the text names file, venue, key, value and what would be right."""


class Provenance(msgspec.Struct, frozen=True):
    source: str
    date: str


class Profile(msgspec.Struct, frozen=True):
    """One venue. Fees in bps of notional (negative: a rebate), delays one way."""

    name: str
    maker_bps: Decimal
    taker_bps: Decimal
    liquidation_bps: Decimal
    """Charged on liquidation fills on top of the taker fee."""
    submit: Latency
    cancel: Latency
    ack: Latency
    fill: Latency
    data: Latency
    query: Latency
    maker_bump_ms: Decimal
    """Speed bump: how long the venue itself holds a post-only order before it matches."""
    taker_bump_ms: Decimal
    """The same for any other order."""
    cancel_bump_ms: Decimal
    order_limit: Limit
    rest_limit: Limit
    funding_interval_s: int
    max_leverage: Decimal
    maintenance_rate: Decimal
    """Maintenance margin as a fraction of notional."""
    price_band: Decimal
    """How far beyond the mark a buy may bid or a sell may offer, as a fraction."""
    book_interval_ms: int
    lookup_by_client_id: bool
    post_only: bool
    reduce_only: bool
    fok: bool
    dead_man_switch: bool
    client_id_max_len: int
    provenance: dict[str, Provenance] = {}

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            lookup_by_client_id=self.lookup_by_client_id,
            post_only=self.post_only,
            reduce_only=self.reduce_only,
            fok=self.fok,
            dead_man_switch=self.dead_man_switch,
            client_id_max_len=self.client_id_max_len,
            max_orders_per_s=self.order_limit.rate,
            max_queries_per_min=None if self.rest_limit.rate is None else self.rest_limit.rate * 60,
            maker_fee=self.maker_bps / 10_000,
            taker_fee=self.taker_bps / 10_000,
        )

    def with_fees(self, maker_bps: Decimal, taker_bps: Decimal) -> Profile:
        """The same venue at another fee tier."""
        return msgspec.structs.replace(self, maker_bps=maker_bps, taker_bps=taker_bps)

    def with_latency(self, latency: Latency) -> Profile:
        """The same venue with one latency on every path and no speed bump: for captures and for tests."""
        paths = dict.fromkeys(("submit", "cancel", "ack", "fill", "data", "query"), latency)
        zero = Decimal(0)
        return msgspec.structs.replace(self, **paths, maker_bump_ms=zero, taker_bump_ms=zero, cancel_bump_ms=zero)


class _Bad(Exception):
    """What was expected instead."""


def _number(low: str, high: str) -> Callable[[object], Decimal]:
    def read(value: object) -> Decimal:
        if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
            number = Decimal(value)
            if number.is_finite() and Decimal(low) <= number <= Decimal(high):
                return number
        raise _Bad(f"a number from {low} to {high}")

    return read


def _whole(low: int, high: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        raise _Bad(f"a whole number from {low} to {high}")

    return read


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise _Bad("true or false")


def _fields(value: object, wanted: Mapping[str, tuple[str, str]], expected: str) -> dict[str, Decimal]:
    if not isinstance(value, Mapping) or set(value) - set(wanted):
        raise _Bad(expected)
    try:
        return {key: _number(*wanted[key])(number) for key, number in value.items()}
    except _Bad as error:
        raise _Bad(f"{expected}, each {error}") from None


def _latency(value: object) -> Latency:
    expected = "a table { base_ms, jitter_ms, shape }"
    spans = {"base_ms": ("0", "600000"), "jitter_ms": ("0", "600000"), "shape": ("0.1", "100")}
    fields = _fields(value, spans, expected)
    if "base_ms" not in fields:
        raise _Bad(expected)
    return Latency(**{key: float(number) for key, number in fields.items()})


def _limit(value: object) -> Limit:
    expected = "a table { count, per_s }"
    fields = _fields(value, {"count": ("0", "1000000"), "per_s": ("0.001", "86400")}, expected)
    if "count" not in fields or fields["count"] != int(fields["count"]):
        raise _Bad(f"{expected} with a whole count")
    return Limit(int(fields["count"]), float(fields.get("per_s", Decimal(1))))


_READERS: dict[str, Callable[[object], object]] = {
    **dict.fromkeys(("maker_bps", "taker_bps", "liquidation_bps"), _number("-100", "1000")),
    **dict.fromkeys(("submit", "cancel", "ack", "fill", "data", "query"), _latency),
    **dict.fromkeys(("maker_bump_ms", "taker_bump_ms", "cancel_bump_ms"), _number("0", "60000")),
    **dict.fromkeys(("order_limit", "rest_limit"), _limit),
    "funding_interval_s": _whole(60, 604_800),
    "max_leverage": _number("1", "1000"),
    "maintenance_rate": _number("0", "0.5"),
    "price_band": _number("0.0001", "10"),
    "book_interval_ms": _whole(1, 10_000),
    **dict.fromkeys(("lookup_by_client_id", "post_only", "reduce_only", "fok", "dead_man_switch"), _flag),
    "client_id_max_len": _whole(8, 256),
}


def load_profiles(user_file: Path | None = None) -> dict[str, Profile]:
    """The built-in venues, with the user's figures over them.

    The user's file has the same layout; a figure may stand there bare (`taker_bps = 3.5`), and a venue that is not
    built in names one to start from: `like = "binance"`. Raises `ProfileError`.
    """
    venues = {name: _venue(BUILT_IN, name, table, None) for name, table in _read(BUILT_IN).items()}
    if user_file is not None:
        for name, table in _read(user_file).items():
            like = table.get("like", name) if isinstance(table, Mapping) else name
            if not isinstance(like, str) or like not in venues:
                known = ", ".join(sorted(venues))
                raise ProfileError(
                    f"{user_file}: [{name}] like = {like!r}: expected a known venue to start from, "
                    f'e.g. like = "binance" (known: {known})'
                )
            venues[name] = _venue(user_file, name, table, venues[like])
    return venues


def load_profile(name: str, user_file: Path | None = None) -> Profile:
    """One venue's profile; raises `ProfileError` for a name that is not there."""
    profiles = load_profiles(user_file)
    if name not in profiles:
        raise ProfileError(f"profile {name!r}: expected one of {', '.join(sorted(profiles))}")
    return profiles[name]


def _read(path: Path) -> dict[str, object]:
    try:
        return read_toml(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProfileError(f"{path}: cannot be read: {error.strerror}") from None
    except (TomlError, UnicodeDecodeError) as error:
        raise ProfileError(f"{path}: not valid TOML: {error}") from None


def _venue(path: Path, name: str, table: object, start: Profile | None) -> Profile:
    if not isinstance(table, Mapping):
        raise ProfileError(f"{path}: {name} = {table!r}: expected a table [{name}]")
    values: dict[str, object] = {} if start is None else msgspec.structs.asdict(start)
    provenance = {} if start is None else dict(start.provenance)
    for key, raw in table.items():
        if key == "like":
            continue
        reader = _READERS.get(key)
        if reader is None:
            raise ProfileError(f"{path}: [{name}] {key} = {raw!r}: unknown key, expected one of {', '.join(_READERS)}")
        value, origin = _split(raw)
        try:
            values[key] = reader(value)
        except _Bad as error:
            raise ProfileError(f"{path}: [{name}] {key} = {_shown(value)}: expected {error}") from None
        if start is None and not (origin.source and origin.date):
            raise ProfileError(f"{path}: [{name}] {key}: expected a source and a date beside the figure")
        provenance[key] = origin if origin.source else Provenance(f"{path.name} of the user", origin.date)
    missing = [key for key in _READERS if key not in values]
    if missing:
        raise ProfileError(f"{path}: [{name}] lacks {', '.join(missing)}")
    return msgspec.convert(values | {"name": name, "provenance": provenance}, Profile, strict=False)


def _split(raw: object) -> tuple[object, Provenance]:
    """The figure, and where it is from."""
    if not isinstance(raw, Mapping):
        return raw, Provenance("", "")
    origin = Provenance(str(raw.get("source", "")), str(raw.get("date", "")))
    rest = {key: value for key, value in raw.items() if key not in ("source", "date")}
    return (rest["value"] if set(rest) == {"value"} else rest), origin


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {number}" for key, number in value.items()) + " }"
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, Decimal) else repr(value)
