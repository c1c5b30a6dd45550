"""Paper, rehearsal, live: the word and the ink of each, wherever an account or a loop is named."""

from __future__ import annotations

from cockpit.link.store import Store
from widgets.paint import Cell, cell
from widgets.words import word

INKS = {"paper": "paper", "rehearsal": "rehearsal", "live": "live"}


def mode_ink(mode: str) -> str:
    """Ink of a mode; what is none of them (`mixed`) is a danger."""
    return INKS.get(mode, "crit")


def mode_name(mode: str) -> str:
    """The word that stands before a name, in capitals where the language has them."""
    return word("mode", mode).upper()


def modes_shown(store: Store) -> list[str]:
    """What kinds of accounts there are, money first."""
    found = {account.mode.value for account in store.accounts.values()}
    return [mode for mode in ("live", "rehearsal", "paper") if mode in found]


def modes_by_name(store: Store) -> str:
    """Each account's mode in one text: what rows that mark them are built from beside their own."""
    return ",".join(f"{account.name} {account.mode.value}" for account in store.accounts.values())


def account_cell(store: Store, name: str, ink: str = "text") -> Cell:
    """An account's name, its mode before it; the header says it for all where every account is on paper."""
    account = store.accounts.get(name)
    if account is None or modes_shown(store) == ["paper"]:
        return cell(name, ink)
    return ((f"{mode_name(account.mode.value)} ", mode_ink(account.mode.value)), (name, ink))


def loop_cell(store: Store, name: str, ink: str = "text") -> Cell:
    """A loop's name in the same way."""
    loop = store.loops.get(name)
    if loop is None or modes_shown(store) == ["paper"]:
        return cell(name, ink)
    return ((f"{mode_name(loop.mode)} ", mode_ink(loop.mode)), (name, ink))


def pair_cell(store: Store, a: str, b: str) -> Cell:
    """Maker and taker with one mark for both; accounts of two kinds are `MIXED`, and each has its own ink."""
    pair: Cell = ((a, "text"), (" › ", "dim"), (b, "text"))
    rows = [store.accounts[name] for name in (a, b) if name in store.accounts]
    if not rows or modes_shown(store) == ["paper"]:
        return pair
    modes = list(dict.fromkeys(row.mode.value for row in rows))
    if len(modes) == 1:
        return ((f"{mode_name(modes[0])} ", mode_ink(modes[0])), *pair)
    inks = [mode_ink(row.mode.value) for row in rows]
    return ((f"{mode_name('mixed')} ", mode_ink("mixed")), (a, inks[0]), (" › ", "dim"), (b, inks[-1]))
