from __future__ import annotations

import random
from decimal import Decimal

import msgspec
import pytest
from fast_kit import BTC, instrument, levels
from hypothesis import given
from hypothesis import strategies as st

from venues.fast.ladder import MAX_LEVELS, Ladder, StepError, steps_per_unit


@pytest.mark.parametrize("text", ["", "-1.0", "nan", "inf", "1.2.3", "0x10", "١", " 1", "1_0", "9" * 16, "9" * 400])
def test_what_is_no_plain_number_does_not_decode(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        levels((text, "1"))
    with pytest.raises(msgspec.ValidationError):
        levels(("1", text))


@pytest.mark.parametrize("step", ["0", "-1", "nan", "inf"])
def test_a_step_must_be_above_0(step: str) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        steps_per_unit(Decimal(step))


def test_a_price_between_two_ticks_is_refused_where_it_would_be_told() -> None:
    ladder = Ladder(BTC)
    ladder.apply(levels(("61800.20", "1"), ("61700.25", "1")), levels(("61800.3", "1")))
    assert ladder.top(1) == (((618002, 1000),), ((618003, 1000),))
    with pytest.raises(StepError, match=r"61700.25 is not a multiple of 0.1"):
        ladder.top(2)


@pytest.mark.parametrize(
    ("step", "text", "steps"),
    [
        ("0.1", "61800.20", 618002),
        ("0.10", "61800.2", 618002),
        ("0.5", "100.5", 201),
        ("0.25", "100.75", 403),
        ("10", "12340", 1234),
        ("1E+1", "12340.00", 1234),
        ("1", "1", 1),
        ("0.00001", "0.01234", 1234),
        ("0.0000001", "0.0123456", 123456),
        ("0.3", "0.9", 3),
    ],
)
def test_steps_are_exact(step: str, text: str, steps: int) -> None:
    of_price, of_size = Ladder(instrument("X", step, "1")), Ladder(instrument("X", "1", step))
    for side in (0, 1):
        told = [levels(), levels()]
        told[side] = levels((text, "1"))
        of_price.replace(*told)
        assert of_price.top(1)[side] == ((steps, 1),)
        told[side] = levels(("1", text))
        of_size.replace(*told)
        assert of_size.top(1)[side] == ((1, steps),)


@given(
    st.integers(1, 10**11), st.integers(1, 10**11), st.integers(0, 9), st.integers(0, 9), st.sampled_from([1, 2, 5, 25])
)
def test_what_went_through_a_float_is_the_same_ticks_and_lots(
    ticks: int, lots: int, price_places: int, size_places: int, step: int
) -> None:
    tick, lot = Decimal(step).scaleb(-price_places), Decimal(step).scaleb(-size_places)
    ladder = Ladder(instrument("X", str(tick), str(lot)))
    ladder.apply(levels((f"{ticks * tick:f}", f"{lots * lot:f}")), levels((f"{ticks * tick:f}", f"{lots * lot:f}")))
    assert ladder.top(1) == (((ticks, lots),), ((ticks, lots),))


def test_a_level_is_the_same_however_its_price_is_written() -> None:
    ladder = Ladder(BTC)
    ladder.apply(levels(("61800.20", "1")), [])
    ladder.apply(levels(("61800.2", "2"), ("61800.1", "0.000")), [])
    assert ladder.top(5)[0] == ((618002, 2000),)
    ladder.apply(levels(("61800.200", "0")), [])
    assert len(ladder) == 0


def test_a_ladder_agrees_with_a_plain_map_of_levels() -> None:
    rng = random.Random(5)
    ladder, plain = Ladder(BTC), ({}, {})
    for _ in range(3000):
        sides = []
        for side, (low, high) in zip(plain, ((500, 600), (601, 700)), strict=True):
            changes = []
            for _ in range(rng.randrange(4)):
                ticks, lots = rng.randrange(low, high), rng.choice((0, 0, 1, 5, 1234))
                changes.append((f"{ticks // 10}.{ticks % 10}0", f"{lots / 1000:.3f}"))
                side[ticks] = lots
            sides.append(changes)
        ladder.apply(*(levels(*side) for side in sides))
        bids = sorted(((t, q) for t, q in plain[0].items() if q), reverse=True)
        asks = sorted((t, q) for t, q in plain[1].items() if q)
        assert ladder.top(7) == (tuple(bids[:7]), tuple(asks[:7]))
        assert len(ladder) == len(bids) + len(asks)


def test_a_snapshot_replaces_everything_in_any_order() -> None:
    ladder = Ladder(BTC)
    ladder.apply(levels(("1.0", "1")), levels(("9.0", "1")))
    ladder.replace(levels(("4.0", "1"), ("5.0", "2"), ("3.0", "0.000")), levels(("7.0", "4"), ("6.0", "3")))
    assert ladder.top(10) == (((50, 2000), (40, 1000)), ((60, 3000), (70, 4000)))
    ladder.clear()
    assert ladder.top(10) == ((), ())


def test_less_than_a_lot_is_no_level_and_hides_none() -> None:
    ladder = Ladder(BTC)
    ladder.apply(
        levels(("5.0", "0.0004"), ("4.9", "2"), ("4.8", "0.0000000000000000000000")), levels(("6.0", "0.0019"))
    )
    assert ladder.top(1) == (((49, 2000),), ((60, 1),))
    assert ladder.top(5) == (((49, 2000),), ((60, 1),))


def test_the_far_half_of_a_side_that_grows_without_end_is_let_go() -> None:
    ladder = Ladder(instrument("X", "1", "1"))
    ladder.apply(levels(*((str(price), "1") for price in range(1, MAX_LEVELS + 2))), [])
    assert len(ladder) <= MAX_LEVELS
    bids, _ = ladder.top(3)
    assert bids == ((MAX_LEVELS + 1, 1), (MAX_LEVELS, 1), (MAX_LEVELS - 1, 1))
    ladder.apply(levels(("1", "0")), [])  # long gone; removing it is no error
    ladder.apply([], levels(*((str(price), "1") for price in range(10_000, 10_000 + MAX_LEVELS + 1))))
    assert ladder.top(1)[1] == ((10_000, 1),)
