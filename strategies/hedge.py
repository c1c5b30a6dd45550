"""The hedge loop: open post-only on the maker account, hedge each fill on the taker account, close alike, repeat.

The desk hedges; this decides when and where the maker's orders rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import ClassVar

import msgspec

from strategies.hedge_params import HedgeParams, Requote
from strategies.params import ParamError
from strategies.protocol import Context, HedgePolicy, Leg, OrderHandle, Role
from venues.model import NS_PER_S, BookUpdate, Instrument, OrderStatus, Side

ZERO = Decimal(0)
BPS = Decimal(10_000)

MAKER, TAKER = "maker", "taker"
LOOK_S = 1.0
"""How often a resting order is held against the guards: a book that falls silent or thins out wakes nobody."""
REFUSED_S, REFUSED_MOST_S = 0.25, 5.0
"""Wait after a refused order, half as long again after each in a row, and the longest."""
MOST_REFUSED = 15
"""Refusals in a row after which the loop pauses: something is wrong that waiting does not mend."""


class Budget:
    """Wear and loss budgets of one run. What the operator resumed after is forgiven: it counts anew from there."""

    def __init__(self) -> None:
        self._from_iteration = 0
        self._forgiven_usd = ZERO

    def exceeded(self, ctx: Context[HedgeParams]) -> str:
        """Between cycles: why the loop should pause, once; empty while it should not."""
        p = ctx.params
        if p.wear_budget and ctx.iterations_done - self._from_iteration >= p.wear_window:
            cost, volume = ctx.wear(p.wear_window)
            if volume and cost / volume * BPS > p.wear_budget:
                self._from_iteration = ctx.iterations_done
                bps = cost / volume * BPS
                return f"wear of the last {p.wear_window} cycles is {bps:.2f} bps, the budget is {p.wear_budget}"
        if p.loss_budget:
            cost, _volume = ctx.wear()
            if cost - self._forgiven_usd > p.loss_budget:
                self._forgiven_usd = cost
                return f"the loop has lost {cost:.2f} USD, the budget is {p.loss_budget}"
        return ""


class HedgeLoop:
    """See the module. One instance serves any number of loops: it keeps nothing between calls."""

    kind: ClassVar[str] = "hedge"
    params_type: ClassVar[type[msgspec.Struct]] = HedgeParams

    def legs(self, params: HedgeParams) -> Sequence[Leg]:
        """Raises `ParamError` for sets that contradict themselves."""
        if params.maker == params.taker:
            raise ParamError("taker", params.taker, "another account than the maker's")
        if params.max_position and params.max_position < params.size:
            raise ParamError("max_position", params.max_position, f"0, or at least the size {params.size}")
        if params.slippage_max < params.slippage:
            raise ParamError("slippage_max", params.slippage_max, f"at least slippage {params.slippage}")
        if params.backup in (params.maker, params.taker):
            raise ParamError("backup", params.backup, "another account than the maker's and the taker's")
        params.deadline_ns()
        maker_symbol, _, taker_symbol = params.ticker.partition(":")
        taker_symbol = taker_symbol or maker_symbol
        legs = [
            Leg(MAKER, params.maker, maker_symbol, hedged_by=TAKER),
            Leg(TAKER, params.taker, taker_symbol),
        ]
        if params.backup:
            legs.append(Leg("backup", params.backup, taker_symbol))
        return legs

    def hedge_policy(self, params: HedgeParams) -> HedgePolicy:
        return HedgePolicy(
            slippage_bps=params.slippage,
            slippage_max_bps=params.slippage_max,
            patience_s=params.patience,
            backup="backup" if params.backup else "",
        )

    def volume_leg(self, params: HedgeParams) -> str:
        return MAKER

    def target_iterations(self, params: HedgeParams) -> int:
        return params.iterations

    def size_base(self, params: HedgeParams) -> Decimal:
        return params.size

    def max_position_base(self, params: HedgeParams) -> Decimal:
        return params.ceiling

    async def run(self, ctx: Context[HedgeParams]) -> None:
        """Step after step until the iterations are done, the goal is reached or the operator says so."""
        building = not self._held(ctx)
        budget = Budget()
        while True:
            going_on = await ctx.safe_point()
            held = self._held(ctx)
            if not held:
                building = True
                if not going_on or self._complete(ctx):
                    return
                why = budget.exceeded(ctx)
                if why:
                    ctx.pause(why)
                    continue
            elif not going_on or not self._room_left(ctx):
                building = False
            if building:
                await self._open(ctx)
            else:
                await self._close(ctx)
                if not self._held(ctx):
                    ctx.iteration(ctx.iterations_done + 1)
                    self._report_pace(ctx)
            if self._held(ctx):
                await self._hold(ctx)

    # -- steps

    async def _hold(self, ctx: Context[HedgeParams]) -> None:
        """The holding time, as it stands now: a change of it counts at once."""
        began = ctx.clock.monotonic_ns()
        while (left := float(ctx.params.sleep) - (ctx.clock.monotonic_ns() - began) / NS_PER_S) > 0:
            ctx.phase("holding", f"{ctx.params.sleep} s")
            await ctx.hold(left)
            if not await ctx.safe_point():
                return

    async def _open(self, ctx: Context[HedgeParams]) -> None:
        """One opening step: rest and requote until `size` more is held, or nothing more is wanted."""
        side = ctx.params.direction
        start = abs(ctx.position(MAKER))
        rested, refused = False, 0
        if ctx.holding_back():
            ctx.phase("waiting", ctx.tradable(MAKER) or "entries are held back")
            await ctx.change(1.0)
        while not ctx.holding_back():
            p = ctx.params
            book = ctx.book(MAKER)
            if book is None:
                ctx.phase("waiting", f"no sound book on {p.maker}")
                await ctx.change(1.0)
                continue
            instrument = ctx.instrument(MAKER)
            price = quote_price(instrument, book, side, p.offset)
            whole = instrument.round_qty(instrument.qty_from_base(p.size, price), nearest=True)
            qty = min(whole - (abs(ctx.position(MAKER)) - start), self._room(ctx, price))
            if qty < instrument.min_qty or instrument.notional(qty, price) < instrument.min_notional:
                if not rested:
                    await ctx.change(1.0)
                return
            why = self._guard(ctx, side, price)
            if why:
                ctx.phase("waiting", why)
                await ctx.change(1.0)
                continue
            ctx.phase("opening", f"{side} {qty} at {price}")
            rested = True
            refused = await self._rest(ctx, side, qty, price, Role.OPEN, refused)
            if self._given_up(ctx, refused):
                return

    async def _close(self, ctx: Context[HedgeParams]) -> None:
        """One closing step: `size` less is held, or nothing."""
        p = ctx.params
        position = ctx.position(MAKER)
        side = Side.of(-position)
        instrument = ctx.instrument(MAKER)
        first = ctx.book(MAKER)
        while first is None:
            ctx.phase("waiting", f"no sound book on {p.maker}")
            await ctx.change(1.0)
            first = ctx.book(MAKER)
        price = quote_price(instrument, first, side, p.offset)
        step = instrument.round_qty(instrument.qty_from_base(p.size, price), nearest=True)
        left = abs(position) - step
        too_little = left < instrument.min_qty or instrument.notional(left, price) < instrument.min_notional
        target = ZERO if too_little or step < instrument.min_qty else left
        refused = 0
        while (qty := abs(ctx.position(MAKER)) - target) >= instrument.min_qty:
            book = ctx.book(MAKER)
            if book is None:
                ctx.phase("waiting", f"no sound book on {p.maker}")
                await ctx.change(1.0)
                continue
            price = quote_price(instrument, book, side, p.offset)
            why = self._guard(ctx, side, price, closing=True)
            if why:
                ctx.phase("waiting", why)
                await ctx.change(1.0)
                continue
            ctx.phase("closing", f"{side} {qty} at {price}")
            refused = await self._rest(ctx, side, qty, price, Role.CLOSE, refused)
            if self._given_up(ctx, refused):
                return

    def _given_up(self, ctx: Context[HedgeParams], refused: int) -> bool:
        """Whether the venue has refused so many orders in a row that a person should look."""
        if refused < MOST_REFUSED:
            return False
        ctx.pause(f"{ctx.params.maker} has refused {refused} orders in a row; look at the account, then resume")
        return True

    async def _rest(
        self, ctx: Context[HedgeParams], side: Side, qty: Decimal, price: Decimal, role: Role, refused: int
    ) -> int:
        """Let one maker order rest until it is filled, stale, off the touch or unwanted; return when all it did is
        hedged. `refused` orders in a row were refused before it; returns how many are now."""
        order = await ctx.place(MAKER, side, qty, price, role=role, post_only=True, reduce_only=role is Role.CLOSE)
        if order.status is OrderStatus.DENIED:
            ctx.phase("waiting", order.reason)
            # Not `change`: the refusal itself is a change, and would have it asked again at once, for ever.
            await ctx.sleep(1.0)
            return refused
        placed, unwanted = ctx.clock.monotonic_ns(), False
        while not order.done:
            if self._unwanted(ctx, order, role, placed):
                unwanted = True
                ctx.cancel(order)
            age = (ctx.clock.monotonic_ns() - placed) / NS_PER_S
            await ctx.change(min(max(float(ctx.params.fill_timeout) - age, 0.25), LOOK_S))
        # some venues take an order, and cancel it at once for a reason for which others refuse it
        undone = order.status is OrderStatus.CANCELED and not order.filled_qty and bool(order.reason) and not unwanted
        no = undone or order.status is OrderStatus.REJECTED
        if no:
            ctx.phase("waiting", f"order refused: {order.reason}")
            await ctx.sleep(min(REFUSED_S * 1.5**refused, REFUSED_MOST_S))
        await ctx.settled(order)
        return refused + 1 if no else 0

    # -- rules

    def _unwanted(self, ctx: Context[HedgeParams], order: OrderHandle, role: Role, placed: int) -> bool:
        p = ctx.params
        if role is Role.OPEN and ctx.holding_back():
            return True
        if self._guard(ctx, order.side, order.price, closing=role is Role.CLOSE):
            return True
        if order.status not in (OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED):
            return False
        if p.requote is Requote.TIME:
            return ctx.clock.monotonic_ns() - placed >= int(p.fill_timeout * NS_PER_S)
        book = ctx.book(MAKER)
        if book is None:
            return True
        best = (book.bids if order.side is Side.BUY else book.asks)[0][0]
        ours = ctx.instrument(MAKER).price_to_ticks(order.price)
        return (best - ours) * order.side.sign > max(-p.offset, 0)

    def _guard(self, ctx: Context[HedgeParams], side: Side, price: Decimal, *, closing: bool = False) -> str:
        """Why no maker order of `side` may rest at `price` now; empty where it may. A close that cannot be hedged
        waits too, for nothing could unwind it; once the operator wants out, it waits for no better price."""
        p = ctx.params
        for leg in (MAKER, TAKER):
            why = ctx.tradable(leg, reduce_only=closing)
            if why:
                return why
        if abs(ctx.owed()) > ctx.tolerance():
            return f"{ctx.owed():+} still to be hedged"
        book = ctx.book(TAKER)
        if book is None:
            return f"no sound book on {p.taker}"
        for leg, account in ((TAKER, p.taker), (MAKER, p.maker)):
            age = ctx.book_age(leg)
            if age > float(p.guard_age):
                return f"book of {account} is {age:.1f} s old, guard_age is {p.guard_age} s"
        if closing and ctx.holding_back():
            return ""
        instrument = ctx.instrument(TAKER)
        levels = book.bids if side is Side.BUY else book.asks
        touch = instrument.ticks_to_price(levels[0][0])
        worse = (price - touch) * side.sign / price * BPS
        if worse > p.guard_spread:
            return f"{p.taker} is {worse:.1f} bps off, guard_spread is {p.guard_spread} bps"
        needed = instrument.qty_from_base(p.size * p.guard_depth, touch) / instrument.lot
        worst = touch * (1 - side.sign * p.slippage / BPS) / instrument.tick
        there = 0
        for ticks, lots in levels:
            if (ticks - worst) * side.sign < 0:
                break
            there += lots
            if there >= needed:
                return ""
        if there >= needed:
            return ""
        return f"book of {p.taker} is thin: {there} lots within {p.slippage} bps, {needed:.0f} wanted"

    def _room(self, ctx: Context[HedgeParams], price: Decimal) -> Decimal:
        """Venue units that may still be opened before the ceiling; 0 for what is under a tenth of a step."""
        instrument = ctx.instrument(MAKER)
        ceiling, step = (instrument.qty_from_base(base, price) for base in (ctx.params.ceiling, ctx.params.size))
        room = instrument.round_qty(ceiling, nearest=True) - abs(ctx.position(MAKER))
        return ZERO if room < max(instrument.min_qty, step / 10) else room

    def _room_left(self, ctx: Context[HedgeParams]) -> bool:
        """Whether building goes on. Unknown without a book: then the next step waits for one."""
        instrument, book = ctx.instrument(MAKER), ctx.book(MAKER)
        if book is None:
            return True
        price = instrument.ticks_to_price(book.bids[0][0])
        room = self._room(ctx, price)
        return room > 0 and instrument.notional(room, price) >= instrument.min_notional

    def _complete(self, ctx: Context[HedgeParams]) -> bool:
        p = ctx.params
        if p.iterations and ctx.iterations_done >= p.iterations:
            return True
        return bool(p.volume_goal) and ctx.wear()[1] >= p.volume_goal

    def _report_pace(self, ctx: Context[HedgeParams]) -> None:
        p = ctx.params
        if not p.volume_goal:
            return
        volume = ctx.wear()[1]
        left = max(p.volume_goal - volume, ZERO)
        text = f"{volume:,.0f} of {p.volume_goal:,.0f} USD"
        due = p.deadline_ns()
        if due is not None:
            hours = Decimal(due - ctx.clock.now_ns()) / NS_PER_S / 3600
            text += f", {left / hours:,.0f} USD/h needed" if hours > 0 else ", overdue"
        ctx.pace(text)

    def _held(self, ctx: Context[HedgeParams]) -> Decimal:
        """Base coin held on the maker at the present price; 0 for what is too little to be closed."""
        position = abs(ctx.position(MAKER))
        if not position:
            return ZERO
        instrument = ctx.instrument(MAKER)
        book = ctx.book(MAKER)
        if book is None or position < instrument.min_qty:
            return ZERO if position < instrument.min_qty else ctx.params.size
        return instrument.base_qty(position, instrument.ticks_to_price(book.bids[0][0]))


def quote_price(instrument: Instrument, book: BookUpdate, side: Side, offset: int) -> Decimal:
    """Where a maker order of `side` rests: `offset` ticks inside the touch, but never across the other side."""
    bid, ask = book.bids[0][0], book.asks[0][0]
    ticks = min(bid + offset, ask - 1) if side is Side.BUY else max(ask - offset, bid + 1)
    return instrument.ticks_to_price(ticks)
