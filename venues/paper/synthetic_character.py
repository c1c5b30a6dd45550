"""How each synthetic venue behaves: its liveliness, spread, depth and funding.

The figures make a demo that feels like the venue beside the others; they are no measurement of it.
"""

from __future__ import annotations

import msgspec


class Character(msgspec.Struct, frozen=True):
    """Of one market on one venue. Bounds are checked; a bad value raises ValueError."""

    events_per_s: float = 20.0
    """Mean number of book events when calm."""
    half_spread_bps: float = 0.4
    """Distance of a fresh touch from the mid; never under half a tick."""
    touch_usd: float = 60_000.0
    """Median size of a level at the touch."""
    turnover_s: float = 3.0
    """Seconds in which the aggressive flow of one side trades about one touch."""
    basis_bps: float = 0.0
    """Mean distance of the venue's mid from the reference."""
    basis_sd_bps: float = 1.5
    """Standard deviation of that distance."""
    basis_tau_s: float = 20.0
    """Time in which a distance falls to 1/e."""
    levels: int = 20
    """Levels kept a side."""
    funding_8h_bps: float = 1.0
    """Mean funding, bps per eight hours."""
    funding_interval_s: int = 8 * 3600

    def __post_init__(self) -> None:
        for field in (
            "events_per_s",
            "half_spread_bps",
            "touch_usd",
            "turnover_s",
            "basis_tau_s",
            "levels",
            "funding_interval_s",
        ):
            if not getattr(self, field) > 0:
                raise ValueError(f"{field} is {getattr(self, field)}, must be above 0")
        if not self.basis_sd_bps >= 0:
            raise ValueError(f"basis_sd_bps is {self.basis_sd_bps}, must be 0 or more")


DEFAULT = Character()
_HOUR = 3600

# Profile name to character. Central exchanges are deep and tight, venues on chains wider and slower; funding
# intervals are the venues' own (Hyperliquid, Lighter, Extended and Backpack hourly, the others every 8 hours).
CHARACTERS = {
    "binance": Character(events_per_s=40, half_spread_bps=0.15, touch_usd=150_000, basis_sd_bps=0.6),
    "bybit": Character(events_per_s=35, half_spread_bps=0.2, touch_usd=120_000, basis_sd_bps=0.8),
    "okx": Character(events_per_s=35, half_spread_bps=0.2, touch_usd=120_000, basis_sd_bps=0.8),
    "hyperliquid": Character(
        events_per_s=25, half_spread_bps=0.25, touch_usd=90_000, basis_sd_bps=1.2, funding_interval_s=_HOUR
    ),
    "lighter": Character(
        events_per_s=25, half_spread_bps=0.3, touch_usd=70_000, basis_sd_bps=1.2, funding_interval_s=_HOUR
    ),
    "aster": Character(events_per_s=20, half_spread_bps=0.4, touch_usd=60_000, basis_sd_bps=1.5),
    "edgex": Character(events_per_s=20, half_spread_bps=0.4, touch_usd=60_000, basis_sd_bps=1.4),
    "apex": Character(events_per_s=15, half_spread_bps=0.6, touch_usd=40_000, basis_sd_bps=1.8),
    "backpack": Character(
        events_per_s=15, half_spread_bps=0.6, touch_usd=40_000, basis_sd_bps=1.8, funding_interval_s=_HOUR
    ),
    "extended": Character(
        events_per_s=15, half_spread_bps=0.6, touch_usd=40_000, basis_sd_bps=1.8, funding_interval_s=_HOUR
    ),
    "grvt": Character(events_per_s=15, half_spread_bps=0.5, touch_usd=50_000, basis_sd_bps=1.6),
    "paradex": Character(events_per_s=15, half_spread_bps=0.7, touch_usd=30_000, basis_sd_bps=2.0),
}


def character_of(profile: str) -> Character:
    """A profile's character; one that is not listed gets the middle of the road. Case does not count."""
    return CHARACTERS.get(profile.lower(), DEFAULT)
