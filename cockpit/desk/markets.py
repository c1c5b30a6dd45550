"""What the desk knows of each market, as each account's connection shows it."""

from __future__ import annotations

from decimal import Decimal

from venues.model import NS_PER_S, BookUpdate, FundingRate, Instrument, Side

ONE = Decimal(1)
TWO = Decimal(2)
ZERO = Decimal(0)
BPS = Decimal(10_000)

USD_LIKE = frozenset({"USD", "USDT", "USDC", "USDE", "BUSD", "FDUSD", "USDB"})
"""Assets booked at one dollar. A depeg watch is another matter."""


class Market:
    """One symbol as one account sees it."""

    __slots__ = (
        "_ask",
        "_bid",
        "_known_tolerance",
        "_mid",
        "_tolerance",
        "account",
        "book",
        "funding",
        "instrument",
        "mark",
        "ts",
        "ts_touch",
    )

    def __init__(self, account: str, instrument: Instrument) -> None:
        self.account = account
        self.instrument = instrument
        self.book: BookUpdate | None = None
        """Newest levels; None while there is no sound book (none yet, one side empty, crossed)."""
        self.ts = 0
        """When market data last came, ns by our clock."""
        self.ts_touch = 0
        """When the best price of either side last changed, ns."""
        self.mark: Decimal | None = None
        self.funding: FundingRate | None = None
        # Reckoned once for each touch, when first asked for.
        self._bid: Decimal | None = None
        self._ask: Decimal | None = None
        self._mid: Decimal | None = None
        self._tolerance: Decimal | None = None
        # Outlives a lost market: dust must not turn into exposure because a venue is away.
        least = max(instrument.lot, instrument.min_qty)
        self._known_tolerance = ZERO if instrument.inverse else instrument.base_qty(least, ONE)

    def on_book(self, update: BookUpdate, now: int) -> bool:
        """Take in an update; True where the touch moved or the book became sound or unsound."""
        before = self.book
        self.ts = now
        sound = bool(update.bids) and bool(update.asks) and 0 < update.bids[0][0] < update.asks[0][0]
        self.book = update if sound else None
        if before is not None and sound and before.bids[0][0] == update.bids[0][0]:
            if before.asks[0][0] == update.asks[0][0]:
                return False
        elif before is None and not sound:
            return False
        self._bid = self._ask = self._mid = self._tolerance = None
        self.ts_touch = now
        return True

    def lost(self) -> None:
        """The connection went: what was known is no longer to be traded on."""
        self.book = None
        self._bid = self._ask = self._mid = self._tolerance = None

    @property
    def bid(self) -> Decimal | None:
        if self._bid is None and self.book is not None:
            self._bid = self.instrument.ticks_to_price(self.book.bids[0][0])
        return self._bid

    @property
    def ask(self) -> Decimal | None:
        if self._ask is None and self.book is not None:
            self._ask = self.instrument.ticks_to_price(self.book.asks[0][0])
        return self._ask

    @property
    def mid(self) -> Decimal | None:
        if self._mid is None:
            bid, ask = self.bid, self.ask
            if bid is not None and ask is not None:
                self._mid = (bid + ask) / TWO
        return self._mid

    @property
    def value(self) -> Decimal | None:
        """What a position is marked at: the mid, else the venue's mark, else nothing."""
        mid = self.mid
        return mid if mid is not None else self.mark

    @property
    def tolerance(self) -> Decimal:
        """Base coin under which nothing can be traded here, at the present value; while there is none at the last that
        was known, and before any by lot and minimum quantity alone (of an inverse market 0)."""
        if self._tolerance is not None:
            return self._tolerance
        value = self.value
        if value is None:
            return self._known_tolerance
        tolerance = self._known_tolerance = self.instrument.tolerance_base(value)
        if self._mid is not None:
            # Of a mark it is not kept: that moves without a touch.
            self._tolerance = tolerance
        return tolerance

    def age(self, now: int) -> float:
        """Seconds since data last came; infinite for never."""
        return (now - self.ts) / NS_PER_S if self.ts else float("inf")

    def touch(self, side: Side) -> Decimal | None:
        """The price that an order of `side` would take: the ask for a buy."""
        return self.ask if side is Side.BUY else self.bid


class Markets:
    """All of them, by account and symbol."""

    def __init__(self) -> None:
        self._by_key: dict[tuple[str, str], Market] = {}

    def add(self, account: str, instrument: Instrument) -> Market:
        key = (account, instrument.symbol)
        if key not in self._by_key:
            self._by_key[key] = Market(account, instrument)
        return self._by_key[key]

    def get(self, account: str, symbol: str) -> Market | None:
        return self._by_key.get((account, symbol))

    def of(self, account: str, symbol: str) -> Market:
        """Raises `KeyError` where the account has no such market."""
        return self._by_key[(account, symbol)]

    def all(self) -> tuple[Market, ...]:
        return tuple(self._by_key.values())

    def instruments(self, account: str) -> dict[str, Instrument]:
        """Symbol to instrument of an account, as known."""
        return {symbol: market.instrument for (name, symbol), market in self._by_key.items() if name == account}

    def value(self, account: str, symbol: str) -> Decimal | None:
        market = self._by_key.get((account, symbol))
        return None if market is None else market.value

    def usd_rate(self, account: str, asset: str) -> Decimal | None:
        """USD for one unit of `asset`: 1 for dollars, else the mid of the coin on this account, else on any."""
        if asset in USD_LIKE:
            return ONE
        found = None
        for market in self._by_key.values():
            if market.instrument.base == asset:
                found = market.value if market.value is not None else found
                if market.account == account and market.value is not None:
                    return market.value
        return found


def bounded_price(market: Market, side: Side, touch: Decimal, slippage_bps: Decimal) -> Decimal:
    """The limit of an order that takes: the touch, worsened by the bound, on a whole tick within it."""
    worst = touch * (1 + side.sign * slippage_bps / BPS)
    return market.instrument.round_price(worst, up=side is Side.SELL)


def tradable_qty(market: Market, base: Decimal, price: Decimal) -> Decimal:
    """Whole lots nearest to `base` coins, venue units; 0 where that is too little for the venue."""
    instrument = market.instrument
    exact = instrument.qty_from_base(base, price)
    qty = instrument.round_qty(exact, nearest=True)
    if qty >= instrument.min_qty and instrument.notional(qty, price) >= instrument.min_notional:
        return qty
    if exact < instrument.min_qty or instrument.notional(exact, price) < instrument.min_notional:
        return ZERO
    # Enough, but for the rounding: one lot more is nearer to it than nothing.
    return qty + instrument.lot
