"""What the desk's books hold, read from its journal beside it and never written: the second opinion on every position.

A venue's report alone may be wrong or rolled back, so no close is larger than these books allow. What has traded since
the journal was last written is added from the venue's own fills.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import msgspec

from cockpit.desk.ids import ATTEMPT_BITS, DESK_SLOT, SERIAL_BITS, OrderId
from cockpit.desk.journal_file import JournalError
from cockpit.desk.journal_read import JournalReader
from strategies.protocol import Role
from venues.model import NS_PER_S, Clock, FillReport, Instrument

ZERO = Decimal(0)
YEAR_2026_S = 1_767_225_600
"""2026-01-01 00:00 UTC, from which the numbers of our orders count seconds."""
NUMBERS = 1 << (SERIAL_BITS + ATTEMPT_BITS)

NOBODY = ""
"""Whose a position is that no loop of the desk opened."""


class BooksError(Exception):
    """The journal cannot be read; the text says why. Without it nothing is closed."""


class Books:
    """Positions by owner, as of the last `refresh` plus what `caught_up` was given since."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._seq = 0
        self._held: dict[tuple[str, str], dict[str, Decimal]] = {}
        self._late: dict[str, dict[tuple[str, str], dict[str, Decimal]]] = {}
        """Account to positions that only the venue's fills tell of."""
        self._slots: dict[tuple[int, int], str] = {}
        self._newest: dict[str, tuple[int, int]] = {}
        """Owner to the epoch and slot that its order ids get."""
        self._epoch = 0
        self._opened: set[str] = set()
        self._cursors: dict[str, str] = {}
        self._number = 0
        self.instruments: dict[str, dict[str, Instrument]] = {}
        """Account to its instruments as the desk last knew them."""

    # -- reading

    def refresh(self) -> None:
        """Read what the journal has gained. Raises `BooksError`; what was read before stays."""
        try:
            reader = JournalReader.open(str(self._path))
        except (JournalError, sqlite3.Error) as error:
            raise BooksError(str(error)) from None
        try:
            self._read(reader)
        except (sqlite3.Error, msgspec.MsgspecError, ArithmeticError) as error:
            raise BooksError(f"journal {self._path}: cannot be read: {error}") from None
        finally:
            reader.close()

    def _read(self, reader: JournalReader) -> None:
        for _seq, opening in reader.openings():
            if opening.account not in self._opened:
                self._opened.add(opening.account)
                for held in opening.positions:
                    _add(self._held, (opening.account, held.symbol), NOBODY, held.qty)
        for epoch, slot, loop in reader.slots():
            self._slots[(epoch, slot)] = loop
            self._newest[loop] = max(self._newest.get(loop, (0, 0)), (epoch, slot))
        self._epoch = reader.epoch()
        self._newest[NOBODY] = (self._epoch, DESK_SLOT)
        self._cursors = reader.cursors("fills")
        for account, text in reader.cursors("instruments").items():
            known = msgspec.json.decode(text, type=list[Instrument])
            self.instruments[account] = {instrument.symbol: instrument for instrument in known}
        for row in reader.trades_after(self._seq):
            _add(self._held, (row.account, row.symbol), row.loop, row.signed)
            self._seq = row.seq

    def caught_up(self, account: str, fills: Iterable[FillReport]) -> int:
        """Take the venue's fills after `cursor(account)`, all of them; those that the journal has count once. Returns
        how many it had not. Raises `BooksError`."""
        late: dict[tuple[str, str], dict[str, Decimal]] = {}
        count = 0
        try:
            reader = JournalReader.open(str(self._path))
        except (JournalError, sqlite3.Error) as error:
            raise BooksError(str(error)) from None
        try:
            for fill in fills:
                if not reader.has_fill(account, fill.symbol, fill.trade_id):
                    _add(late, (account, fill.symbol), self._owner_of(fill), fill.qty * fill.side.sign)
                    count += 1
        except sqlite3.Error as error:
            raise BooksError(f"journal {self._path}: cannot be read: {error}") from None
        finally:
            reader.close()
        self._late[account] = late
        return count

    def _owner_of(self, fill: FillReport) -> str:
        order_id = OrderId.parse(fill.client_order_id)
        if order_id is None or order_id.slot == DESK_SLOT:
            return NOBODY
        key = (order_id.epoch, order_id.slot)
        if key not in self._slots:
            # Launched so late that the journal does not have it: its own id names it well enough.
            self._slots[key] = f"{order_id.epoch}/{order_id.slot}"
            self._newest[self._slots[key]] = key
        return self._slots[key]

    # -- answers

    def opened(self, account: str) -> bool:
        """Whether the account has been reconciled at all: before that its fills mean nothing."""
        return account in self._opened

    def cursor(self, account: str) -> str:
        """Where the desk had read the venue's fills up to."""
        return self._cursors.get(account, "")

    def owners(self, account: str, symbol: str) -> dict[str, Decimal]:
        """Owner to signed position, venue units; loops first, in the order in which they first traded."""
        key = (account, symbol)
        out = dict(self._held.get(key, {}))
        for owner, qty in self._late.get(account, {}).get(key, {}).items():
            out[owner] = out.get(owner, ZERO) + qty
        nobody = out.pop(NOBODY, ZERO)
        return {owner: qty for owner, qty in {**out, NOBODY: nobody}.items() if qty}

    def position(self, account: str, symbol: str) -> Decimal:
        """Signed, of all owners together, venue units."""
        return sum(self.owners(account, symbol).values(), ZERO)

    def symbols(self, account: str) -> tuple[str, ...]:
        """Every market of the account in which something is held."""
        late = self._late.get(account, {})
        keys = dict.fromkeys((*(key for key in self._held if key[0] == account), *late))
        return tuple(symbol for _, symbol in keys if self.owners(account, symbol))

    def next_id(self, owner: str) -> OrderId:
        """An id for an order that closes what `owner` holds: the desk finds the owner in it, and the watchdog by the
        role. Its number is the second in which it was made, or one more than the last."""
        now = self._clock.now_ns() // NS_PER_S - YEAR_2026_S
        self._number = max(self._number + 1, now)
        serial, attempt = divmod(self._number % NUMBERS, 1 << ATTEMPT_BITS)
        epoch, slot = self._newest.get(owner, (self._epoch, DESK_SLOT))
        return OrderId(epoch, slot, Role.WATCHDOG, serial, attempt)


def _add(held: dict[tuple[str, str], dict[str, Decimal]], key: tuple[str, str], owner: str, qty: Decimal) -> None:
    owners = held.setdefault(key, {})
    owners[owner] = owners.get(owner, ZERO) + qty
