"""Cancel-all-after: it strikes once, in time, whatever becomes of the connection, and only where a venue has it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from scripted_market import NEAR, D, World

from venues.model import OrderStatus, Side, TimeInForce, VenueBusy, VenueRejected
from venues.paper.profiles import Profile, load_profile

BUY, SELL = Side.BUY, Side.SELL


def profile(name: str = "binance", **changes: object) -> Profile:
    return replace(load_profile(name).with_latency(NEAR), **changes)


@pytest.fixture
def world() -> Iterator[World]:
    with World(profile=profile(dead_man_switch=True)) as world:
        world.market.set({200: 5000}, {201: 5000})
        world.order("a", BUY, "0.1", "100")
        yield world


def rests(world: World) -> bool:
    return bool(world.books.open_orders)


def test_a_venue_without_it_says_so() -> None:
    with World(profile=profile(dead_man_switch=False)) as world:
        with pytest.raises(VenueRejected, match="sim has no cancel-all-after"):
            world.run(world.venue.cancel_all_after(5))
        assert not world.venue.capabilities.dead_man_switch


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf")])
def test_what_is_no_span_is_refused_and_changes_nothing(world: World, seconds: float) -> None:
    world.run(world.venue.cancel_all_after(5))
    with pytest.raises(ValueError, match=r"seconds .* is not valid; expected 0 \(off\) to 86400"):
        world.run(world.venue.cancel_all_after(seconds))
    world.pass_time(5.1)
    assert not rests(world), "the countdown of before went on"


def test_it_counts_as_an_order_and_not_as_a_question() -> None:
    tight = profile(dead_man_switch=True)
    limited = type(tight.order_limit)(count=2, per_s=tight.order_limit.per_s)
    none = type(tight.rest_limit)(count=1, per_s=tight.rest_limit.per_s)
    with World(profile=profile(dead_man_switch=True, order_limit=limited, rest_limit=none)) as world:
        for _ in range(2):
            world.run(world.venue.cancel_all_after(5))
        with pytest.raises(VenueBusy, match="too many orders"):
            world.run(world.venue.cancel_all_after(5))
        world.run(world.venue.positions())


def test_it_strikes_when_it_is_not_pressed_again(world: World) -> None:
    world.run(world.venue.cancel_all_after(5))
    world.pass_time(4.9)
    assert rests(world)
    world.pass_time(0.2)
    assert not rests(world)
    assert world.heard.last.status is OrderStatus.CANCELED


def test_pressed_again_it_begins_anew_and_zero_ends_it(world: World) -> None:
    world.run(world.venue.cancel_all_after(5))
    world.pass_time(4)
    world.run(world.venue.cancel_all_after(5))
    world.pass_time(4)
    assert rests(world)
    world.run(world.venue.cancel_all_after(0))
    world.pass_time(10)
    assert rests(world)


def test_it_strikes_once_and_leaves_positions_and_later_orders_alone(world: World) -> None:
    world.order("long", BUY, "0.1", "100.5", tif=TimeInForce.IOC)
    world.run(world.venue.cancel_all_after(1))
    world.pass_time(2)
    assert not rests(world)
    assert world.lots() == world.market.instrument.qty_to_lots(D("0.1"))
    world.order("b", BUY, "0.1", "100")
    world.pass_time(60)
    assert rests(world)


def test_it_strikes_with_the_connection_gone(world: World) -> None:
    world.run(world.venue.cancel_all_after(5))
    world.call(world.venue.fault, "unreachable")
    world.run(world.venue.close())
    world.pass_time(5)
    assert not rests(world)


def test_it_ends_with_the_exchange(world: World) -> None:
    world.run(world.venue.cancel_all_after(5))
    world.exchange.stop()
    world.pass_time(10)
    assert rests(world)
