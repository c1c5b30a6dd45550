"""The ledger against an account model in exact fractions, and against its own journal read back."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from ledger_kit import INSTRUMENTS, T0, AccountModel, D, fill, instrument_of, payment, transfer

from cockpit.desk.journal import Journal
from cockpit.desk.journal_restore import restore_ledger
from cockpit.desk.ledger import FOREIGN, Ledger
from cockpit.desk.ledger_account import Opening, OpeningPosition
from cockpit.desk.wear import Scope, Wear
from tests.property_kit import tries
from venues.model import FillReport, InstrumentKind, Side, TransferKind

ACCOUNTS = ("a", "b")
LOOPS = (FOREIGN, "L1", "L2")
SYMBOLS = tuple(INSTRUMENTS)
PERPS = tuple(symbol for symbol, instrument in INSTRUMENTS.items() if instrument.kind is not InstrumentKind.SPOT)
ASSETS = ("USDT", "USDC", "BTC", "ETH", "BNB")
RATES = {"BTC": D(90_000), "ETH": D(3_000), "BNB": D(800), "USDT": D(1), "USDC": D(1)}
TINY = D("1e-9")
"""USD. Shares and average entries are quotients, rounded at the 28th digit; everything else is exact."""

quantities = st.integers(1, 4_000).map(lambda n: D(n) / 1_000)
moves = st.integers(8_000, 12_000).map(lambda bps: D(bps) / 10_000)
accounts = st.sampled_from(ACCOUNTS)
Costs = dict[tuple[str, str, str], Fraction]
"""(account, symbol, loop) to what was paid, USD."""


class LedgerMachine(RuleBasedStateMachine):
    """One ledger, one journal and, for each account, the venue's own reckoning."""

    def __init__(self) -> None:
        super().__init__()
        self.journal = Journal.open(":memory:")
        self.ledger = Ledger(instrument_of, seen_before=self.journal.reader().has_fill, remember=4)
        self.models = {name: AccountModel() for name in ACCOUNTS}
        self.marks = {(name, symbol): RATES[INSTRUMENTS[symbol].base] for name in ACCOUNTS for symbol in SYMBOLS}
        self.rates = dict(RATES)
        self.held: dict[tuple[str, str, str], Fraction] = {}
        self.fees: Costs = {}
        self.funding: Costs = {}
        self.moved: dict[str, Fraction] = {}
        self.said: list[tuple[str, Any]] = []
        self.ts = T0

    def teardown(self) -> None:
        self.journal.close()

    def now(self) -> int:
        self.ts += 1
        return self.ts

    def mark(self, account: str, symbol: str) -> Decimal:
        return self.marks[(account, symbol)]

    def rate(self, asset: str) -> Decimal:
        return self.rates[asset]

    @initialize(
        cash=st.dictionaries(st.sampled_from(ASSETS), st.integers(0, 10**6).map(lambda n: D(n) / 1_000)),
        positions=st.lists(st.tuples(st.sampled_from(PERPS), quantities, st.sampled_from(Side), moves), max_size=2,
                           unique_by=lambda row: row[0]),
    )  # fmt: skip
    def open_accounts(self, cash: dict[str, Decimal], positions: list[tuple[str, Decimal, Side, Decimal]]) -> None:
        for name in ACCOUNTS:
            model = self.models[name]
            held = []
            for symbol, qty, side, move in positions if name == "a" else []:
                entry = self.mark(name, symbol) * move
                model.trade(INSTRUMENTS[symbol], side.sign * qty, entry)
                held.append(OpeningPosition(symbol, side.sign * qty, entry, self.mark(name, symbol)))
                self.held[(name, symbol, FOREIGN)] = Fraction(side.sign * qty)
            for asset, amount in cash.items():
                model.pay(asset, -amount)
            opening = Opening(name, T0, cash, dict(self.rates), tuple(held))
            assert self.ledger.opening(opening)
            assert not self.ledger.opening(opening), "an account opens once"
            self.journal.opening(opening)

    # -- what happens

    @rule(
        account=accounts, symbol=st.sampled_from(SYMBOLS), side=st.sampled_from(Side), qty=quantities, move=moves,
        fee=st.integers(-20, 60), fee_asset=st.sampled_from(ASSETS), loop=st.sampled_from(LOOPS),
        cycle=st.integers(0, 3), volume=st.booleans(), late=st.integers(0, 3),
    )  # fmt: skip
    def trade(
        self, account: str, symbol: str, side: Side, qty: Decimal, move: Decimal, fee: int, fee_asset: str, loop: str,
        cycle: int, volume: bool, late: int,
    ) -> None:  # fmt: skip
        """`late`: its stamp lies hours back, before things that are booked already."""
        instrument = INSTRUMENTS[symbol]
        price = (self.mark(account, symbol) * move).quantize(D("0.1"))
        # An inverse fill is worth coin at its own price, and so are rates at that moment.
        self.marks[(account, symbol)] = price
        if instrument.settle in ("BTC", "ETH"):
            self.rates[instrument.settle] = price
        report = fill(
            f"t{self.now()}", symbol, side, qty, price, D(fee) / 1_000, fee_asset, self.ts - late * 3_600 * 10**9
        )
        booking = {
            "loop": loop, "cycle": cycle, "role": "open", "volume": volume,
            "fee_rate_usd": self.rate(fee_asset), "settle_rate_usd": self.rate(instrument.settle),
        }  # fmt: skip
        self.said.append((account, (report, booking)))
        self.book(account, report, booking, new=True)
        key = (account, symbol, loop)
        self.held[key] = self.held.get(key, Fraction(0)) + side.sign * Fraction(qty)
        self.fees[key] = self.fees.get(key, Fraction(0)) + Fraction(report.fee) * Fraction(self.rate(fee_asset))
        self.models[account].trade(instrument, side.sign * qty, price)
        self.models[account].pay(fee_asset, report.fee)

    def book(self, account: str, report: FillReport, booking: dict[str, Any], *, new: bool) -> None:
        assert self.ledger.has_fill(account, report) is not new
        assert self.ledger.book_fill(account, report, **booking) is new
        if new:
            base = instrument_of(account, report.symbol).base_qty(report.qty, report.price)
            self.journal.fill(account, report, base_qty=base, **booking)
            self.journal.flush()

    @precondition(lambda self: self.said)
    @rule(data=st.data())
    def told_again(self, data: st.DataObject) -> None:
        """Any fill so far, however long ago, by then perhaps known to the journal alone."""
        account, (report, booking) = data.draw(st.sampled_from(self.said))
        self.book(account, report, booking, new=False)

    @rule(account=accounts, symbol=st.sampled_from(PERPS), cost=st.integers(-500, 500), asset=st.sampled_from(ASSETS))
    def funded(self, account: str, symbol: str, cost: int, asset: str) -> None:
        paid = payment(f"p{self.now()}", symbol, D(cost) / 1_000, asset, self.ts)
        rate = self.rate(asset)
        assert self.ledger.book_funding(account, paid, rate)
        assert not self.ledger.book_funding(account, paid, rate)
        self.journal.funding(account, paid, rate)
        self.models[account].pay(asset, paid.cost)
        key = (account, symbol, "")
        self.funding[key] = self.funding.get(key, Fraction(0)) + Fraction(paid.cost) * Fraction(rate)

    @rule(
        account=accounts,
        kind=st.sampled_from(TransferKind),
        asset=st.sampled_from(ASSETS),
        amount=st.integers(1, 10**6),
    )
    def money_moves(self, account: str, kind: TransferKind, asset: str, amount: int) -> None:
        moved = transfer(f"m{self.now()}", kind, asset, D(amount) / 1_000, self.ts)
        rate = self.rate(asset)
        assert self.ledger.book_transfer(account, moved, rate)
        assert not self.ledger.book_transfer(account, moved, rate)
        self.journal.transfer(account, moved, rate)
        self.models[account].pay(asset, -moved.signed)

    @rule(account=accounts, symbol=st.sampled_from(SYMBOLS), move=moves)
    def market_moves(self, account: str, symbol: str, move: Decimal) -> None:
        self.marks[(account, symbol)] = (self.mark(account, symbol) * move).quantize(D("1e-6"))

    @rule(asset=st.sampled_from(ASSETS), move=moves)
    def coin_moves(self, asset: str, move: Decimal) -> None:
        self.rates[asset] = (self.rate(asset) * move).quantize(D("1e-6"))

    @rule()
    def desk_dies(self) -> None:
        """The next ledger is made of the journal alone, and goes on."""
        self.ledger = self.replayed()

    def replayed(self) -> Ledger:
        self.journal.flush()
        reader = self.journal.reader()
        ledger = Ledger(instrument_of, seen_before=reader.has_fill, remember=4)
        restore_ledger(ledger, reader)
        return ledger

    # -- what must hold

    @invariant()
    def positions_are_the_sums_of_fills(self) -> None:
        for account in ACCOUNTS:
            for symbol in SYMBOLS:
                parts = {loop: self.held.get((account, symbol, loop), Fraction(0)) for loop in LOOPS}
                for loop, qty in parts.items():
                    assert Fraction(self.ledger.position(account, symbol, loop)) == qty
                assert Fraction(self.ledger.position(account, symbol)) == sum(parts.values())

    @invariant()
    def fees_and_funding_are_what_was_paid(self) -> None:
        for account in ACCOUNTS:
            wear = self.wear(self.ledger, Scope.ACCOUNT, account)
            assert Fraction(wear.fees_usd) == sum(v for k, v in self.fees.items() if k[0] == account)
            paid = sum((v for k, v in self.funding.items() if k[0] == account), Fraction(0))
            assert abs(Fraction(wear.funding_usd) - paid) < Fraction(TINY)
        for loop in LOOPS[1:]:
            wear = self.wear(self.ledger, Scope.LOOP, loop)
            assert Fraction(wear.fees_usd) == sum(v for k, v in self.fees.items() if k[2] == loop)

    @invariant()
    def the_parts_are_the_whole(self) -> None:
        """Loops and foreign parts together cost what the accounts did."""
        whole = [self.wear(self.ledger, Scope.ACCOUNT, account) for account in ACCOUNTS]
        parts = [self.wear(self.ledger, Scope.LOOP, loop) for loop in LOOPS[1:]]
        parts += [self.wear(self.ledger, Scope.FOREIGN, account) for account in ACCOUNTS]
        for field in ("fees_usd", "trade_usd", "funding_usd"):
            gap = sum((getattr(w, field) for w in whole), D(0)) - sum((getattr(p, field) for p in parts), D(0))
            assert abs(gap) < TINY, field
        total = self.wear(self.ledger, Scope.TOTAL, "")
        assert abs(total.wear_usd - sum((p.wear_usd for p in parts[:2]), D(0))) < TINY

    @invariant()
    def nothing_is_unexplained(self) -> None:
        for account, model in self.models.items():
            if not self.ledger.opened(account):
                continue
            marks = {symbol: self.mark(account, symbol) for symbol in SYMBOLS}
            equity = model.equity(marks, self.rates)
            gap = self.ledger.unexplained(account, equity, self.mark, self.rate)
            assert gap is not None
            assert abs(gap) < D("1e-6"), gap
            for asset, amount in model.cash.items():
                assert abs(Fraction(self.ledger.cash(account).get(asset, D(0))) - amount) < Fraction(1, 10**12), asset

    @rule()
    def the_journal_tells_the_same(self) -> None:
        again = self.replayed()
        for account in ACCOUNTS:
            assert again.cash(account) == self.ledger.cash(account)
            for symbol in SYMBOLS:
                for loop in (*LOOPS, None):
                    assert again.position(account, symbol, loop) == self.ledger.position(account, symbol, loop)
                    assert again.entry(account, symbol, loop) == self.ledger.entry(account, symbol, loop)
        for scope, names in ((Scope.ACCOUNT, ACCOUNTS), (Scope.FOREIGN, ACCOUNTS), (Scope.LOOP, LOOPS[1:])):
            for name in names:
                assert self.wear(again, scope, name) == self.wear(self.ledger, scope, name)
        assert again.days() == self.ledger.days()

    def wear(self, ledger: Ledger, scope: Scope, name: str) -> Wear:
        return ledger.wear(scope, name, self.mark, self.rate)


LedgerMachine.TestCase.settings = tries(50, steps=25)
TestLedger = LedgerMachine.TestCase
