"""Nothing that could open a position gets through the watchdog's door."""

from __future__ import annotations

from typing import Any

import pytest
from fake_venue import D, FakeVenue

from cockpit.watchdog.reduce_only import NotReducing, ReduceOnlyVenue
from venues.model import Capabilities, ManualClock, OrderRequest, Side, TimeInForce

IOC = TimeInForce.IOC


def order(**changes: Any) -> OrderRequest:
    fields: dict[str, Any] = {
        "client_order_id": "ck1-1w1-0",
        "symbol": "BTCUSDT",
        "side": Side.SELL,
        "qty": D("0.05"),
        "price": D(100_000),
        "tif": IOC,
        "reduce_only": True,
    }
    return OrderRequest(**(fields | changes))


@pytest.mark.parametrize(
    ("changes", "held", "says"),
    [
        ({"reduce_only": False}, "0.05", "reduce_only is off"),
        ({"tif": TimeInForce.GTC}, "0.05", "gtc would rest"),
        ({"tif": TimeInForce.FOK}, "0.05", "fok would rest"),
        ({"post_only": True}, "0.05", "would rest"),
        ({"side": Side.BUY}, "0.05", r"buy against \+0.05"),
        ({}, "-0.05", "sell against -0.05"),
        ({}, "0", r"sell against \+0"),
        ({"qty": D("0.051")}, "0.05", "qty 0.051; expected above 0 and at most 0.05"),
        ({"qty": D(0)}, "0.05", "qty 0; expected above 0"),
        ({"qty": D("-0.01")}, "0.05", "qty -0.01; expected above 0"),
    ],
)
def test_what_could_do_more_than_reduce_is_refused_and_not_sent(changes: dict[str, Any], held: str, says: str) -> None:
    venue = FakeVenue("mk", ManualClock())
    with pytest.raises(NotReducing, match=says):
        ReduceOnlyVenue(venue).reduce(order(**changes), D(held))
    assert not venue.submitted


def test_a_venue_without_reduce_only_gets_no_order_at_all() -> None:
    venue = FakeVenue("mk", ManualClock(), able=Capabilities(reduce_only=False))
    with pytest.raises(NotReducing, match="mk-venue does not know it"):
        ReduceOnlyVenue(venue).reduce(order(), D("0.05"))
    assert not venue.submitted


@pytest.mark.parametrize(("side", "held"), [(Side.SELL, "0.05"), (Side.SELL, "1"), (Side.BUY, "-0.05")])
def test_what_closes_goes_through(side: Side, held: str) -> None:
    venue = FakeVenue("mk", ManualClock())
    ReduceOnlyVenue(venue).reduce(order(side=side), D(held))
    assert [sent.side for sent in venue.submitted] == [side]


def test_it_has_no_other_way_to_send_an_order() -> None:
    """Whoever adds one meets this test."""
    public = {name for name in vars(ReduceOnlyVenue) if not name.startswith("_")}
    assert public == {
        "account", "venue", "capabilities", "instruments", "connect", "close", "reduce", "cancel", "cancel_all",
        "cancel_all_after", "query_order", "open_orders", "fills_since", "positions",
    }  # fmt: skip
