"""Which accounts may stand in one loop: paper and live never by mistake, and no venue against itself."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from strategies.protocol import Leg
from venues.model import InstrumentError, Mode
from venues.symbols import check_pair

if TYPE_CHECKING:
    from cockpit.desk.desk import Desk


@runtime_checkable
class Fitted(Protocol):
    """A venue that has looked at its account when it connected."""

    @property
    def unfit(self) -> tuple[str, ...]:
        """Why nothing should be launched there as the account is set up at the venue, and how to mend it."""
        ...

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the operator should know of it, and what stops nothing."""
        ...


def pair_refusal(desk: Desk, legs: Mapping[str, Leg], *, mix: bool) -> str:
    """Why these legs may not be traded together; empty where they may."""
    return (
        _mixed(desk, legs, mix=mix) or _same_venue(desk, legs) or _unfit(desk, legs) or _not_the_same_coin(desk, legs)
    )


def modes_of(desk: Desk, accounts: Mapping[str, Leg]) -> tuple[Mode, ...]:
    """Each mode once, in the order of the legs."""
    return tuple(dict.fromkeys(desk.accounts[leg.account].venue.mode for leg in accounts.values()))


def loop_mode(desk: Desk, legs: Mapping[str, Leg]) -> str:
    """`paper`, `rehearsal` or `live`; `mixed` where the accounts of the legs differ."""
    modes = modes_of(desk, legs)
    return modes[0].value if len(modes) == 1 else "mixed"


def _mixed(desk: Desk, legs: Mapping[str, Leg], *, mix: bool) -> str:
    modes = modes_of(desk, legs)
    if len(modes) < 2 or mix:
        return ""
    named = ", ".join(f"{leg.account} is {desk.accounts[leg.account].venue.mode.upper()}" for leg in legs.values())
    return (
        f"{named}: a hedge with paper does not hedge money; choose accounts of one kind, or ask for it with --mix "
        "(the launch form has `mix`)"
    )


def _same_venue(desk: Desk, legs: Mapping[str, Leg]) -> str:
    for one, two in combinations(legs.values(), 2):
        here, there = desk.accounts[one.account].venue, desk.accounts[two.account].venue
        if Mode.PAPER in (here.mode, there.mode) or here.venue != there.venue:
            continue
        return (
            f"{one.name} and {two.name} are both on {here.venue}: their orders could trade with each other, which "
            "venues take for wash trading; choose accounts of two venues"
        )
    return ""


def _unfit(desk: Desk, legs: Mapping[str, Leg]) -> str:
    for leg in legs.values():
        venue = desk.accounts[leg.account].venue
        if isinstance(venue, Fitted) and venue.unfit:
            return f"{leg.name}: account {leg.account}: {'; '.join(venue.unfit)}"
    return ""


def _not_the_same_coin(desk: Desk, legs: Mapping[str, Leg]) -> str:
    markets = [desk.markets.of(leg.account, leg.symbol) for leg in legs.values()]
    for one, two in combinations(markets, 2):
        here, there = one.value, two.value
        if here is None or there is None or (one.account, one.instrument) == (two.account, two.instrument):
            continue
        try:
            check_pair(one.instrument, here, two.instrument, there)
        except InstrumentError as error:
            return f"{one.account} and {two.account}: {error}"
    return ""
