"""The desk's ids as numbers, both ways, and nothing of others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.desk.ids import OrderId
from cockpit.live.client_ids import OrderIdCodec
from strategies.protocol import Role

CODEC = OrderIdCodec()


@pytest.mark.parametrize("text", ["", "x", "ck5e1-3h57", "0x5e1", "ck5e1-300h57-1", "ck05e1-3h57-1", "123"])
def test_ids_of_others_are_not_ours(text: str) -> None:
    with pytest.raises(ValueError, match="is not one of ours"):
        CODEC.to_int(text)


@pytest.mark.parametrize("number", [-1, 1 << 48, 7 << 25])
def test_numbers_of_others_are_not_ours(number: int) -> None:
    with pytest.raises(ValueError, match="not one of ours"):
        CODEC.from_int(number)


@given(
    st.builds(
        OrderId,
        epoch=st.integers(0, (1 << 12) - 1),
        slot=st.integers(0, 255),
        role=st.sampled_from(Role),
        serial=st.integers(0, (1 << 20) - 1),
        attempt=st.integers(0, 31),
    )
)
def test_every_id_comes_back_the_same_from_48_bits(order_id: OrderId) -> None:
    number = CODEC.to_int(order_id.text)
    assert 0 <= number < 1 << 48
    assert CODEC.from_int(number) == order_id.text
