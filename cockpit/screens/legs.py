"""Which legs an emergency can close, and what it leaves open, as far as the screen knows; the desk decides by the
venues' word."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from decimal import Decimal

from cockpit.link.rows import AccountRow, PositionRow
from cockpit.link.store import Store


def closable(account: AccountRow | None) -> bool:
    """Whether closes can go to the account now: SUSPECT ones get cancels only."""
    return account is not None and account.health.value not in ("down", "suspect")


def partners(store: Store, stuck: PositionRow) -> list[PositionRow]:
    """Legs that balance one that cannot be closed: of the loops that trade it, else the opposite ones in its coin."""
    linked = {
        account
        for loop in store.loops.values()
        if loop.base == stuck.base and any(account == stuck.account for _leg, account, _symbol in loop.legs)
        for _leg, account, _symbol in loop.legs
    } - {stuck.account}
    open_ones = [
        p for p in store.positions.values() if p.base == stuck.base and closable(store.accounts.get(p.account))
    ]
    by_loop = [p for p in open_ones if p.account in linked]
    return by_loop or [p for p in open_ones if p.base_qty * stuck.base_qty < 0]


def meant(store: Store, accounts: Collection[str]) -> list[PositionRow]:
    """Open positions of these accounts, of all where none is named, in a fixed order."""
    rows = sorted(store.positions.values(), key=lambda row: row.key)
    return [row for row in rows if row.qty and (not accounts or row.account in accounts)]


def kept_partners(store: Store, scope: str, accounts: Collection[str] = ()) -> dict[str, PositionRow]:
    """Legs that are kept since what they balance cannot be closed; none where `all` is to be closed."""
    stuck = [row for row in meant(store, accounts) if not closable(store.accounts.get(row.account))]
    return {p.key: p for row in stuck for p in partners(store, row)} if scope == "pairs" else {}


def remaining(store: Store, scope: str, accounts: Collection[str] = ()) -> dict[str, Decimal]:
    """Coin → signed base that would stay open after a flatten; where accounts are named, with what the others hold of
    the same coins."""
    left: defaultdict[str, Decimal] = defaultdict(Decimal)
    kept = kept_partners(store, scope, accounts)
    kept.update((p.key, p) for p in meant(store, accounts) if not closable(store.accounts.get(p.account)))
    if accounts:
        coins = {row.base for row in meant(store, accounts)}
        kept.update((p.key, p) for p in meant(store, ()) if p.base in coins and p.account not in accounts)
    for position in kept.values():
        left[position.base] += position.base_qty
    return dict(left)
