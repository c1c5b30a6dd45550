"""Client order ids: no collision, no foreign id taken for ours, nothing lost on the way through a venue."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.desk.ids import OrderId
from strategies.protocol import Role

facts = st.builds(
    OrderId,
    epoch=st.integers(0, 4095),
    slot=st.integers(0, 255),
    role=st.sampled_from(list(Role)),
    serial=st.integers(0, (1 << 20) - 1),
    attempt=st.integers(0, 31),
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "web_8f3a",
        "ck1-1o1",
        "ck1-1x1-0",
        "CK1-1o1-0",
        "ck1-1o1-0 ",
        "xck1-1o1-0",
        "ckg-1o1-0",
        "ck1-1o1--1",
        "ck1-256o1-0",
        "ck1000-1o1-0",
        "ck1-1o1048576-0",
        "ck1-1o1-32",
        "ck01-1o1-0",
        "ck1-1o01-0",
        "ck1-1o1-٣",
    ],
)
def test_a_foreign_id_is_never_taken_for_ours(text: str) -> None:
    assert OrderId.parse(text) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [("epoch", 4096), ("epoch", -1), ("slot", 256), ("serial", 1 << 20), ("attempt", 32), ("attempt", -1)],
)
def test_a_fact_that_does_not_fit_is_refused_by_name(field: str, value: int) -> None:
    given_facts = {"epoch": 1, "slot": 1, "serial": 1, "attempt": 0, field: value}
    with pytest.raises(ValueError, match=f"{field} {value} does not fit"):
        OrderId(role=Role.OPEN, **given_facts)


@pytest.mark.parametrize("packed", [1 << 48, (1 << 48) - 1, 7 << 25])
def test_an_integer_that_pack_cannot_have_made_is_refused(packed: int) -> None:
    with pytest.raises(ValueError, match="not one of ours"):
        OrderId.unpack(packed)


@given(facts)
def test_both_forms_carry_every_fact_through_a_venue(order_id: OrderId) -> None:
    assert OrderId.parse(order_id.text) == order_id
    assert OrderId.unpack(order_id.pack()) == order_id
    assert 0 <= order_id.pack() < 1 << 48
    assert len(order_id.text) <= 26


@given(facts, facts)
def test_two_orders_never_share_an_id(one: OrderId, other: OrderId) -> None:
    assert (one == other) == (one.text == other.text) == (one.pack() == other.pack())
