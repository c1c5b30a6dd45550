"""Parameters: what cannot be taken is named with what would be right, and what is taken comes back as typed."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies.hedge import HedgeParams
from strategies.params import Param, ParamError, as_text, change_params, parse_params, specs, text_of

D = Decimal


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Some(msgspec.Struct, frozen=True, kw_only=True):
    name: Annotated[str, Param("a name")]
    size: Annotated[Decimal, Param("a size", unit="base", gt=D(0), le=D(10), step=D("0.1"), live=True)]
    count: Annotated[int, Param("a count", ge=D(0), live=True)] = 3
    flag: Annotated[bool, Param("a flag", live=True)] = False
    colour: Annotated[Colour, Param("a colour")] = Colour.RED


GOOD = {"name": "n", "size": "1"}


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"size": "0"}, "size"),
        ({"size": "10.1"}, "size"),
        ({"size": "nan"}, "size"),
        ({"size": "inf"}, "size"),
        ({"size": ""}, "size"),
        ({"size": "1e"}, "size"),
        ({"count": "1.5"}, "count"),
        ({"count": "-1"}, "count"),
        ({"count": "many"}, "count"),
        ({"flag": "maybe"}, "flag"),
        ({"colour": "green"}, "colour"),
        ({"other": "1"}, "other"),
    ],
)
def test_a_value_that_cannot_be_taken_is_named(raw: dict[str, str], field: str) -> None:
    with pytest.raises(ParamError) as told:
        parse_params(Some, GOOD | raw)
    assert told.value.field == field
    assert str(told.value).startswith(f"{field}: {raw[field]!r} is not valid; expected ")


@pytest.mark.parametrize("missing", ["name", "size"])
def test_what_is_required_and_missing_is_named(missing: str) -> None:
    raw = {name: value for name, value in GOOD.items() if name != missing}
    with pytest.raises(ParamError, match=rf"{missing}: .*\(it is required\)"):
        parse_params(Some, raw)


def test_text_becomes_values_and_defaults_fill_in() -> None:
    params = parse_params(Some, GOOD | {"size": " 2.50 ", "count": "7.0", "flag": "ON", "colour": "BLUE"})
    assert params == Some(name="n", size=D("2.50"), count=7, flag=True, colour=Colour.BLUE)
    assert parse_params(Some, GOOD) == Some(name="n", size=D(1))
    assert parse_params(Some, GOOD | {"size": 2}).size == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "m"}, "no change: it is fixed at launch; live are size, count, flag"),
        ({"nme": "m"}, "a parameter that exists: size, count, flag"),
        ({"count": "5", "size": "0"}, "size"),
    ],
)
def test_a_change_is_taken_whole_or_not_at_all(changes: dict[str, object], words: str) -> None:
    params = parse_params(Some, GOOD)
    with pytest.raises(ParamError, match=words):
        change_params(params, changes)
    assert params == parse_params(Some, GOOD)


def test_a_live_change_makes_a_new_set() -> None:
    params = parse_params(Some, GOOD)
    assert change_params(params, {"size": "3", "flag": "yes"}) == Some(name="n", size=D(3), flag=True)
    assert params.size == 1


def test_what_a_form_shows() -> None:
    shown = {spec.name: spec for spec in specs(Some)}
    assert list(shown) == ["name", "size", "count", "flag", "colour"]
    assert (shown["size"].kind, shown["size"].default, shown["size"].step) == ("decimal", None, "0.1")
    assert "> 0" in shown["size"].bounds
    assert "<= 10" in shown["size"].bounds
    assert (shown["count"].default, shown["flag"].default, shown["flag"].kind) == ("3", "no", "bool")
    assert (shown["colour"].kind, shown["colour"].choices, shown["colour"].live) == ("choice", ("red", "blue"), False)
    assert all(spec.doc for spec in specs(HedgeParams))


@pytest.mark.parametrize(("value", "text"), [(D("1E+3"), "1000"), (D("0.10"), "0.1"), (True, "yes"), (7, "7")])
def test_values_as_typed(value: object, text: str) -> None:
    assert text_of(value) == text


@given(
    size=st.decimals("0.0001", "10", places=4), count=st.integers(0, 10**9), flag=st.booleans(),
    colour=st.sampled_from(Colour), name=st.text(max_size=9),
)  # fmt: skip
def test_a_set_survives_the_way_through_text(size: Decimal, count: int, flag: bool, colour: Colour, name: str) -> None:
    params = Some(name=name, size=size, count=count, flag=flag, colour=colour)
    assert parse_params(Some, as_text(params)) == params
