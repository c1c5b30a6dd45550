"""The configuration: what may stand in `config.toml`, its defaults and bounds, and errors that a person can act on."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeAlias, TypeVar, get_args, get_type_hints

import msgspec

from cockpit.account_config import (
    FOREIGN_KEYS,
    AccountConfig,
    LiveConfig,
    check_mode,
    check_venue,
    parse_bases,
    venue_texts,
)
from cockpit.alarm_config import HOOKS, AlarmConfig, check_alarms, parse_hook
from cockpit.desk.deleverage import Stages
from cockpit.desk.risk import RiskLimits
from cockpit.stages_config import FIELDS as STAGE_FIELDS
from cockpit.stages_config import parse_stages
from cockpit.ui_config import UiConfig
from cockpit.watchdog.rules import Rules
from strategies.params import Param, ParamError, parse_value, text_of
from venues.model import Mode
from venues.paper.instruments import BASES
from venues.paper.profiles import ProfileError, load_profiles
from venues.toml_text import TomlError, read_toml

D = Decimal

ACCOUNT_NAME = re.compile(r"[A-Za-z0-9_-]{1,24}")
COIN = re.compile(r"[A-Z0-9]{1,12}")

Raw: TypeAlias = Mapping[str, object]


class ConfigError(ValueError):
    """Something in a configuration that cannot be used: file, key, value and what would be right."""

    def __init__(self, file: Path, key: str, value: object, expected: str) -> None:
        shown = f" = {_shown(value)}" if value is not None else ""
        named = key if key.isprintable() else repr(key)
        super().__init__(f"{file}: {named}{shown}: expected {expected}")
        self.file = file
        self.key = key
        self.value = value
        self.expected = expected


class Queue(StrEnum):
    """How a resting order of ours moves up behind others of which only the sum is known."""

    CONSERVATIVE = "conservative"
    LOG_PROBABILITY = "log_probability"
    POWER_PROBABILITY = "power_probability"


class Source(StrEnum):
    """Where the paper venues' markets come from."""

    SYNTHETIC = "synthetic"


class DeskConfig(msgspec.Struct, frozen=True):
    publish_hz: Annotated[D, Param("How often clients are told of changes, at the most", ge=D(1), le=D(20))] = D(10)
    stop_timeout_s: Annotated[D, Param("How long a stop may work off owed hedges", unit="s", ge=D(1), le=D(600))] = D(
        30
    )


class PaperConfig(msgspec.Struct, frozen=True):
    source: Annotated[Source, Param("Where the markets come from")] = Source.SYNTHETIC
    seed: Annotated[int, Param("The same seed makes the same markets", ge=D(0), le=D(2**53))] = 7
    events_per_s: Annotated[D, Param("Book changes a second in one market", unit="/s", gt=D(0), le=D(2000))] = D(20)
    queue: Annotated[Queue, Param("How a resting order moves up the queue")] = Queue.CONSERVATIVE
    bases: tuple[str, ...] = ("BTC", "ETH", "SOL")
    """Coins that every paper venue lists."""


DEFAULT_ACCOUNTS = tuple(AccountConfig(name=name, venue=name) for name in ("extended", "lighter", "backpack", "grvt"))
"""Enough for a hedge loop and a second one beside it, ready to run."""


class Config(msgspec.Struct, frozen=True):
    desk: DeskConfig = DeskConfig()
    risk: RiskLimits = RiskLimits()
    deleverage: Stages = Stages()
    alarms: AlarmConfig = AlarmConfig()
    watchdog: Rules = Rules()
    paper: PaperConfig = PaperConfig()
    live: LiveConfig = LiveConfig()
    ui: UiConfig = UiConfig()
    accounts: tuple[AccountConfig, ...] = DEFAULT_ACCOUNTS


RISK_BOUNDS: dict[str, Param] = {
    "max_order_notional_usd": Param("Largest order", unit="USD", gt=D(0), le=D(100_000_000)),
    "max_position_notional_usd": Param("Largest position in one market", unit="USD", gt=D(0), le=D(1_000_000_000)),
    "max_leverage": Param("Gross notional ÷ equity of an account", gt=D(0), le=D(100)),
    "max_naked_usd": Param("Exposure of a loop above which it opens nothing", unit="USD", gt=D(0), le=D(10_000_000)),
    "max_naked_s": Param("How long exposure may last before it is alarmed", unit="s", gt=D(0), le=D(3600)),
    "price_band_bps": Param("How far from the mid a limit may be", unit="bps", gt=D(0), le=D(5000)),
    "max_orders_per_s": Param("Orders to one account in a second", ge=D(1), le=D(1000)),
    "unexplained_usd": Param("Unexplained equity that is alarmed", unit="USD", gt=D(0), le=D(1_000_000)),
    "stale_s": Param("Silence of market data that is stale", unit="s", gt=D(0), le=D(600)),
}
"""Bounds of `[risk]`; the limits themselves belong to the desk."""

_HEADER = """\
# What cockpit runs with. Written once with the defaults; yours to edit. The desk reads it when it starts.
# [[account]] mode = "paper" (the default), "rehearsal" or "live"; a new live account is read-only: see cockpit live.
# venue: of a paper account a profile of the paper exchange; maker_bps and taker_bps override its fees.
# profiles.toml beside this file overrides single figures of a venue.

"""

_SECRET_WORDS = ("key", "secret", "token", "private", "password", "passphrase", "seed", "mnemonic")

S = TypeVar("S", bound=msgspec.Struct)


def load_config(file: Path, profiles_file: Path | None = None) -> Config:
    """What stands in `file`, the defaults where it does not exist. Raises `ConfigError`."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Config()
    except OSError as error:
        raise ConfigError(file, "the file", None, f"a file that can be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise ConfigError(file, "the file", None, f"UTF-8 text ({error.reason} at byte {error.start})") from None
    return parse_config(text, file, profiles_file)


def parse_config(text: str, file: Path, profiles_file: Path | None = None) -> Config:
    """A configuration from TOML text; `file` is named in errors. Raises `ConfigError`."""
    try:
        raw = read_toml(text)
    except TomlError as error:
        raise ConfigError(file, "the file", None, f"valid TOML ({error})") from None
    _known(file, "", raw, ("desk", "risk", "alarms", "watchdog", "deleverage", "paper", "live", "ui", "account"))
    tables = raw.get("account")
    accounts = DEFAULT_ACCOUNTS if tables is None else _accounts(file, tables, profiles_file)
    return Config(
        desk=_section(file, raw, "desk", DeskConfig, _described(DeskConfig)),
        risk=_section(file, raw, "risk", RiskLimits, _risk_fields()),
        deleverage=_deleverage(file, raw),
        alarms=_alarms(file, raw),
        watchdog=_watchdog(file, raw, [account.name for account in accounts]),
        paper=_paper(file, raw),
        live=_live(file, raw),
        ui=_section(file, raw, "ui", UiConfig, _described(UiConfig)),
        accounts=accounts,
    )


def config_text(config: Config) -> str:
    """The configuration as TOML; `parse_config` of it gives the same."""
    import tomli_w

    sections = ("desk", "risk", "alarms", "watchdog", "deleverage", "paper", "live", "ui")
    body: dict[str, Any] = {name: _plain(getattr(config, name)) for name in sections}
    accounts = ("\n[[account]]\n" + tomli_w.dumps(_plain_account(account)) for account in config.accounts)
    return _HEADER + tomli_w.dumps(body) + "".join(accounts)


def write_default(file: Path) -> bool:
    """Write the defaults where there is no file yet; True when it was written. Raises `ConfigError`."""
    if file.exists():
        return False
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(number, "w", encoding="utf-8") as out:
            out.write(config_text(Config()))
    except OSError as error:
        raise ConfigError(file, "the file", None, f"a folder that can be written to ({error.strerror})") from None
    return True


def check_removed(config: Config, file: Path, held: Mapping[str, Collection[str]], forget: Collection[str]) -> None:
    """Refuse to start without an account that holds positions, unless it was named.

    `held`: account to the symbols it held when the journal last saw it. Raises `ConfigError`.
    """
    present = {account.name for account in config.accounts}
    for name, symbols in held.items():
        if symbols and name not in present and name not in forget:
            listed = ", ".join(sorted(symbols))
            expected = f"the account to stay while it holds {listed}; or start once with --forget {name}"
            raise ConfigError(file, f"[[account]] {name} (removed)", None, expected)


# -- reading ---------------------------------------------------------------------------------------------------------


def _known(file: Path, where: str, raw: Raw, names: Collection[str]) -> None:
    """The value of a key that is not known is never shown: it may be what the operator should not have written here."""
    for key in raw:
        if key not in names:
            if any(word in key.lower() for word in _SECRET_WORDS):
                keyring = "no key of an exchange in this file: those are kept in the keyring, see `cockpit keys add`"
                raise ConfigError(file, f"{where}{key}", None, keyring)
            close = difflib.get_close_matches(key, names, n=1)
            expected = f"a key that exists; did you mean {close[0]}?" if close else "one of " + ", ".join(names)
            raise ConfigError(file, f"{where}{key}", None, expected)


def _described(kind: type[msgspec.Struct]) -> dict[str, tuple[type, Param]]:
    """Fields with a `Param` beside their type."""
    out: dict[str, tuple[type, Param]] = {}
    for name, hint in get_type_hints(kind, include_extras=True).items():
        args = get_args(hint)
        if len(args) == 2 and isinstance(args[1], Param):
            value_type = D if args[0] == D | None else args[0]
            out[name] = (value_type, args[1])
    return out


def _risk_fields() -> dict[str, tuple[type, Param]]:
    hints = get_type_hints(RiskLimits)
    return {name: (hints[name], param) for name, param in RISK_BOUNDS.items()}


def _table(file: Path, raw: Raw, name: str) -> Raw:
    table = raw.get(name, {})
    if not isinstance(table, dict):
        raise ConfigError(file, name, table, f"a table [{name}]")
    return table


def _values(file: Path, where: str, table: Raw, fields: Mapping[str, tuple[type, Param]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, (kind, param) in fields.items():
        if name in table:
            raw = table[name]
            try:
                if isinstance(raw, (dict, list)):
                    raise ParamError(name, raw, "a single value")
                values[name] = parse_value(name, kind, param, raw)
            except ParamError as error:
                raise ConfigError(file, f"{where}{name}", raw, error.expected) from None
    return values


def _section(file: Path, raw: Raw, name: str, kind: type[S], fields: Mapping[str, tuple[type, Param]]) -> S:
    table = _table(file, raw, name)
    _known(file, f"[{name}] ", table, fields)
    return kind(**_values(file, f"[{name}] ", table, fields))


def _watchdog(file: Path, raw: Raw, known: Sequence[str]) -> Rules:
    table = _table(file, raw, "watchdog")
    fields = _described(Rules)
    _known(file, "[watchdog] ", table, (*fields, "accounts"))
    values = _values(file, "[watchdog] ", table, fields)
    names = table.get("accounts", [])
    if not isinstance(names, list) or any(name not in known for name in names) or len(set(names)) != len(names):
        expected = f"a list of different accounts of this file ({', '.join(known)}), or [] for all"
        raise ConfigError(file, "[watchdog] accounts", names, expected)
    return Rules(**values, accounts=tuple(names))


def _paper(file: Path, raw: Raw) -> PaperConfig:
    table = _table(file, raw, "paper")
    fields = _described(PaperConfig)
    _known(file, "[paper] ", table, (*fields, "bases"))
    values = _values(file, "[paper] ", table, fields)
    if "bases" in table:
        bases = table["bases"]
        good = isinstance(bases, list) and all(isinstance(base, str) and COIN.fullmatch(base) for base in bases)
        if not good or not isinstance(bases, list) or not bases or len(set(bases)) != len(bases):
            raise ConfigError(file, "[paper] bases", bases, 'a list of different coins, like ["BTC", "ETH"]')
        for base in bases:
            if base not in BASES:
                raise ConfigError(file, "[paper] bases", base, f"coins that the paper venues list: {', '.join(BASES)}")
        values["bases"] = tuple(bases)
    return PaperConfig(**values)


def _live(file: Path, raw: Raw) -> LiveConfig:
    where = "[live] "
    table = _table(file, raw, "live")
    fields = _described(LiveConfig)
    _known(file, where, table, (*fields, "bases"))
    values = _values(file, where, table, fields)
    try:
        if "bases" in table:
            values["bases"] = parse_bases("bases", table["bases"])
    except ParamError as error:
        raise ConfigError(file, where + error.field, error.value, error.expected) from None
    return LiveConfig(**values)


def _deleverage(file: Path, raw: Raw) -> Stages:
    where = "[deleverage] "
    table = _table(file, raw, "deleverage")
    _known(file, where, table, STAGE_FIELDS)
    try:
        return parse_stages(table)
    except ParamError as error:
        raise ConfigError(file, where + error.field, error.value, error.expected) from None


def _alarms(file: Path, raw: Raw) -> AlarmConfig:
    where = "[alarms] "
    table = _table(file, raw, "alarms")
    fields = _described(AlarmConfig)
    _known(file, where, table, (*fields, *HOOKS))
    values = _values(file, where, table, fields)
    try:
        values |= {name: parse_hook(name, table[name]) for name in HOOKS if name in table}
        config = AlarmConfig(**values)
        check_alarms(config)
    except ParamError as error:
        raise ConfigError(file, where + error.field, table.get(error.field), error.expected) from None
    return config


def _accounts(file: Path, raw: object, profiles_file: Path | None) -> tuple[AccountConfig, ...]:
    if not isinstance(raw, list) or not all(isinstance(table, dict) for table in raw):
        raise ConfigError(file, "account", raw, "tables [[account]]")
    user_file = profiles_file if profiles_file is not None and profiles_file.exists() else None
    try:
        venues = tuple(load_profiles(user_file))
    except ProfileError as error:
        raise ConfigError(file, "[[account]] venue", None, f"profiles that can be read: {error}") from None
    out: dict[str, AccountConfig] = {}
    for number, table in enumerate(raw, start=1):
        account = _account(file, number, table, venues)
        if account.name in out:
            raise ConfigError(file, f"[[account]] {number} name", account.name, "a name that no other account has")
        out[account.name] = account
    if not out:
        raise ConfigError(file, "account", raw, "at least one [[account]]")
    return tuple(out.values())


def _account(file: Path, number: int, table: Raw, venues: Collection[str]) -> AccountConfig:
    where = f"[[account]] {number} "
    fields = _described(AccountConfig)
    _known(file, where, table, AccountConfig.__struct_fields__)
    name = table.get("name")
    if not isinstance(name, str) or not ACCOUNT_NAME.fullmatch(name):
        raise ConfigError(file, f"{where}name", name, "1 to 24 of the letters A-Z a-z 0-9 _ -")
    where = f"[[account]] {name} "
    values = _values(file, where, table, fields)
    try:
        mode = values.get("mode", Mode.PAPER)
        venue = check_venue(table.get("venue", name), mode, venues)
        account = AccountConfig(name=name, venue=venue, **values, **venue_texts(table))
        check_mode(table, account)
    except ParamError as error:
        raise ConfigError(file, where + error.field, error.value, error.expected) from None
    return account


# -- writing ---------------------------------------------------------------------------------------------------------


def _plain(section: msgspec.Struct) -> dict[str, Any]:
    return {name: _toml(value) for name in section.__struct_fields__ if (value := getattr(section, name)) is not None}


def _plain_account(account: AccountConfig) -> dict[str, Any]:
    """Without what is empty, and without what means nothing in its mode."""
    return {
        name: value
        for name, value in _plain(account).items()
        if name not in FOREIGN_KEYS[account.mode] and value not in ("", [])
    }


def _toml(value: object) -> object:
    if isinstance(value, tuple):
        return [_toml(each) for each in value]
    if isinstance(value, D):
        return int(value) if value == value.to_integral_value() else D(text_of(value))
    return str(value) if isinstance(value, StrEnum) else value


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, D):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(_shown(each) for each in value) + "]"
    return repr(value)
