"""What one seed decides: venues, markets, loops, faults and the operator's hand. Drawn whole before anything runs."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from decimal import ROUND_UP, Decimal
from functools import cache

import msgspec

from cockpit.chaos.kinds import LONG, RATED, TIMED, UNRECOVERABLE, Fault
from venues.model import NS_PER_S, Instrument, InstrumentKind
from venues.paper.instruments import instrument_for, inverse_instrument
from venues.paper.profiles import Profile, load_profiles

START_NS = 1_763_683_200 * NS_PER_S
"""2025-11-21 00:00 UTC; each seed starts some way into the day, for funding and midnight."""
PRICES = {"BTC": 100_000.0, "ETH": 3_900.0, "SOL": 190.0}
D = Decimal
SPARSE_SHARE = 0.034
OPERATORS = frozenset({Fault.OPERATOR_SIZE, Fault.OPERATOR_PAUSE, Fault.OPERATOR_STOP, Fault.OPERATOR_FLATTEN})
SELDOM = {Fault.CANCEL_RACED: 2.0, Fault.CANCEL_FILLED: 2.0, Fault.CANCEL_LOST: 2.0, Fault.NOT_FOUND: 5.0}
"""Kinds that few messages give an occasion for, and how much likelier that makes them."""
WORST = (Fault.REST_SILENT, Fault.WS_SILENT, Fault.DOWN, Fault.POSITION_WRONG, Fault.ROLLBACK, Fault.KILL)
MAKERS = ("extended", "backpack", "edgex", "apex", "grvt", "aster", "paradex", "binance", "bybit", "okx")
TAKERS = ("lighter", "lighter", "lighter", "hyperliquid", "binance", "bybit", "okx", "aster")


class AccountCast(msgspec.Struct, frozen=True):
    """One account with a venue of its own."""

    name: str
    profile: Profile
    instruments: tuple[Instrument, ...]
    cash: dict[str, Decimal]
    step_s: float
    basis_bps: float
    spread_ticks: int
    depth_base: float


class LoopCast(msgspec.Struct, frozen=True):
    """One hedge loop as it is launched."""

    params: dict[str, str]
    at_s: float


class Moment(msgspec.Struct, frozen=True):
    """A fault, or a command of the operator, that begins at a time."""

    at_s: float
    kind: Fault
    account: str = ""
    """Empty where no single account is meant."""
    lasts_s: float = 0.0
    size: float = 0.0
    """What the kind makes of it: a share, a factor, an offset in seconds."""


class Plan(msgspec.Struct, frozen=True):
    """One run, before it has begun. Two plans of one seed are equal."""

    seed: int
    sparse: bool
    start_ns: int
    volatility: float
    coin: str
    accounts: tuple[AccountCast, ...]
    loops: tuple[LoopCast, ...]
    rates: dict[str, dict[Fault, float]]
    """Account to the probability with which each kind strikes one of its messages."""
    moments: tuple[Moment, ...]
    until_s: float
    """When faults end and dust may settle; earlier where every loop has ended by itself."""
    watch_s: float = 1.0
    reconcile_s: float = 5.0

    @property
    def kinds(self) -> frozenset[Fault]:
        rated = {kind for rates in self.rates.values() for kind in rates}
        return frozenset(rated | {moment.kind for moment in self.moments})

    @property
    def recoverable(self) -> bool:
        """Whether loops should end by themselves: nobody from outside changed what they hold."""
        return not self.kinds & UNRECOVERABLE


@cache
def _profiles() -> dict[str, Profile]:
    return load_profiles()


@cache
def _instrument(profile: str, coin: str) -> Instrument:
    if profile == "coinm":
        return inverse_instrument(coin)
    return instrument_for(_profiles()[profile], coin)


def draw(seed: int) -> Plan:
    """The plan of a seed."""
    rng = random.Random(f"chaos/{seed}")
    sparse = rng.random() < SPARSE_SHARE
    coin = rng.choice(("BTC", "ETH", "SOL"))
    accounts, loops = _cast(rng, coin, sparse)
    names = [account.name for account in accounts]
    # A run without anything wrong now and then: what fails there needs no fault to fail.
    calm = rng.random() < 0.02
    allowed = _kinds(rng)
    until = rng.uniform(4.5, 7.0) * 3600 if sparse else rng.uniform(600.0, 900.0)
    return Plan(
        seed=seed,
        sparse=sparse,
        start_ns=START_NS + rng.randrange(0, 86_400) * NS_PER_S,
        volatility=rng.choice((0.004, 0.008, 0.02)) * (0.4 if sparse else 1.0),
        coin=coin,
        accounts=accounts,
        loops=loops,
        rates={} if calm else _rates(rng, names, allowed, sparse),
        moments=() if calm else tuple(_moments(rng, names, allowed, sparse, until)),
        until_s=until,
        watch_s=5.0 if sparse else 1.0,
        reconcile_s=30.0 if sparse else 5.0,
    )


def _cast(rng: random.Random, coin: str, sparse: bool) -> tuple[tuple[AccountCast, ...], tuple[LoopCast, ...]]:
    accounts: list[AccountCast] = []
    loops: list[LoopCast] = []
    pairs = 2 if rng.random() < 0.12 and not sparse else 1
    for pair in range(pairs):
        maker_profile, taker_profile = rng.choice(MAKERS), rng.choice(TAKERS)
        inverse = rng.random() < 0.08
        maker_key = "coinm" if inverse else maker_profile
        if inverse:
            maker_profile = "binance"
        suffix = "" if pair == 0 else str(pair + 1)
        cast = [("maker" + suffix, maker_profile, maker_key), ("taker" + suffix, taker_profile, taker_profile)]
        if rng.random() < 0.15:
            backup = rng.choice(TAKERS)
            cast.append(("backup" + suffix, backup, backup))
        price = PRICES[coin]
        tolerance = max(_instrument(key, coin).tolerance_base(D(price)) for _, _, key in cast)
        step = max((_instrument(key, coin).lot * 10 for _, _, key in cast if key != "coinm"), default=D("0.001"))
        size = (tolerance * D(rng.randrange(6, 40))).quantize(step, rounding=ROUND_UP)
        steps = rng.choice((1, 1, 1, 2, 3))
        worth = float(size) * steps * price
        for name, profile, key in cast:
            accounts.append(
                _account(rng, name, _profiles()[profile], _instrument(key, coin), worth, float(size), sparse)
            )
        params = {
            "maker": cast[0][0],
            "taker": cast[1][0],
            "ticker": coin,
            "size": f"{size:f}",
            "iterations": str(rng.randrange(2, 5) if not sparse else rng.randrange(6, 12)),
            "direction": rng.choice(("buy", "sell")),
            "fill_timeout": str(rng.choice((2, 5, 10))),
            "requote": rng.choice(("touch", "touch", "time")),
            "offset": str(rng.choice((0, 0, 1, -1))),
            "sleep": str(rng.choice((0, 0, 1, 5)) if not sparse else rng.choice((200, 400, 800))),
            "slippage": str(rng.choice((5, 10))),
        }
        if steps > 1:
            params["max_position"] = f"{size * steps:f}"
        if len(cast) == 3:
            params["backup"] = cast[2][0]
        if sparse:
            params["guard_age"] = "90"
        loops.append(LoopCast(params, rng.uniform(0.5, 3.0)))
    return tuple(accounts), tuple(loops)


def _account(
    rng: random.Random, name: str, profile: Profile, instrument: Instrument, worth: float, size: float, sparse: bool
) -> AccountCast:
    if rng.random() < 0.1:
        # A venue that cannot find an order by our id: the intent must be on disk before it leaves.
        profile = msgspec.structs.replace(profile, lookup_by_client_id=False)
    inverse = instrument.kind is InstrumentKind.INVERSE
    money = worth * rng.uniform(1.0, 6.0)
    cash = money / PRICES[instrument.base] if inverse else money
    return AccountCast(
        name=name,
        profile=profile,
        instruments=(instrument,),
        cash={instrument.settle: D(f"{cash:.6f}")},
        step_s=rng.uniform(0.4, 1.2) if not sparse else rng.uniform(10.0, 25.0),
        basis_bps=rng.choice((0.3, 1.0, 2.0)),
        spread_ticks=rng.choice((1, 2, 6)),
        depth_base=size * rng.choice((1.0, 3.0, 10.0)),
    )


def _kinds(rng: random.Random) -> frozenset[Fault]:
    """Which kinds may be drawn at all: those that end a loop in a part of the seeds only."""
    kinds = set(Fault)
    if rng.random() < 0.6:
        kinds -= UNRECOVERABLE
    return frozenset(kinds)


def _rates(
    rng: random.Random, names: Sequence[str], allowed: frozenset[Fault], sparse: bool
) -> dict[str, dict[Fault, float]]:
    rates: dict[str, dict[Fault, float]] = {name: {} for name in names}
    for _ in range(rng.randrange(1, 7)):
        kind = rng.choice(RATED)
        if kind not in allowed:
            continue
        rate = 10 ** rng.uniform(-1.7, -0.5) * SELDOM.get(kind, 1.0)
        for name in names if rng.random() < 0.3 else [rng.choice(names)]:
            rates[name][kind] = rate
    if sparse:
        for name in names:
            rates[name][Fault.NOT_FOUND_LONG] = rng.uniform(0.4, 0.8)
            rates[name].setdefault(Fault.ANSWER_LATE, 0.3)
    return rates


def _moments(
    rng: random.Random, names: Sequence[str], allowed: frozenset[Fault], sparse: bool, until: float
) -> Iterator[Moment]:
    # Loops of a dense run last about a minute: what comes later would strike nobody.
    span = until * 0.5 if sparse else 60.0
    count = rng.randrange(4, 8) if sparse else rng.randrange(2, 12)
    pool = [kind for kind in TIMED if kind in allowed]
    drawn = [rng.choice(pool) for _ in range(count)]
    if allowed & UNRECOVERABLE:
        drawn += [rng.choice(sorted(UNRECOVERABLE)) for _ in range(rng.randrange(3, 6))]
    if sparse:
        drawn += [Fault.DOWN_HOURS] * rng.randrange(9, 15)
    for kind in drawn:
        at_s, account = rng.uniform(2.0, span), rng.choice(names)
        yield Moment(at_s, kind, account, _lasts(rng, kind, sparse), rng.random())
        if kind in OPERATORS and rng.random() < 0.6:
            # The worst moment for a command is when something else is wrong.
            other = rng.choice(WORST)
            yield Moment(
                max(1.0, at_s - rng.uniform(0.0, 2.0)), other, account, _lasts(rng, other, sparse), rng.random()
            )


def _lasts(rng: random.Random, kind: Fault, sparse: bool) -> float:
    """Seconds: mostly short, as trouble is, with a long tail."""
    if kind in LONG:
        return rng.uniform(1800.0, 2700.0) if rng.random() < 0.85 else rng.uniform(2700.0, 9000.0)
    if kind is Fault.KILL:
        return rng.uniform(0.0, 20.0)
    if kind in (Fault.OPERATOR_PAUSE,):
        return rng.uniform(0.5, 15.0)
    if kind in (Fault.DOWN, Fault.BACK_CHANGED) and rng.random() < 0.3:
        return rng.uniform(60.0, 180.0)
    return rng.uniform(0.5, 12.0) if rng.random() < 0.7 else rng.uniform(12.0, 45.0)
