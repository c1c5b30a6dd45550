"""Schnorr signatures as Lighter has them: over ecGFp5, with Poseidon2 as the hash.

Key sk, public key pk = sk·G, message hash m in GF(p⁵): r = k·G, e = H(r ‖ m) as a scalar, s = k − e·sk. A signature is
s ‖ e, 40 little-endian bytes each; it holds where H(s·G + e·pk ‖ m) = e."""

from __future__ import annotations

from collections.abc import Sequence

from venues.served.lighter_curve import (
    ELEMENT_BYTES,
    GENERATOR,
    ORDER,
    Element,
    decode_point,
    element_from_bytes,
    element_to_bytes,
    encode_point,
    multiply_sum,
)
from venues.served.lighter_poseidon2 import sponge

SIGNATURE_BYTES = 2 * ELEMENT_BYTES


def hash_to_element(elements: Sequence[int]) -> Element:
    """Field elements, any number, into GF(p⁵)."""
    a, b, c, d, e = sponge(elements, 5)
    return a, b, c, d, e


def public_key(private_key: int) -> bytes:
    """40 bytes. `private_key` is in [1, ORDER)."""
    return element_to_bytes(encode_point(multiply_sum([(GENERATOR, private_key)])))


def private_key_bytes(private_key: int) -> bytes:
    return private_key.to_bytes(ELEMENT_BYTES, "little")


def sign(private_key: int, message: Element, k: int) -> bytes:
    """80 bytes. `k` is secret, in [1, ORDER), and never used twice with one key."""
    challenge = _challenge(encode_point(multiply_sum([(GENERATOR, k)])), message)
    s = (k - challenge * private_key) % ORDER
    return s.to_bytes(ELEMENT_BYTES, "little") + challenge.to_bytes(ELEMENT_BYTES, "little")


def verify(public: bytes, message: Element, signature: bytes) -> bool:
    """Whether `signature` over the hash `message` was made with the key of `public`. Wrong lengths and encodings that
    are not canonical are False."""
    if len(signature) != SIGNATURE_BYTES:
        return False
    s = int.from_bytes(signature[:ELEMENT_BYTES], "little")
    e = int.from_bytes(signature[ELEMENT_BYTES:], "little")
    if s >= ORDER or e >= ORDER:
        return False
    try:
        point = decode_point(element_from_bytes(public))
    except ValueError:
        return False
    if point is None:
        return False
    return _challenge(encode_point(multiply_sum([(GENERATOR, s), (point, e)])), message) == e


def _challenge(r: Element, message: Element) -> int:
    return int.from_bytes(element_to_bytes(hash_to_element((*r, *message))), "little") % ORDER
