"""What one seed decides in a run through the real adapter: venues, a loop, faults of servers and network."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_UP, Decimal
from functools import cache
from types import MappingProxyType

from msgspec.structs import replace

from cockpit.chaos.kinds import ADAPTER_KINDS, ADAPTER_RATED, ADAPTER_TIMED, UNRECOVERABLE, WIRE, Fault
from cockpit.chaos.plan import PRICES, SELDOM, START_NS, AccountCast, LoopCast, Moment, Plan
from venues.live.signers import lighter_library
from venues.model import NS_PER_S
from venues.paper.instruments import instrument_for
from venues.paper.profiles import Profile, load_profiles

PROFILES: Mapping[str, str] = MappingProxyType(
    {"binanceusdm": "binance", "lighter": "lighter", "hyperliquid": "hyperliquid"}
)
"""Dialect to the profile of the paper exchange behind it."""
D = Decimal


@cache
def lighter_signs() -> bool:
    """Whether this machine has the library without which nothing can be sent to Lighter."""
    return lighter_library() is not None


@cache
def _profiles() -> dict[str, Profile]:
    return load_profiles()


def dialect_of(cast: AccountCast) -> str:
    """The dialect that serves an account."""
    return next(dialect for dialect, profile in PROFILES.items() if profile == cast.profile.name)


def draw_adapter(seed: int, *, calm: bool = False) -> Plan:
    """The plan of a seed; `calm`: the same without any fault."""
    rng = random.Random(f"adapter/{seed}")
    coin = rng.choice(("BTC", "ETH", "SOL"))
    accounts, loop = _cast(rng, coin)
    names = [account.name for account in accounts]
    allowed = set(ADAPTER_KINDS)
    if rng.random() < 0.7:
        allowed -= UNRECOVERABLE
    quiet = rng.random() < 0.04 or calm
    return Plan(
        seed=seed,
        sparse=False,
        start_ns=START_NS + rng.randrange(0, 86_400) * NS_PER_S,
        volatility=rng.choice((0.004, 0.008, 0.02)),
        coin=coin,
        accounts=accounts,
        loops=(loop,),
        rates={} if quiet else _rates(rng, names, allowed),
        moments=() if quiet else tuple(_moments(rng, names, allowed)),
        until_s=rng.uniform(600.0, 900.0),
    )


def _cast(rng: random.Random, coin: str) -> tuple[tuple[AccountCast, ...], LoopCast]:
    venues = ["binanceusdm", "lighter", "hyperliquid"] if lighter_signs() else ["binanceusdm", "hyperliquid"]
    taker = rng.choice([*venues[1:], "binanceusdm"])
    maker = "binanceusdm" if taker != "binanceusdm" else rng.choice(venues[1:])
    cast = {"maker": maker, "taker": taker}
    rest = [venue for venue in venues if venue not in (maker, taker)]
    if rest and rng.random() < 0.15:
        cast["backup"] = rest[0]
    profiles = _profiles()
    price = D(PRICES[coin])
    instruments = {name: instrument_for(profiles[PROFILES[venue]], coin) for name, venue in cast.items()}
    tolerance = max(instrument.tolerance_base(price) for instrument in instruments.values())
    step = max(instrument.lot * 10 for instrument in instruments.values())
    size = (tolerance * D(rng.randrange(6, 40))).quantize(step, rounding=ROUND_UP)
    steps = rng.choice((1, 1, 1, 2, 3))
    worth = float(size) * steps * PRICES[coin]
    accounts = tuple(
        AccountCast(
            name=name,
            profile=profiles[PROFILES[venue]],
            instruments=(instruments[name],),
            cash={instruments[name].settle: D(f"{worth * rng.uniform(1.0, 6.0):.6f}")},
            step_s=rng.uniform(0.4, 1.2),
            basis_bps=rng.choice((0.3, 1.0, 2.0)),
            spread_ticks=rng.choice((1, 2, 6)),
            depth_base=float(size) * rng.choice((1.0, 3.0, 10.0)),
        )
        for name, venue in cast.items()
    )
    params = {
        "maker": "maker",
        "taker": "taker",
        "ticker": coin,
        "size": f"{size:f}",
        "iterations": str(rng.randrange(2, 5)),
        "direction": rng.choice(("buy", "sell")),
        "fill_timeout": str(rng.choice((2, 5, 10))),
        "requote": rng.choice(("touch", "touch", "time")),
        "offset": str(rng.choice((0, 0, 1, -1))),
        "sleep": str(rng.choice((0, 0, 1, 5))),
        "slippage": str(rng.choice((5, 10))),
    }
    if steps > 1:
        params["max_position"] = f"{size * steps:f}"
    if "backup" in cast:
        params["backup"] = "backup"
    return accounts, LoopCast(params, rng.uniform(0.5, 3.0))


def _rates(rng: random.Random, names: Sequence[str], allowed: set[Fault]) -> dict[str, dict[Fault, float]]:
    rates: dict[str, dict[Fault, float]] = {name: {} for name in names}
    for _ in range(rng.randrange(1, 8)):
        kind = rng.choice(ADAPTER_RATED)
        # what strikes every request strikes a pass over the account a dozen times
        rate = 10 ** (rng.uniform(-2.3, -1.1) if kind in WIRE else rng.uniform(-1.7, -0.5)) * SELDOM.get(kind, 1.0)
        for name in names if rng.random() < 0.3 else [rng.choice(names)]:
            if kind in allowed:
                rates[name][kind] = rate
    return rates


def _moments(rng: random.Random, names: Sequence[str], allowed: set[Fault]) -> Iterator[Moment]:
    pool = [kind for kind in ADAPTER_TIMED if kind in allowed]
    drawn = [rng.choice(pool) for _ in range(rng.randrange(1, 8))]
    if allowed & UNRECOVERABLE:
        drawn += [rng.choice(sorted(UNRECOVERABLE)) for _ in range(rng.randrange(1, 4))]
    for kind in drawn:
        yield Moment(rng.uniform(2.0, 60.0), kind, rng.choice(names), _lasts(rng, kind), rng.random())


def _lasts(rng: random.Random, kind: Fault) -> float:
    """Seconds: mostly short, as trouble is, with a long tail."""
    if kind is Fault.KILL:
        return rng.uniform(0.0, 20.0)
    if kind in (Fault.DOWN, Fault.BACK_CHANGED) and rng.random() < 0.4:
        return rng.uniform(60.0, 240.0)
    return rng.uniform(0.5, 12.0) if rng.random() < 0.7 else rng.uniform(12.0, 45.0)


def without(plan: Plan, *kinds: Fault) -> Plan:
    """The same plan with fewer faults: to find out which of them it takes."""
    rates = {name: {kind: rate for kind, rate in own.items() if kind not in kinds} for name, own in plan.rates.items()}
    return replace(plan, rates=rates, moments=tuple(one for one in plan.moments if one.kind not in kinds))
