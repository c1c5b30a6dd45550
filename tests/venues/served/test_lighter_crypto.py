"""Lighter's hash, curve and signatures against the vectors of the venue's own library."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.market_data import data_path
from venues.served.lighter_curve import (
    GENERATOR,
    NEUTRAL,
    ORDER,
    Element,
    add_points,
    decode_point,
    element_from_bytes,
    element_to_bytes,
    encode_point,
    invert_element,
    multiply_elements,
    multiply_sum,
)
from venues.served.lighter_poseidon2 import P, permute, sponge
from venues.served.lighter_schnorr import hash_to_element, public_key, sign, verify

ONE: Element = (1, 0, 0, 0, 0)


def vectors(name: str) -> Any:
    return json.loads(data_path(f"adapter_fixtures/lighter/signing_{name}.json").read_bytes())["vectors"]


def limbs(text: str) -> list[int]:
    data = bytes.fromhex(text)
    return [int.from_bytes(data[k : k + 8], "little") for k in range(0, len(data), 8)]


def element(text: str) -> Element:
    return element_from_bytes(bytes.fromhex(text))


def scalar(text: str) -> int:
    return int.from_bytes(bytes.fromhex(text), "little")


def encoded(point: Any) -> str:
    return element_to_bytes(encode_point(point)).hex()


def point(text: str) -> Any:
    found = decode_point(element(text))
    assert found is not None
    return found


# -- what is no element, no point, no signature ------------------------------------------------------------------------


def test_elements_that_are_too_short_or_not_reduced_are_refused() -> None:
    with pytest.raises(ValueError, match="39 bytes, expected 40"):
        element_from_bytes(bytes(39))
    with pytest.raises(ValueError, match="not reduced"):
        element_from_bytes(P.to_bytes(8, "little") + bytes(32))


def test_some_elements_are_no_points() -> None:
    refused = [row["w"] for row in vectors("curve_ecgfp5_vectors")["decode"] if not row["decodes"]]
    refused += [element_to_bytes((k, 0, 0, 0, 0)).hex() for k in range(1, 20)]
    assert any(decode_point(element(text)) is None for text in refused)


def test_a_signature_holds_for_its_key_and_message_only() -> None:
    row, other = vectors("schnorr_vectors")["sign"][:2]
    public, message = public_key(scalar(row["sk"])), element(row["hashed_msg"])
    good = bytes.fromhex(row["sig"])
    assert verify(public, message, good)
    assert not verify(public_key(scalar(other["sk"])), message, good)
    assert not verify(public, element(other["hashed_msg"]), good)
    assert not verify(public, message, good[:-1])
    for place in (0, 39, 40, 79):
        bent = bytearray(good)
        bent[place] ^= 1
        assert not verify(public, message, bytes(bent))


def test_a_signature_with_the_group_order_added_is_refused() -> None:
    """Otherwise anybody could make a second signature out of a first."""
    row = vectors("schnorr_vectors")["sign"][0]
    good = bytes.fromhex(row["sig"])
    raised = int.from_bytes(good[:40], "little") + ORDER
    public, message = public_key(scalar(row["sk"])), element(row["hashed_msg"])
    assert not verify(public, message, raised.to_bytes(40, "little") + good[40:])


def test_a_key_that_is_no_point_verifies_nothing() -> None:
    row = vectors("schnorr_vectors")["sign"][0]
    message, signature = element(row["hashed_msg"]), bytes.fromhex(row["sig"])
    no_point = next(k for k in range(1, 50) if decode_point((k, 0, 0, 0, 0)) is None)
    assert not verify(element_to_bytes((no_point, 0, 0, 0, 0)), message, signature)
    assert not verify(b"\xff" * 40, message, signature)


# -- vectors -----------------------------------------------------------------------------------------------------------


def test_poseidon2() -> None:
    rows = vectors("hash_poseidon2_vectors")
    for row in rows["permute"]:
        assert permute(limbs(row["input"])) == limbs(row["output"])
    for row in rows["sponge"]:
        assert list(sponge(limbs(row["input"]), row["num_outputs"])) == limbs(row["output"])
    for row in rows["hash_to_quintic"]:
        assert list(hash_to_element(limbs(row["input"]))) == limbs(row["output"])


def test_the_field() -> None:
    for row in vectors("field_quintic_vectors"):
        a, b = element(row["a"]), element(row["b"])
        assert element_to_bytes(multiply_elements(a, b)).hex() == row["mul"]
        assert element_to_bytes(invert_element(a)).hex() == row["inv_a"]


def test_the_curve() -> None:
    rows = vectors("curve_ecgfp5_vectors")
    for row in rows["decode"]:
        found = decode_point(element(row["w"]))
        assert (found is not None) == row["decodes"]
        if found is not None:
            assert encoded(found) == row["encoded_back"]
    for row in rows["add"]:
        a, b = point(row["a_w"]), point(row["b_w"])
        assert encoded(add_points(a, b)) == row["sum_w"]
        assert encoded(add_points(a, a)) == row["a_double_w"]
    for row in rows["scalar_mul"]:
        assert encoded(multiply_sum([(point(row["base_w"]), scalar(row["scalar_le"]))])) == row["out_w"]


def test_the_group_has_its_order() -> None:
    assert encode_point(multiply_sum([(GENERATOR, ORDER)])) == encode_point(NEUTRAL) == (0, 0, 0, 0, 0)
    assert encode_point(multiply_sum([(GENERATOR, ORDER + 1)])) == encode_point(GENERATOR)


def test_keys_and_signatures() -> None:
    rows = vectors("schnorr_vectors")
    for row in rows["keygen"][:8]:
        assert public_key(scalar(row["sk"])).hex() == row["pk"]
    for row in rows["sign"][:8]:
        message = element(row["hashed_msg"])
        signature = sign(scalar(row["sk"]), message, scalar(row["k"]))
        assert signature.hex() == row["sig"]
        assert verify(public_key(scalar(row["sk"])), message, signature)
