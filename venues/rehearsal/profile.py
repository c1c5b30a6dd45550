"""Delays, limits and margin of a rehearsal: those the paper exchange has of that venue, at the venue's own fees."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from msgspec.structs import replace

from venues.model import Capabilities
from venues.paper.profiles import Profile

ALIASES = {"binanceusdm": "binance"}
"""Adapters whose name is not the profile's."""
GENERIC = "binance"
"""Stands for venues that nobody has measured."""
BPS = Decimal(10_000)


def rehearsal_profile(venue: str, profiles: Mapping[str, Profile], able: Capabilities) -> Profile:
    """`able`: what the venue says of itself, its fees above all."""
    base = profiles[venue if venue in profiles else ALIASES.get(venue, GENERIC)]
    return replace(
        base,
        name=venue,
        maker_bps=able.maker_fee * BPS,
        taker_bps=able.taker_fee * BPS,
        lookup_by_client_id=able.lookup_by_client_id,
        post_only=able.post_only,
        reduce_only=able.reduce_only,
        fok=able.fok,
        client_id_max_len=able.client_id_max_len,
    )
