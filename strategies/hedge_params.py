"""Parameters of a hedge loop: sizes in base coin, whatever unit a venue uses."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import msgspec

from strategies.params import Param, ParamError
from venues.model import NS_PER_S, Side

ZERO = Decimal(0)
D = Decimal


class Requote(StrEnum):
    """When a resting order is moved: after the fill timeout, or as soon as it is off the touch."""

    TIME = "time"
    TOUCH = "touch"


class HedgeParams(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of a hedge loop. Sizes are base coin, whatever unit a venue uses."""

    maker: Annotated[str, Param("Account whose post-only orders make the volume")]
    taker: Annotated[str, Param("Account on which every fill is hedged at once")]
    ticker: Annotated[str, Param("Coin to trade, e.g. BTC; or MAKER_SYMBOL:TAKER_SYMBOL")]
    size: Annotated[D, Param("Size of one maker order", unit="base", gt=ZERO, live=True)]
    iterations: Annotated[int, Param("Cycles to do; 0 for no end", ge=ZERO, step=D(1), live=True)] = 20
    direction: Annotated[Side, Param("Side of the maker's opening order")] = Side.BUY
    fill_timeout: Annotated[
        D, Param("How long a maker order rests before it is requoted", unit="s", ge=D("0.2"), step=D(1), live=True)
    ] = D(5)
    requote: Annotated[Requote, Param("Requote by time, or when off the touch", live=True)] = Requote.TOUCH
    offset: Annotated[
        int,
        Param("Ticks inside the touch (negative: behind it)", unit="ticks", ge=D(-1000), le=D(1000), live=True),
    ] = 0
    sleep: Annotated[D, Param("Holding time between steps", unit="s", ge=ZERO, step=D(1), live=True)] = ZERO
    max_position: Annotated[
        D,
        Param("Build up to this over several steps, then down; 0: size", unit="base", ge=ZERO, live=True),
    ] = ZERO
    slippage: Annotated[
        D, Param("Bound of the hedge's first attempt", unit="bps", ge=ZERO, le=D(500), step=D(1), live=True)
    ] = D(5)
    slippage_max: Annotated[
        D, Param("Where the bound stops widening", unit="bps", ge=ZERO, le=D(1000), step=D(5), live=True)
    ] = D(50)
    patience: Annotated[
        D, Param("Wait for a taker that cannot trade before unwinding", unit="s", ge=ZERO, step=D(1), live=True)
    ] = D(5)
    backup: Annotated[str, Param("Account to hedge on when the taker cannot; empty for none")] = ""
    wear_budget: Annotated[
        D, Param("Pause when wear of the last cycles is above; 0: off", unit="bps", ge=ZERO, step=D("0.1"), live=True)
    ] = ZERO
    wear_window: Annotated[int, Param("Cycles the wear budget looks at", ge=D(1), le=D(1000), live=True)] = 10
    loss_budget: Annotated[
        D, Param("Pause when the loop has lost this much; 0: off", unit="USD", ge=ZERO, step=D(1), live=True)
    ] = ZERO
    guard_depth: Annotated[
        D, Param("Taker depth within the slippage bound, in sizes, for a new order", ge=ZERO, step=D(1), live=True)
    ] = D(1)
    guard_age: Annotated[
        D, Param("Oldest book, on either side, for an order to rest", unit="s", gt=ZERO, live=True)
    ] = D(3)
    guard_spread: Annotated[
        D,
        Param("Worst price of the taker against the maker's for a new order", unit="bps", ge=ZERO, live=True),
    ] = D(50)
    volume_goal: Annotated[
        D, Param("End when the maker's volume reaches this; 0: off", unit="USD", ge=ZERO, live=True)
    ] = ZERO
    deadline: Annotated[str, Param("When the goal is due, UTC: 2026-12-01T00:00; empty for none", live=True)] = ""

    @property
    def ceiling(self) -> D:
        """The position at which building ends, base coin."""
        return self.max_position or self.size

    def deadline_ns(self) -> int | None:
        """The deadline, ns since the epoch. Raises `ParamError`."""
        if not self.deadline:
            return None
        try:
            due = datetime.fromisoformat(self.deadline)
        except ValueError:
            raise ParamError("deadline", self.deadline, "a UTC time like 2026-12-01T00:00") from None
        return int(due.replace(tzinfo=due.tzinfo or UTC).timestamp()) * NS_PER_S
