"""Going live: which accounts may trade real money, since when, and within which limits at first.

A live account is read-only until the operator has typed its name; that is journaled and survives a restart, but not
another venue or address under the same name. Its first session is small.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import msgspec

from cockpit.desk.accounts import Account, Ceiling
from cockpit.desk.booking import Booked
from cockpit.desk.refusals import LaunchError
from venues.model import NS_PER_S, Mode

if TYPE_CHECKING:
    from cockpit.desk.desk import Desk

D = Decimal
DAY_NS = 86_400 * NS_PER_S

WATCH_ONLY = "it is watched only; `cockpit live {name}` lets it trade"


class LiveRules(msgspec.Struct, frozen=True):
    """Limits of a live account's first session, USD. It ends with so many fills, or a day after the first of them."""

    first_order_usd: Decimal = D(500)
    first_position_usd: Decimal = D(2_000)
    first_leverage: Decimal = D(2)
    first_fills: int = 20
    rehearsal_fills: int = 1
    """Fills on a venue's own books, on paper, before real orders may go there."""
    max_leverage: dict[str, Decimal] = {}
    """Account to the limit of its own, at all times."""
    open: frozenset[str] = frozenset()
    """Accounts that need no grant: those on a testnet or a server of one's own."""


class Grant(msgspec.Struct, frozen=True):
    """The operator's word that an account may trade, as it is journaled."""

    place: str
    """What it was given for: venue and address."""
    ts: int
    by: str
    lifted: bool = False
    """The limits of the first session were lifted by hand."""


@runtime_checkable
class Gated(Protocol):
    """A venue that is connected read-only, or to trade."""

    read_only: bool
    """Takes effect with the next `connect`."""

    @property
    def endpoint(self) -> str:
        """The address it is at, where that is not the venue's own."""
        ...


class Session(msgspec.Struct):
    """A live account's first fills since it was let trade."""

    fills: int = 0
    first_ts: int = 0


class GoingLive:
    """The grants of all live accounts."""

    def __init__(self, desk: Desk, rules: LiveRules) -> None:
        self._desk = desk
        self.rules = rules
        self._grants: dict[str, Grant] = {}
        self._sessions: dict[str, Session] = {}
        desk.booking.on_booked.append(self._booked)

    # -- what stands

    def restore(self) -> None:
        """Read the grants back, before anything is connected; what has none is read-only."""
        desk = self._desk
        reader = desk.journal.reader()
        for account in desk.accounts.values():
            venue = account.venue
            if venue.mode is not Mode.PAPER:
                # a name without a mode is on paper, as all were before there were others
                desk.journal.cursor(account.name, "mode", f"{venue.mode} {self._place(account)}")
            if venue.mode is not Mode.LIVE:
                continue
            text = reader.cursor(account.name, "live")
            grant = msgspec.json.decode(text, type=Grant) if text else None
            if grant is not None and grant.place != self._place(account):
                words = f"{account.name} was let trade on {grant.place} and is now on {self._place(account)}: read-only"
                desk.alarms.say("warning", account.name, words)
                grant = None
            if grant is None and account.name in self.rules.open:
                grant = Grant(self._place(account), desk.clock.now_ns(), "config")
                self._write(account, grant)
            self._take(account, grant)
            if grant is not None:
                session = self._sessions[account.name]
                for fill in reader.fills(account=account.name, from_ts=grant.ts):
                    self._count(session, fill.loop, fill.ts_event)
            self._settle(account)

    def grant_of(self, account: Account) -> Grant | None:
        return self._grants.get(account.name)

    def words(self, account: Account) -> str:
        """What holds for a live account, for the operator; empty for any other, and for one without limits."""
        if account.venue.mode is not Mode.LIVE:
            return ""
        if account.read_only:
            return "read-only"
        if not self._first(account):
            return ""
        rules, session = self.rules, self._sessions[account.name]
        return (
            f"first session: order {rules.first_order_usd}, position {rules.first_position_usd} USD, "
            f"{rules.first_leverage}x, {session.fills}/{rules.first_fills} fills"
        )

    # -- the operator's word

    def grant(self, account: Account, *, typed: str, by: str, skip_rehearsal: bool = False) -> None:
        """Let a live account trade, on a connection made anew. Raises `LaunchError`; then nothing has happened."""
        name = account.name
        self._must_be_live(account)
        if typed != name:
            raise LaunchError(f"typed: {typed!r} is not the account's name; expected {name}, typed by you")
        if not account.read_only:
            raise LaunchError(f"account: {name} trades already; `cockpit live --off {name}` makes it read-only")
        if not account.up:
            raise LaunchError(f"account: {name} is down: {account.down_reason}; it must answer before it may trade")
        if account.suspect:
            raise LaunchError(f"account: {name} is suspect: {account.suspect}; `cockpit resume-account {name}` first")
        fills = self.rehearsed(account.venue.venue)
        if fills < self.rules.rehearsal_fills and not skip_rehearsal:
            raise LaunchError(
                f"rehearsal: {account.venue.venue} had {fills} fills in rehearsal, expected "
                f'{self.rules.rehearsal_fills}; run a loop on an account with mode = "rehearsal" there first, or '
                "say --skip-rehearsal"
            )
        grant = Grant(self._place(account), self._desk.clock.now_ns(), by)
        self._write(account, grant)
        self._take(account, grant)
        self._settle(account)
        skipped = ", without a rehearsal" if fills < self.rules.rehearsal_fills else ""
        self._desk.alarms.say(
            "warning", name, f"trades real money from now on, by {by}{skipped}; {self.words(account)}"
        )
        self._anew(account, "connecting to trade")

    def revoke(self, account: Account, *, by: str) -> None:
        """Make a live account read-only again. Raises `LaunchError` while a loop or an order of ours is there."""
        desk, name = self._desk, account.name
        self._must_be_live(account)
        if account.read_only:
            raise LaunchError(f"account: {name} is read-only already")
        using = [
            loop.id
            for loop in desk.loops.all.values()
            if not loop.state.ended and any(leg.account == name for leg in loop.legs.values())
        ]
        if using:
            raise LaunchError(f"account: {name} is traded by {', '.join(using)}; stop it first, or flatten")
        working = [order.id for order in desk.tracker.live() if order.account == name and not order.done]
        if working:
            raise LaunchError(f"account: {name} has orders at work ({', '.join(working[:3])}); flatten it first")
        desk.journal.cursor(name, "live", "")
        self._take(account, None)
        desk.alarms.say("warning", name, f"read-only from now on, by {by}")
        self._anew(account, "connecting to watch")

    def lift(self, account: Account, *, by: str) -> None:
        """End the limits of the first session. Raises `LaunchError`."""
        self._must_be_live(account)
        grant = self._grants.get(account.name)
        if grant is None:
            raise LaunchError(f"account: {account.name} is read-only; `cockpit live {account.name}` comes first")
        if not self._first(account):
            raise LaunchError(f"account: {account.name} has no first-session limits any more")
        lifted = msgspec.structs.replace(grant, lifted=True)
        self._write(account, lifted)
        self._grants[account.name] = lifted
        self._settle(account)
        self._desk.alarms.say("warning", account.name, f"the limits of its first session are lifted, by {by}")

    def rehearsed(self, venue: str) -> int:
        """Fills of loops on rehearsal accounts of a venue, as far as they are on disk."""
        reader = self._desk.journal.reader()
        names = [name for name, text in reader.cursors("mode").items() if text.split()[:2] == [Mode.REHEARSAL, venue]]
        return sum(1 for name in names for fill in reader.fills(account=name) if fill.loop)

    # -- inside

    def _must_be_live(self, account: Account) -> None:
        if account.venue.mode is not Mode.LIVE:
            raise LaunchError(f"account: {account.name} is a {account.venue.mode} account; only live ones trade money")

    def _place(self, account: Account) -> str:
        venue = account.venue
        endpoint = venue.endpoint if isinstance(venue, Gated) else ""
        return f"{venue.venue} {endpoint}".strip()

    def _write(self, account: Account, grant: Grant) -> None:
        self._desk.journal.cursor(account.name, "live", msgspec.json.encode(grant).decode())

    def _take(self, account: Account, grant: Grant | None) -> None:
        if isinstance(account.venue, Gated):
            account.venue.read_only = grant is None
        if grant is None:
            self._grants.pop(account.name, None)
            account.read_only = WATCH_ONLY.format(name=account.name)
        else:
            self._grants[account.name] = grant
            self._sessions[account.name] = Session()
            account.read_only = ""

    def _anew(self, account: Account, why: str) -> None:
        if isinstance(account.venue, Gated):
            self._desk.connecting.anew(account, why)

    def _booked(self, booked: Booked) -> None:
        session = self._sessions.get(booked.account)
        if session is None or booked.account not in self._grants:
            return
        account = self._desk.accounts[booked.account]
        was = self._first(account)
        self._count(session, booked.loop, booked.fill.ts_event)
        self._settle(account)
        if was and not self._first(account):
            self._desk.alarms.say("info", account.name, "its first session is over: the limits of the desk hold")

    def _count(self, session: Session, loop: str, ts: int) -> None:
        """Foreign fills teach nothing about our orders."""
        if loop:
            session.fills += 1
            session.first_ts = session.first_ts or ts

    def _first(self, account: Account) -> bool:
        """Whether the limits of the first session hold."""
        grant, session = self._grants.get(account.name), self._sessions.get(account.name)
        if grant is None or session is None or grant.lifted:
            return False
        if session.fills >= self.rules.first_fills:
            return False
        return not session.first_ts or self._desk.clock.now_ns() - session.first_ts < DAY_NS

    def step(self) -> None:
        """Called each second: a first session ends a day after its first fill."""
        for name in self._grants:
            self._settle(self._desk.accounts[name])

    def _settle(self, account: Account) -> None:
        """Set the limits that hold for the account now."""
        own = self.rules.max_leverage.get(account.name)
        if self._first(account):
            rules = self.rules
            times = rules.first_leverage if own is None else min(own, rules.first_leverage)
            words = f"its first session; `cockpit live --lift {account.name}` lifts it"
            account.ceiling = Ceiling(words, rules.first_order_usd, rules.first_position_usd, times)
        elif own is not None:
            account.ceiling = Ceiling("of the configuration", leverage=own)
        else:
            account.ceiling = None
