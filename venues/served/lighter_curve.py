"""The curve under Lighter's signatures: ecGFp5, a group of prime order over GF(p^5), p the Goldilocks prime.

From Pornin, "EcGFp5: a Specialized Elliptic Curve" (ePrint 2022/274): y² = x(x² + 2x + 263z) over GF(p)[z]/(z⁵ − 3). A
point is kept as fractions x = X/Z and u = x/y = U/T, is encoded as w = 1/u in 40 bytes, and the neutral encodes as 0.

For checking signatures of a paper exchange: nothing here runs in constant time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from venues.served.lighter_poseidon2 import P

Element: TypeAlias = tuple[int, int, int, int, int]
"""a0 + a1·z + … + a4·z⁴, each in [0, P)."""
Point: TypeAlias = tuple[Element, Element, Element, Element]
"""(X, Z, U, T)"""

ORDER = 1067993516717146951041484916571792702745057740581727230159139685185762082554198619328292418486241
ELEMENT_BYTES = 40

_FROBENIUS = pow(3, (P - 1) // 5, P)
"""z^p = this · z."""
_B = 263
_ZERO: Element = (0, 0, 0, 0, 0)
_ONE: Element = (1, 0, 0, 0, 0)
NEUTRAL: Point = (_ZERO, _ONE, _ZERO, _ONE)


def element_from_bytes(data: bytes) -> Element:
    """Five little-endian limbs; raises `ValueError` for another length or a limb of P or more."""
    if len(data) != ELEMENT_BYTES:
        raise ValueError(f"field element has {len(data)} bytes, expected {ELEMENT_BYTES}")
    a, b, c, d, e = (int.from_bytes(data[k : k + 8], "little") for k in range(0, ELEMENT_BYTES, 8))
    if max(a, b, c, d, e) >= P:
        raise ValueError("field element is not reduced: a limb is the prime or more")
    return a, b, c, d, e


def element_to_bytes(element: Element) -> bytes:
    return b"".join(limb.to_bytes(8, "little") for limb in element)


def multiply_elements(a: Element, b: Element) -> Element:
    a0, a1, a2, a3, a4 = a
    b0, b1, b2, b3, b4 = b
    return (
        (a0 * b0 + 3 * (a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1)) % P,
        (a0 * b1 + a1 * b0 + 3 * (a2 * b4 + a3 * b3 + a4 * b2)) % P,
        (a0 * b2 + a1 * b1 + a2 * b0 + 3 * (a3 * b4 + a4 * b3)) % P,
        (a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + 3 * a4 * b4) % P,
        (a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0) % P,
    )


def add_elements(a: Element, b: Element) -> Element:
    return (a[0] + b[0]) % P, (a[1] + b[1]) % P, (a[2] + b[2]) % P, (a[3] + b[3]) % P, (a[4] + b[4]) % P


def subtract_elements(a: Element, b: Element) -> Element:
    return (a[0] - b[0]) % P, (a[1] - b[1]) % P, (a[2] - b[2]) % P, (a[3] - b[3]) % P, (a[4] - b[4]) % P


def _scale(a: Element, factor: int) -> Element:
    return a[0] * factor % P, a[1] * factor % P, a[2] * factor % P, a[3] * factor % P, a[4] * factor % P


def _times_b(a: Element) -> Element:
    """a · 263z."""
    return 3 * _B * a[4] % P, _B * a[0] % P, _B * a[1] % P, _B * a[2] % P, _B * a[3] % P


def _frobenius(a: Element, times: int = 1) -> Element:
    factor = pow(_FROBENIUS, times, P)
    a0, a1, a2, a3, a4 = a
    f2, f3 = factor * factor % P, pow(factor, 3, P)
    return a0, a1 * factor % P, a2 * f2 % P, a3 * f3 % P, a4 * f2 * f2 % P


def _conjugates(a: Element) -> Element:
    """a^(p + p² + p³ + p⁴): times `a` it is the norm, which lies in the base field."""
    first = multiply_elements(_frobenius(a), _frobenius(a, 2))
    return multiply_elements(first, _frobenius(first, 2))


def _norm(a: Element) -> int:
    return multiply_elements(a, _conjugates(a))[0]


def invert_element(a: Element) -> Element:
    """1 ÷ a; 0 for 0."""
    conjugates = _conjugates(a)
    return _scale(conjugates, pow(multiply_elements(a, conjugates)[0], P - 2, P))


def _is_square(a: Element) -> bool:
    """Of a non-zero element: a square just when its norm is one."""
    return pow(_norm(a), (P - 1) // 2, P) == 1


def _power(a: Element, exponent: int) -> Element:
    result = _ONE
    for bit in bin(exponent)[2:]:
        result = multiply_elements(result, result)
        if bit == "1":
            result = multiply_elements(result, a)
    return result


def _base_root(a: int) -> int:
    """A square root of a square of the base field (Tonelli and Shanks, P − 1 = 2³² · odd)."""
    odd = (P - 1) >> 32
    root, check = pow(a, (odd + 1) // 2, P), pow(a, odd, P)
    generator, height = pow(7, odd, P), 32
    while check != 1 and check:
        order, value = 0, check
        while value != 1:
            value, order = value * value % P, order + 1
        factor = pow(generator, 1 << (height - order - 1), P)
        root, generator, height = root * factor % P, factor * factor % P, order
        check = check * generator % P
    return root


def _root(a: Element) -> Element | None:
    """A square root, of whichever sign; None where there is none.

    a = norm ÷ a^(p+p²+p³+p⁴), and that exponent is even, so √a = √norm ÷ a^((p+p²+p³+p⁴)/2).
    """
    if a == _ZERO:
        return _ZERO
    norm = _norm(a)
    if pow(norm, (P - 1) // 2, P) != 1:
        return None
    half = _power(a, (P + 1) // 2)
    below = _frobenius(multiply_elements(half, _frobenius(half, 2)))
    return _scale(invert_element(below), _base_root(norm))


def add_points(p: Point, q: Point) -> Point:
    """The group's law, complete: right for equal points and for the neutral as well."""
    x1, z1, u1, t1 = p
    x2, z2, u2, t2 = q
    xx, zz = multiply_elements(x1, x2), multiply_elements(z1, z2)
    uu, tt = multiply_elements(u1, u2), multiply_elements(t1, t2)
    cross_x = subtract_elements(multiply_elements(add_elements(x1, z1), add_elements(x2, z2)), add_elements(xx, zz))
    cross_u = subtract_elements(multiply_elements(add_elements(u1, t1), add_elements(u2, t2)), add_elements(uu, tt))
    b_zz = _times_b(zz)
    sum_b = add_elements(xx, b_zz)
    a = multiply_elements(tt, sum_b)
    b = multiply_elements(uu, _scale(add_elements(_times_b(cross_x), sum_b), 2))
    c = multiply_elements(add_elements(tt, _scale(uu, 2)), add_elements(cross_x, sum_b))
    return (
        _times_b(subtract_elements(c, a)),
        subtract_elements(a, b),
        multiply_elements(cross_u, subtract_elements(b_zz, xx)),
        add_elements(a, b),
    )


def encode_point(p: Point) -> Element:
    return multiply_elements(p[3], invert_element(p[2]))


def decode_point(w: Element) -> Point | None:
    """The one point that encodes as `w`, None where there is none.

    x solves x² − (w² − 2)x + 263z = 0; of the two solutions the one that is no square belongs to the group.
    """
    if w == _ZERO:
        return NEUTRAL
    e = subtract_elements(multiply_elements(w, w), (2, 0, 0, 0, 0))
    root = _root(subtract_elements(multiply_elements(e, e), (0, 4 * _B, 0, 0, 0)))
    if root is None:
        return None
    half = (P + 1) // 2
    x = _scale(add_elements(e, root), half)
    if _is_square(x):
        x = _scale(subtract_elements(e, root), half)
    return x, _ONE, _ONE, w


def _generator() -> Point:
    point = decode_point((4, 0, 0, 0, 0))
    assert point is not None
    return point


GENERATOR = _generator()


def multiply_sum(terms: Sequence[tuple[Point, int]]) -> Point:
    """Σ scalar · point, four bits of every scalar at a time. Scalars are in [0, 2³²⁰)."""
    tables = []
    for point, scalar in terms:
        table = [NEUTRAL, point]
        for _ in range(14):
            table.append(add_points(table[-1], point))
        tables.append((table, scalar))
    result = NEUTRAL
    for shift in range(316, -1, -4):
        if result is not NEUTRAL:
            for _ in range(4):
                result = add_points(result, result)
        for table, scalar in tables:
            digit = scalar >> shift & 15
            if digit:
                result = add_points(result, table[digit])
    return result
