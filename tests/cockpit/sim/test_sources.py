"""Where a simulated account's market comes from."""

from __future__ import annotations

from decimal import Decimal

import pytest
from market_data import COINM, USDM, capture_path

from cockpit.sim.sources import SourceError, open_source, synthetic_world
from venues.model import InstrumentKind
from venues.paper.profiles import ProfileError


def test_a_source_that_is_nothing_is_named() -> None:
    world = synthetic_world(1)
    with pytest.raises(SourceError, match="taker: 'nothing' is neither a file nor synthetic:PROFILE"):
        open_source("taker", "nothing", "BTC", world, None)
    with pytest.raises(ProfileError, match="nowhere"):
        open_source("taker", "synthetic:nowhere", "BTC", world, None)


def test_synthetic_markets_of_one_seed_are_one_world() -> None:
    first, second = (
        open_source("maker", "synthetic:lighter", "BTC", synthetic_world(3), None).start_ts for _ in range(2)
    )
    assert first == second
    inverse = open_source("maker", "synthetic:coinm", "BTC", synthetic_world(3), None)
    assert inverse.market.instrument.kind is InstrumentKind.INVERSE
    assert inverse.cash == {"BTC": Decimal(20)}


@pytest.mark.parametrize(("name", "kind"), [(USDM, InstrumentKind.LINEAR), (COINM, InstrumentKind.INVERSE)])
def test_a_capture_is_recognised_by_its_content(name: str, kind: InstrumentKind) -> None:
    source = open_source("maker", str(capture_path(name)), "ETH", synthetic_world(1), None)
    assert source.market.instrument.kind is kind
    assert source.market.instrument.base == "BTC"
    assert source.capture is source.market
