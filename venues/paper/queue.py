"""Queue position of a resting order on a price level of which only the total size is known (L2).

Two models, as the public literature on L2 queue estimation has them:

- conservative: only trades at our price move us forward; other decreases are taken to happen behind us, but we can
  never stand behind more than the whole level holds: ahead = min(ahead, level).
- probabilistic: of a decrease that no trade explains, a share happens ahead of us. With A lots ahead and B behind,
  p = f(B) ÷ (f(A) + f(B)) is the share taken from behind, 1 − p the share taken from ahead, and
  f(x) = log(1 + x) or f(x) = x^n. What B cannot give (p·Δ > B) comes from ahead as well.

Both only ever shrink: nobody gets in before us at our price.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import StrEnum
from typing import Protocol


class QueueModelKind(StrEnum):
    CONSERVATIVE = "conservative"
    LOG_PROBABILITY = "log_probability"
    POWER_PROBABILITY = "power_probability"


class QueueModel(Protocol):
    def ahead(self, ahead: int, before: int, traded: int, now: int) -> int:
        """Lots ahead of us after our level went from `before` to `now` lots.

        `traded` lots of it were trade prints at our price since the level was last looked at; `ahead` is net of them
        already. The result is in [0, min(ahead, now)].
        """
        ...


class ConservativeQueue:
    def ahead(self, ahead: int, before: int, traded: int, now: int) -> int:
        return min(ahead, now)


class ProbabilityQueue:
    """`weight` is f of the formula above: not negative, rising, f(0) = 0."""

    def __init__(self, weight: Callable[[float], float]) -> None:
        self._weight = weight

    def ahead(self, ahead: int, before: int, traded: int, now: int) -> int:
        cancelled = before - now - traded
        if cancelled > 0 and ahead > 0:
            behind = max(0, before - traded - ahead)
            front_weight, back_weight = self._weight(ahead), self._weight(behind)
            from_behind = min(float(behind), cancelled * back_weight / (front_weight + back_weight))
            # Rounded so that the estimate never flatters us by a part of a lot.
            ahead = max(0, math.ceil(ahead - (cancelled - from_behind)))
        return min(ahead, now)


def queue_model(kind: QueueModelKind, power: float = 3.0) -> QueueModel:
    """The model of that kind; `power` is the exponent n of the power form."""
    if kind is QueueModelKind.CONSERVATIVE:
        return ConservativeQueue()
    if kind is QueueModelKind.LOG_PROBABILITY:
        return ProbabilityQueue(math.log1p)
    if power <= 0:
        raise ValueError(f"power is {power}, must be above 0")
    return ProbabilityQueue(lambda x: float(x**power))
