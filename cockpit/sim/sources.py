"""What a simulated account trades on: a recorded capture, or a synthetic market of a venue's profile."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path

from venues.model import NS_PER_S, InstrumentKind
from venues.paper.capture_replay import CaptureReplay
from venues.paper.captures import open_capture, venue_of
from venues.paper.instruments import instrument_for, inverse_instrument
from venues.paper.market import Market
from venues.paper.profiles import Profile, load_profile
from venues.paper.synthetic import synthetic_market
from venues.paper.synthetic_world import SyntheticWorld

SYNTHETIC = "synthetic:"
SYNTHETIC_START_NS = 1_760_000_000 * NS_PER_S
SYNTHETIC_PRICES = {"BTC": 110_000.0, "ETH": 4_000.0, "SOL": 200.0}


class SourceError(ValueError):
    """A source that cannot be read; the text says which and what would be right."""


class Source:
    """One account's venue, market and opening cash."""

    def __init__(self, account: str, market: Market, profile: Profile, *, capture: CaptureReplay | None) -> None:
        self.account = account
        self.market = market
        self.profile = profile
        self.capture = capture

    @property
    def cash(self) -> dict[str, Decimal]:
        """Enough that margin never decides a simulation: 1,000,000 USD, or 20 coins on an inverse market."""
        instrument = self.market.instrument
        if instrument.kind is InstrumentKind.INVERSE:
            return {instrument.settle: Decimal(20)}
        return {instrument.settle: Decimal(1_000_000)}

    @property
    def start_ts(self) -> int:
        ts = self.market.next_ts()
        assert ts is not None
        return ts


def open_source(account: str, text: str, ticker: str, world: SyntheticWorld, profiles: Path | None) -> Source:
    """`text` is a capture's path or `synthetic:PROFILE` (`synthetic:coinm` for an inverse market).

    Raises `SourceError`, `CaptureError` or `ProfileError`.
    """
    if text.startswith(SYNTHETIC):
        name = text.removeprefix(SYNTHETIC)
        if name == "coinm":
            profile, instrument = load_profile("binance", profiles), inverse_instrument(ticker)
        else:
            profile = load_profile(name, profiles)
            instrument = instrument_for(profile, ticker)
        return Source(account, synthetic_market(world, name, instrument), profile, capture=None)
    path = Path(text)
    if not path.exists():
        raise SourceError(f"{account}: {text!r} is neither a file nor synthetic:PROFILE")
    capture = open_capture(path)
    return Source(account, capture, load_profile(venue_of(capture), profiles), capture=capture)


def synthetic_world(seed: int) -> SyntheticWorld:
    """The world of synthetic sources; one seed, one world."""
    return SyntheticWorld(random.Random(f"world/{seed}"), SYNTHETIC_START_NS, SYNTHETIC_PRICES)
