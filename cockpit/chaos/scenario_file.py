"""A scenario file: who is on stage, and the story in steps. Read and checked whole before anything runs.

```toml
title = "A fill races the cancel"
source = "https://…"                  # the peer's thread, or file and line
peer = "what the peer does"
ours = "what we do"
catches = ["forget-on-cancel"]        # mutants that must fail here
coin = "ETH"
price = 4000
begins = 2025-10-10T22:00:00+08:00    # optional: steps may then be told by the wall clock of that zone

[accounts.maker]                      # the account, and its venue of the same name
venue = "extended"                    # whose fees, delays and limits
cash = 50000

[loops.pair]                          # as an operator would type it after `cockpit launch hedge`
maker = "maker"

[[story]]
at = 12                               # seconds since the beginning, "23:53", or `after` = seconds since the last step
say = "A sentence of the story."
mark = "lost"                         # a name for this moment
do.fill = { account = "maker", share = 0.4 }
expect.position = { account = "taker", holds = -0.4, within = 3 }
```
Deeds come before expectations; a list of tables does, or expects, several of a kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import msgspec

from cockpit.chaos.mutants import MUTANTS
from cockpit.chaos.plan import START_NS
from cockpit.chaos.scenario_checks import CHECKS, Check
from cockpit.chaos.scenario_deeds import Deed
from cockpit.chaos.scenario_faults import DEEDS
from cockpit.chaos.scenario_values import AccountName, Names, ScenarioError, read_struct, read_value, wrong
from cockpit.desk.risk import RiskLimits
from strategies.hedge import HedgeLoop
from strategies.params import ParamError, parse_params
from venues.model import NS_PER_S
from venues.paper.instruments import BASES
from venues.paper.profiles import load_profiles
from venues.toml_text import TomlError, read_toml

FOLDER = Path(__file__).with_name("scenarios")
LARGEST_FILE = 256 * 1024
COINS = ", ".join(BASES)

V = TypeVar("V", bound=msgspec.Struct)


class Casting(msgspec.Struct, frozen=True, kw_only=True):
    """An account on stage."""

    venue: str
    """Profile whose fees, delays and limits its venue has."""
    cash: Decimal
    """Settle currency."""
    depth: Decimal = Decimal(1000)
    """Base coin on each level of its book."""
    spread: int = 2
    """Ticks."""
    inverse: bool = False
    """COIN-M: settled in the coin."""
    lookup: bool = True
    """Whether the venue finds an order by our own id."""
    latency_ms: Decimal | None = None
    """One way, on every path, with no speed bump; left out: the profile's own."""


class Step(msgspec.Struct, frozen=True):
    """One sentence of the story and what goes with it."""

    number: int
    say: str
    at_s: float | None
    """Seconds since the beginning; None: right after the last step, or `after_s` later."""
    after_s: float
    mark: str
    deeds: tuple[tuple[str, Deed], ...]
    checks: tuple[tuple[str, Check], ...]


class Script(msgspec.Struct, frozen=True):
    """A file that has been checked."""

    name: str
    title: str
    source: str
    peer: str
    ours: str
    catches: tuple[str, ...]
    coin: str
    price: Decimal
    sparse: bool
    """Long and slow: books, looks and passes come some times as rarely."""
    begins: datetime | None
    accounts: dict[str, Casting]
    loops: dict[str, dict[str, str]]
    limits: dict[str, Decimal]
    steps: tuple[Step, ...]

    @property
    def start_ns(self) -> int:
        return START_NS if self.begins is None else int(self.begins.astimezone(UTC).timestamp()) * NS_PER_S


class _Head(msgspec.Struct, kw_only=True):
    title: str
    source: str
    peer: str
    ours: str
    coin: str
    price: Decimal
    catches: tuple[str, ...] = ()
    sparse: bool = False


def names() -> list[str]:
    """Of the scenarios that come with the project."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load(name: str) -> Script:
    """A scenario by its name. Raises `ScenarioError`."""
    if name not in names():
        raise ScenarioError(f"scenario: {name!r} is not known; expected one of {', '.join(names())}")
    return parse(name, (FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def parse(name: str, text: str) -> Script:
    """The script that a file's text is. Raises `ScenarioError`."""
    where = f"{name}.toml"
    if len(text) > LARGEST_FILE:
        raise ScenarioError(f"{where}: {len(text)} characters; expected at most {LARGEST_FILE}")
    try:
        raw = read_toml(text)
    except TomlError as error:
        raise ScenarioError(f"{where}: not valid TOML: {error}") from None
    tables = {key: raw.pop(key, None) for key in ("accounts", "loops", "story", "begins", "limits")}
    head = read_struct(where, _Head, raw, Names())
    for field in ("title", "source", "peer", "ours"):
        if not getattr(head, field).strip():
            raise wrong(where, field, "", "some words")
    for mutant in head.catches:
        if mutant not in MUTANTS:
            raise wrong(where, "catches", mutant, f"mutants: {', '.join(MUTANTS)}")
    if head.coin not in BASES:
        raise wrong(where, "coin", head.coin, f"one of {COINS}")
    if head.price <= 0:
        raise wrong(where, "price", head.price, "a number above 0")
    begins = _begins(where, tables["begins"])
    accounts = _accounts(where, tables["accounts"])
    loops = _loops(where, tables["loops"], Names(accounts=accounts))
    return Script(
        name=name,
        title=head.title.strip(),
        source=" ".join(head.source.split()),
        peer=head.peer.strip(),
        ours=head.ours.strip(),
        catches=head.catches,
        coin=head.coin,
        price=head.price,
        sparse=head.sparse,
        begins=begins,
        accounts=accounts,
        loops=loops,
        limits=_limits(where, tables["limits"] or {}),
        steps=_story(where, tables["story"], begins, accounts, loops),
    )


def _begins(where: str, raw: object) -> datetime | None:
    if raw is None:
        return None
    if not isinstance(raw, datetime) or raw.tzinfo is None:
        raise wrong(where, "begins", raw, "a date, a time and a zone, as in 2025-10-10T22:00:00+08:00")
    return raw


def _tables(where: str, field: str, raw: object) -> Mapping[str, object]:
    if not isinstance(raw, Mapping) or not raw:
        raise ScenarioError(f"{where}: {field} is missing: expected at least one [{field}.NAME]")
    return raw


def _accounts(where: str, raw: object) -> dict[str, Casting]:
    known = load_profiles()
    out = {}
    for name, table in _tables(where, "accounts", raw).items():
        place = f"{where}: [accounts.{name}]"
        role = out[name] = read_struct(place, Casting, table, Names())
        if role.venue not in known:
            raise wrong(place, "venue", role.venue, f"one of {', '.join(sorted(known))}")
        for field, least in (("cash", 0), ("depth", 0), ("spread", 1), ("latency_ms", 0)):
            value = getattr(role, field)
            if value is not None and value < least:
                raise wrong(place, field, value, f"at least {least}")
    return out


def _loops(where: str, raw: object, known: Names) -> dict[str, dict[str, str]]:
    out: dict[str, dict[str, str]] = {}
    for name, table in _tables(where, "loops", raw).items():
        place = f"{where}: [loops.{name}]"
        params = out[name] = read_value(where, f"loops.{name}", dict[str, str], table, known)
        for field in ("maker", "taker", "backup"):
            if field in params:
                read_value(place, field, AccountName, params[field], known)
        try:
            parse_params(HedgeLoop.params_type, params)
        except ParamError as error:
            raise ScenarioError(f"{place}: {error}") from None
    return out


def _limits(where: str, raw: object) -> dict[str, Decimal]:
    if not isinstance(raw, Mapping):
        raise wrong(where, "limits", raw, "a table of risk limits and numbers")
    fields = RiskLimits.__struct_fields__
    place = f"{where}: limits"
    for name, value in raw.items():
        if name not in fields:
            raise wrong(place, name, value, f"a limit that exists: {', '.join(fields)}")
    return {name: read_value(place, name, Decimal, value, Names()) for name, value in raw.items()}


# -- the story -----------------------------------------------------------------------------------------------------


def _story(
    where: str, raw: object, begins: datetime | None, accounts: Mapping[str, object], loops: Mapping[str, object]
) -> tuple[Step, ...]:
    if not isinstance(raw, list) or not raw:
        raise ScenarioError(f"{where}: story is missing: expected at least one [[story]]")
    steps: list[Step] = []
    marks = ["begin"]
    last = 0.0
    for number, table in enumerate(raw, start=1):
        place = f"{where}: story {number}"
        known = Names(accounts=accounts, loops=loops, marks=tuple(marks))
        step = _step(place, number, table, begins, known, last)
        last = step.at_s if step.at_s is not None else last + step.after_s
        if step.mark:
            marks.append(step.mark)
        steps.append(step)
    return tuple(steps)


class _Step(msgspec.Struct, kw_only=True):
    say: str = ""
    after: Decimal = Decimal(0)
    mark: str = ""


def _step(place: str, number: int, raw: object, begins: datetime | None, known: Names, last: float) -> Step:
    if not isinstance(raw, Mapping):
        raise ScenarioError(f"{place}: {raw!r} is not a table; expected at, after, say, mark, do, expect")
    for key in raw:
        if key not in ("at", "after", "say", "mark", "do", "expect"):
            raise wrong(place, key, raw[key], "one of at, after, say, mark, do, expect")
    plain = read_struct(place, _Step, {key: raw[key] for key in ("say", "after", "mark") if key in raw}, known)
    if "at" in raw and "after" in raw:
        raise wrong(place, "after", plain.after, "at or after, not both")
    if plain.after < 0:
        raise wrong(place, "after", plain.after, "seconds, at least 0")
    mark = plain.mark
    if mark in known.marks:
        raise wrong(place, "mark", mark, f"a name that no step before has (they have {', '.join(known.marks)})")
    here = Names(accounts=known.accounts, loops=known.loops, marks=(*known.marks, *([mark] if mark else [])))
    return Step(
        number=number,
        say=plain.say.strip(),
        at_s=_at(place, raw["at"], begins, last) if "at" in raw else None,
        after_s=float(plain.after),
        mark=mark,
        deeds=tuple(_verbs(place, "do", raw.get("do", {}), DEEDS, here)),
        checks=tuple(_verbs(place, "expect", raw.get("expect", {}), CHECKS, here)),
    )


def _verbs(place: str, field: str, raw: object, kinds: Mapping[str, type[V]], known: Names) -> list[tuple[str, V]]:
    if not isinstance(raw, Mapping):
        raise wrong(place, field, raw, f"{field}.VERB = {{ … }} with a verb of {', '.join(kinds)}")
    out: list[tuple[str, V]] = []
    for verb, args in raw.items():
        if verb not in kinds:
            raise wrong(place, f"{field}.{verb}", args, f"a verb of {', '.join(kinds)}")
        for table in args if isinstance(args, list) else [args]:
            out.append((verb, read_struct(f"{place}: {field}.{verb}", kinds[verb], table, known)))
    return out


def _at(place: str, raw: object, begins: datetime | None, last: float) -> float:
    """Seconds since the beginning; a wall-clock time is the next one that is not before the last step."""
    if isinstance(raw, (int, Decimal)) and not isinstance(raw, bool):
        if float(raw) < last:
            raise wrong(place, "at", raw, f"seconds that are not before the last step, {last:g}")
        return float(raw)
    if begins is None:
        raise wrong(place, "at", raw, 'a number of seconds ("HH:MM" needs a scenario with `begins`)')
    try:
        time = datetime.strptime(str(raw), "%H:%M:%S" if str(raw).count(":") == 2 else "%H:%M")  # noqa: DTZ007  a time of day alone
    except ValueError:
        raise wrong(place, "at", raw, 'seconds, or a time as in "23:53" or "23:53:30"') from None
    moment = begins.replace(hour=time.hour, minute=time.minute, second=time.second)
    while (moment - begins).total_seconds() < last:
        moment += timedelta(days=1)
    return (moment - begins).total_seconds()
