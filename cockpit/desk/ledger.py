"""The ledger: who holds what by our own books, and what it cost. Pure and synchronous; the journal feeds it again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal

from cockpit.desk.ledger_account import AccountBook, Opening
from cockpit.desk.ledger_days import DayBook
from cockpit.desk.ledger_ids import SeenBefore, SeenIds
from cockpit.desk.wear import ZERO, Key, Marks, Prices, Rates, Scope, Sums, Wear
from venues.model import FillReport, FundingPayment, Instrument, Transfer, TransferKind

FOREIGN = ""
"""The loop of what no loop did: positions that were there before, manual trades, and the liquidation of either."""

CYCLES_KEPT = 1024
"""Cycles of a loop that can still be told apart; older ones live on in the loop's sums."""

REMEMBERED = 10_000
"""Newest trade ids kept at hand, 2 MB; older ones are asked of the journal, 10 µs a fill."""

_RECENT_FILLS = 256
"""Fills a market remembers, so that a late funding payment finds who held the position at its time."""


class _LoopBook:
    """One loop's sums, whole and by cycle."""

    __slots__ = ("cycles", "markets", "newest")

    def __init__(self) -> None:
        self.markets: dict[Key, Sums] = {}
        self.cycles: dict[int, dict[Key, Sums]] = {}
        self.newest = 0

    def sums(self, key: Key) -> Sums:
        sums = self.markets.get(key)
        if sums is None:
            sums = self.markets[key] = Sums()
        return sums

    def cycle(self, cycle: int, key: Key) -> Sums:
        markets = self.cycles.get(cycle)
        if markets is None:
            markets = self.cycles[cycle] = {}
            self.newest = max(self.newest, cycle)
            if len(self.cycles) > CYCLES_KEPT:
                del self.cycles[min(self.cycles)]
        sums = markets.get(key)
        if sums is None:
            sums = markets[key] = Sums()
        return sums


class Ledger:
    """Books every fill, funding payment and transfer once, and answers what is held and what it cost.

    `instruments` gives the instrument of an (account, symbol). `seen_before` is asked of trade ids older than the
    newest `remember`; without it none is forgotten.
    """

    def __init__(
        self,
        instruments: Callable[[str, str], Instrument],
        *,
        seen_before: SeenBefore | None = None,
        remember: int = REMEMBERED,
    ) -> None:
        self._instruments = instruments
        self._prices = Prices()
        self._fill_ids = SeenIds(remember, seen_before)
        self._other_ids = SeenIds(remember, None)
        self._loops: dict[str, _LoopBook] = {}
        self._accounts: dict[str, AccountBook] = {}
        self._markets: dict[str, dict[str, Sums]] = {}
        """Account to symbol to sums over everybody."""
        self._foreign: dict[Key, Sums] = {}
        self._holders: dict[Key, dict[str, Sums]] = {}
        self._recent: dict[Key, deque[tuple[int, str, Decimal]]] = {}
        self._days = DayBook(instruments)

    # -- booking -------------------------------------------------------------------------------------------------

    @contextmanager
    def restoring(self) -> Iterator[None]:
        """While the journal is read back: what it holds is not asked of it."""
        self._fill_ids.trusting = True
        try:
            yield
        finally:
            self._fill_ids.trusting = False

    def opening(self, opening: Opening) -> bool:
        """What an account held when first seen; its positions are foreign. False: the account is already open."""
        book = self._account(opening.account)
        if book.opened:
            return False
        book.open(opening, self._instruments)
        for asset, rate in opening.rates.items():
            self._prices.saw_rate(asset, rate)
        for held in opening.positions:
            key = (opening.account, held.symbol)
            instrument = self._instruments(*key)
            base, quote = instrument.base_qty(held.qty, held.mark), instrument.notional(held.qty, held.mark)
            self._prices.saw_mark(key, held.mark)
            for sums in (self._market(key), self._holder(FOREIGN, key)):
                sums.trade(held.qty, base, quote)
        return True

    def knows(self, account: str, symbol: str, trade_id: str) -> bool:
        """Whether a fill of that id has been booked."""
        return self._fill_ids.has(account, symbol, trade_id)

    def has_fill(self, account: str, fill: FillReport) -> bool:
        """Whether `book_fill` would take it for a repetition."""
        return self._fill_ids.has(account, fill.symbol, fill.trade_id)

    def book_fill(
        self,
        account: str,
        fill: FillReport,
        *,
        loop: str,
        cycle: int,
        role: str,
        volume: bool,
        fee_rate_usd: Decimal,
        settle_rate_usd: Decimal,
    ) -> bool:
        """Book one execution; `loop` "" is foreign, `volume` says that it was on the loop's volume account.

        The rates are USD for one fee asset and for one settle currency, now. False, and nothing changed: the trade id
        was booked before. `role` stands in the journal and alters no sum.
        """
        if not self._fill_ids.first(account, fill.symbol, fill.trade_id):
            return False
        key = (account, fill.symbol)
        instrument = self._instruments(account, fill.symbol)
        qty = fill.qty * fill.side.sign
        base, quote = instrument.base_qty(qty, fill.price), instrument.notional(qty, fill.price)
        prices = self._prices
        prices.saw_mark(key, fill.price)
        prices.saw_rate(fill.fee_asset, fee_rate_usd)
        prices.saw_rate(instrument.settle, settle_rate_usd)
        if instrument.inverse:
            prices.saw_rate(instrument.quote, settle_rate_usd / fill.price)
        fee_usd = fill.fee * fee_rate_usd
        volume_usd = abs(quote) * prices.unit(instrument, None)

        book = self._account(account)
        book.fill(instrument, fill.symbol, qty, base, quote)
        book.cost(fill.fee_asset, fill.fee, fee_usd)
        whole = self._market(key)
        whole.volume_usd += volume_usd
        touched = [whole, self._holder(loop, key)]
        if loop != FOREIGN:
            touched += (self._loops[loop].cycle(cycle, key), self._days.sums(fill.ts_event, key))
        for sums in touched:
            sums.trade(qty, base, quote)
            sums.fees_usd += fee_usd
        if volume or loop == FOREIGN:
            for sums in touched[1:]:
                sums.volume_usd += volume_usd
        if loop != FOREIGN:
            self._days.fill(fill.ts_event, key, qty, fill.price)
        recent = self._recent.get(key)
        if recent is None:
            recent = self._recent[key] = deque(maxlen=_RECENT_FILLS)
        recent.append((fill.ts_event, loop, qty))
        return True

    def book_funding(self, account: str, payment: FundingPayment, rate_usd: Decimal) -> bool:
        """Book one settlement, split over the loops (and the foreign part) that held the market at its time, each by
        its signed position; the last takes what rounding leaves. Where nobody held any, it is foreign.

        `rate_usd` is USD for one `payment.asset`. False: the payment id was booked before.
        """
        if not self._other_ids.first(account, "funding", payment.payment_id):
            return False
        key = (account, payment.symbol)
        usd = payment.cost * rate_usd
        self._prices.saw_rate(payment.asset, rate_usd)
        self._account(account).cost(payment.asset, payment.cost, usd)
        self._market(key).funding_usd += usd
        held = self.held_at(*key, payment.ts_event)
        net = sum(held.values(), ZERO)
        if not net:
            held = {FOREIGN: (net := Decimal(1))}
        left = usd
        for at, (loop, qty) in enumerate(held.items(), start=1):
            share = left if at == len(held) else usd * qty / net
            left -= share
            self._holder(loop, key).funding_usd += share
            if loop != FOREIGN:
                self._loops[loop].cycle(self._loops[loop].newest, key).funding_usd += share
                self._days.sums(payment.ts_event, key).funding_usd += share
        return True

    def book_transfer(self, account: str, transfer: Transfer, rate_usd: Decimal) -> bool:
        """Book money that came or went apart from trading. False: the transfer id was booked before."""
        if not self._other_ids.first(account, "transfer", transfer.transfer_id):
            return False
        rebate = transfer.kind is TransferKind.REBATE
        usd = transfer.signed * rate_usd
        self._prices.saw_rate(transfer.asset, rate_usd)
        self._account(account).transfer(transfer.asset, transfer.signed, usd, rebate=rebate)
        if rebate:
            self._days.rebate(transfer.ts_event, -usd)
        return True

    def roll_day(self, day: str, marks: Marks) -> dict[Key, Decimal]:
        """Close a UTC day (`2025-11-21`) at the marks of its end; those used are returned, for the journal. Where
        none is given the newest known serves. A closed day keeps its marks."""
        return self._days.roll(day, marks, self._prices)

    def end_loop(self, loop: str) -> None:
        """The loop trades no more: its cycles need not be told apart any longer. Its sums stay."""
        book = self._loops.get(loop)
        if book is not None:
            book.cycles.clear()

    # -- what is held --------------------------------------------------------------------------------------------

    def position(self, account: str, symbol: str, loop: str | None = None) -> Decimal:
        """Signed, venue units: of one loop, of the foreign part (""), or of everybody (None)."""
        sums = self._find(account, symbol, loop)
        return ZERO if sums is None else sums.qty

    def base_position(self, account: str, symbol: str, loop: str | None = None) -> Decimal:
        """Σ s·base over the fills, base coin at the fill prices, signed; whose, as in `position`."""
        sums = self._find(account, symbol, loop)
        return ZERO if sums is None else sums.base

    def entry(self, account: str, symbol: str, loop: str | None = None) -> Decimal | None:
        """Average price of what is open, quote per base; None when flat. An opening position counts at its mark."""
        sums = self._find(account, symbol, loop)
        return sums.open.quote / sums.open.base if sums is not None and sums.open.qty else None

    def exposure(self, loop: str) -> Decimal:
        """Net over all markets of the loop, base coin at fill prices."""
        book = self._loops.get(loop)
        return sum((sums.base for sums in book.markets.values()), ZERO) if book is not None else ZERO

    def funding_usd(self, account: str, symbol: str) -> Decimal:
        """Funding of the whole account in one market, USD: positive is paid."""
        sums = self._markets.get(account, {}).get(symbol)
        return ZERO if sums is None else sums.funding_usd

    def markets(self, account: str) -> tuple[str, ...]:
        """Symbols that anything was ever booked on."""
        return tuple(self._markets.get(account, ()))

    def cash(self, account: str) -> dict[str, Decimal]:
        """What the account must hold by our books: opening + transfers − fees − funding + realised at average
        entry."""
        book = self._accounts.get(account)
        return dict(book.cash) if book is not None else {}

    # -- what it cost --------------------------------------------------------------------------------------------

    def wear(self, scope: Scope, name: str, marks: Marks, rates: Rates | None = None) -> Wear:
        """Wear of a loop, an account, its foreign part, a day, or of all loops (any `name`).

        Without `rates` each asset counts at the rate of its last booking. Unknown names give zeros.
        """
        if scope is Scope.DAY:
            return self._days.wear(name, marks, self._prices, rates)
        if scope is Scope.ACCOUNT:
            return self._account_wear(name, marks, rates)
        if scope is Scope.FOREIGN:
            return self._sum({key: sums for key, sums in self._foreign.items() if key[0] == name}, marks, rates)
        if scope is Scope.LOOP:
            book = self._loops.get(name)
            return self._sum(book.markets, marks, rates) if book is not None else Wear()
        wear = Wear(rebates_usd=sum((book.rebates_usd for book in self._accounts.values()), ZERO))
        for book in self._loops.values():
            wear = wear.plus(self._sum(book.markets, marks, rates))
        return wear

    def wear_of_cycles(self, loop: str, last: int, marks: Marks, rates: Rates | None = None) -> Wear:
        """Wear of the `last` newest cycles, the one at work too (at most `CYCLES_KEPT`). `open_usd` is the loop's."""
        book = self._loops.get(loop)
        if book is None:
            return Wear()
        wear = Wear()
        for cycle in sorted(book.cycles)[-last:] if last > 0 else ():
            wear = wear.plus(self._sum(book.cycles[cycle], marks, rates))
        open_usd = self._sum(book.markets, marks, rates).open_usd
        return Wear(wear.fees_usd, wear.trade_usd, wear.funding_usd, wear.volume_usd, open_usd)

    def days(self) -> list[str]:
        """UTC days with something booked, oldest first."""
        return self._days.names()

    def loops(self) -> tuple[str, ...]:
        """Every loop that something was booked for."""
        return tuple(self._loops)

    def opened(self, account: str) -> bool:
        """Whether the account's opening is known."""
        book = self._accounts.get(account)
        return book is not None and book.opened

    def unexplained(
        self, account: str, equity_usd: Decimal, marks: Marks, rates: Rates | None = None
    ) -> Decimal | None:
        """−(Δequity − transfers in + out) − wear − revaluation, USD: what was lost that no booking explains. None
        until the account's opening is known.

        `equity_usd` must have been reckoned at the same marks and rates, or their difference shows here.
        """
        book = self._accounts.get(account)
        if book is None or not book.opened:
            return None
        wear = self._account_wear(account, marks, rates)
        lost = -(equity_usd - book.opening_usd - book.transfers_usd)
        return lost - wear.wear_usd - wear.revaluation_usd

    # -- inside --------------------------------------------------------------------------------------------------

    def _account(self, account: str) -> AccountBook:
        book = self._accounts.get(account)
        if book is None:
            book = self._accounts[account] = AccountBook()
        return book

    def _market(self, key: Key) -> Sums:
        markets = self._markets.get(key[0])
        if markets is None:
            markets = self._markets[key[0]] = {}
        sums = markets.get(key[1])
        if sums is None:
            sums = markets[key[1]] = Sums()
        return sums

    def _holder(self, loop: str, key: Key) -> Sums:
        """The sums of one loop, or of the foreign part, on one market."""
        holders = self._holders.setdefault(key, {})
        sums = holders.get(loop)
        if sums is None:
            if loop == FOREIGN:
                sums = self._foreign[key] = Sums()
            else:
                book = self._loops.get(loop)
                if book is None:
                    book = self._loops[loop] = _LoopBook()
                sums = book.sums(key)
            holders[loop] = sums
        return sums

    def _find(self, account: str, symbol: str, loop: str | None) -> Sums | None:
        if loop is None:
            return self._markets.get(account, {}).get(symbol)
        return self._holders.get((account, symbol), {}).get(loop)

    def held_at(self, account: str, symbol: str, ts: int) -> dict[str, Decimal]:
        """Positions as of `ts` by loop, venue units: those of now without the fills that came after."""
        key = (account, symbol)
        held = {loop: sums.qty for loop, sums in self._holders.get(key, {}).items()}
        for at, loop, qty in self._recent.get(key, ()):
            if at > ts:
                held[loop] -= qty
        return {loop: qty for loop, qty in held.items() if qty}

    def _sum(self, markets: dict[Key, Sums], marks: Marks, rates: Rates | None) -> Wear:
        wear = Wear()
        for key, sums in markets.items():
            unit = self._prices.unit(self._instruments(*key), rates)
            wear = wear.plus(sums.wear(self._prices.mark(key, marks), unit))
        return wear

    def _account_wear(self, account: str, marks: Marks, rates: Rates | None) -> Wear:
        book = self._accounts.get(account)
        if book is None:
            return Wear()
        prices = self._prices
        markets = self._markets.get(account, {})
        rows = []
        for symbol, sums in markets.items():
            instrument = self._instruments(account, symbol)
            rows.append((instrument, sums, prices.mark((account, symbol), marks), prices.unit(instrument, rates)))
        wear = self._sum({(account, symbol): sums for symbol, sums in markets.items()}, marks, rates)
        revaluation = book.revaluation(rows, lambda asset: prices.rate(asset, rates))
        return wear.plus(Wear(rebates_usd=book.rebates_usd, revaluation_usd=revaluation))
