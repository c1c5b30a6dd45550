"""Decimal text to whole ticks or lots, without a float and, for text seen before, without arithmetic."""

from __future__ import annotations

from decimal import Decimal
from math import gcd

MAX_DIGITS = 40
"""Of a price or a quantity; a longer one is damage."""
KEPT = 4096
"""Texts remembered by each of a book's four look-ups, about 0.2 kB each; then all are forgotten."""


class StepError(ValueError):
    """A price or a quantity that is no whole number of steps."""


class Steps(dict[str, int]):
    """`steps["61800.20"]` is 618002 where the step is 0.1. What was seen before costs one look-up.

    A value between two steps raises `StepError`, or is rounded down with `floor`. With `negative` the result is
    negated: a ladder keeps its asks that way round.
    """

    def __init__(self, step: Decimal, *, floor: bool = False, negative: bool = False) -> None:
        super().__init__()
        if not step.is_finite() or step <= 0:
            raise ValueError(f"step is {step}, must be above 0")
        self._step = step
        self._over, self._under = step.as_integer_ratio()
        if negative:
            self._under = -self._under
        self._floor = floor
        self._ratios: dict[int, tuple[int, int]] = {}  # by digits behind the point: steps = digits · first ÷ second

    def __missing__(self, text: str) -> int:
        whole, _, fraction = text.partition(".")
        digits = whole + fraction
        if not (digits.isdecimal() and digits.isascii() and len(digits) <= MAX_DIGITS):
            raise StepError(f"{text[:60]!r} is no plain decimal number")
        ratio = self._ratios.get(len(fraction)) or self._ratio(len(fraction))
        steps = int(digits) * ratio[0]
        if ratio[1] != 1:
            steps, rest = divmod(steps, ratio[1])
            if rest and not self._floor:
                raise StepError(f"{text!r} is not a multiple of {self._step}")
        if len(self) >= KEPT:
            self.clear()
        self[text] = steps
        return steps

    def _ratio(self, places: int) -> tuple[int, int]:
        unit = 10**places * self._over
        common = gcd(self._under, unit)
        self._ratios[places] = ratio = (self._under // common, unit // common)
        return ratio
