from __future__ import annotations

import random
from decimal import Decimal

import pytest
from fast_kit import BTC, instrument, levels

from venues.fast.ladder import MAX_LEVELS, Ladder
from venues.fast.steps import KEPT, StepError, Steps


@pytest.mark.parametrize("text", ["", "-1.0", "1e3", "nan", "1.2.3", "0x10", "١", " 1", "9" * 41])
def test_what_is_no_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(StepError, match="no plain decimal"):
        Steps(Decimal("0.1"))[text]


@pytest.mark.parametrize("step", ["0", "-1", "nan", "inf"])
def test_a_step_must_be_above_0(step: str) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        Steps(Decimal(step))


def test_a_price_between_two_steps_is_refused_and_a_size_is_rounded_down() -> None:
    with pytest.raises(StepError, match=r"'61800.25' is not a multiple of 0.1"):
        Steps(Decimal("0.1"))["61800.25"]
    assert Steps(Decimal("0.001"), floor=True)["0.0019"] == 1
    assert Steps(Decimal("0.001"), floor=True)["0.0009"] == 0


@pytest.mark.parametrize(
    ("step", "text", "steps"),
    [
        ("0.1", "61800.20", 618002),
        ("0.10", "61800.2", 618002),
        ("0.5", "100.5", 201),
        ("0.25", "100.75", 403),
        ("10", "12340", 1234),
        ("1E+1", "12340.00", 1234),
        ("1", "0", 0),
        ("0.00001", "0.01234", 1234),
        ("0.01", ".5", 50),
    ],
)
def test_steps_are_exact(step: str, text: str, steps: int) -> None:
    looked_up = Steps(Decimal(step))
    assert looked_up[text] == steps
    assert looked_up[text] == steps
    assert Steps(Decimal(step), negative=True)[text] == -steps


def test_texts_kept_are_bounded() -> None:
    steps = Steps(Decimal("0.1"))
    for number in range(3 * KEPT):
        assert steps[f"{number}.5"] == number * 10 + 5
        assert len(steps) <= KEPT


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


def test_a_size_that_does_not_read_is_an_error_when_it_is_shown() -> None:
    ladder = Ladder(BTC)
    ladder.apply(levels(("5.0", "1")), levels(("5.1", "one")))
    with pytest.raises(StepError, match="'one' is no plain decimal"):
        ladder.top(1)


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
