"""The emergency: what a flatten would close, what it could not, and the chord that confirms it."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Button

from cockpit.link.rows import AccountRow, PositionRow
from cockpit.link.store import Store
from cockpit.screens.chord import QUIET_S, Chord
from cockpit.screens.dialog import Dialog, Press
from widgets import format as fmt
from widgets.columns import Column, Row
from widgets.grid import Grid
from widgets.lines import Lines
from widgets.paint import Cell, cell
from widgets.panel import View
from widgets.positions import HEALTH

NAVIGATION = frozenset(
    ("tab", "shift+tab", "up", "down", "left", "right", "pageup", "pagedown", "home", "end", "enter", "ctrl+x")
)
"""Keys that do not cancel. Every other one does."""
SCOPES = {
    "pairs": "where a venue cannot be closed, its partner leg is kept too",
    "all": "close every leg that can be closed",
}


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


def remaining(store: Store, scope: str) -> dict[str, Decimal]:
    """Coin → signed base that would stay open, as far as the screen knows; the desk decides by the venues' word."""
    left: defaultdict[str, Decimal] = defaultdict(Decimal)
    kept: dict[str, PositionRow] = {}
    for position in store.positions.values():
        if position.qty and not closable(store.accounts.get(position.account)):
            kept[position.key] = position
            if scope == "pairs":
                kept.update((partner.key, partner) for partner in partners(store, position))
    for position in kept.values():
        left[position.base] += position.base_qty
    return dict(left)


class FlattenDialog(Dialog[str]):
    """Returns the scope, `pairs` or `all`, once the chord is complete; None otherwise."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("left", "app.focus_previous", "previous"),
        ("right", "app.focus_next", "next"),
        ("up", "scroll_legs(-1)", "up"),
        ("down", "scroll_legs(1)", "down"),
        ("pageup", "scroll_legs(-8)", "page up"),
        ("pagedown", "scroll_legs(8)", "page down"),
    ]
    HINTS: ClassVar[tuple[str, ...]] = ("flatten", "cancel")
    TITLE_TEXT: ClassVar[str] = "FLATTEN ALL ACCOUNTS"

    def __init__(self) -> None:
        super().__init__()
        self.chord = Chord()
        self.scope = "pairs"
        self.legs = Grid(
            (
                Column("account", 8, left=True),
                Column("market", 8, left=True),
                Column("qty", 8),
                Column("base qty", 8),
                Column("notional USD", 12),
                Column("closes", 16, left=True),
            ),
            empty=("No position is known: orders are cancelled,", "loops halted, and every venue is asked."),
            id="legs",
        )
        self.legs.can_focus = False
        self.remain = Lines(id="remain")
        self.status = Lines(((),), id="status")
        self._word = ""

    def content(self) -> ComposeResult:
        yield Lines(
            (cell("Halts loops, cancels orders, closes reduce-only until every venue is flat.", "dim"),),
            id="what",
        )
        yield self.legs
        yield self.remain
        with Horizontal(id="buttons"):
            yield Press("Cancel", id="cancel")
            yield Press("● pairs", id="pairs")
            yield Press("○ all", id="all")
        yield self.status

    def on_mount(self) -> None:
        super().on_mount()
        self._paint_body()
        self.call_after_refresh(self._painted)

    def _painted(self) -> None:
        self.chord.painted(self.cockpit.clock.monotonic_ns())
        self._word = ""
        self._paint_status()

    # -- keys

    def stroke(self) -> None:
        """Another ctrl+x, while this is open."""
        verdict = self.chord.stroke(self.cockpit.clock.monotonic_ns())
        self._word = {
            "early": "too soon: let go, wait, then ctrl+x once",
            "held": "a held key confirms nothing: let go, wait, then ctrl+x once",
        }.get(verdict, "")
        if verdict == "maybe":
            self.cockpit.after(QUIET_S, self._settle)
        self._paint_status()

    def _settle(self) -> None:
        if self.chord.settle() and self.is_attached:
            self.dismiss(self.scope)

    def on_key(self, event: events.Key) -> None:
        if event.key not in NAVIGATION:
            event.stop()
            self.dismiss(None)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        name = event.button.id or "cancel"
        if name == "cancel":
            self.dismiss(None)
            return
        self.scope = name
        for scope in SCOPES:
            self.query_one(f"#{scope}", Button).label = f"{'●' if scope == name else '○'} {scope}"
        self._paint_body()
        if not self.chord.late(self.cockpit.clock.monotonic_ns()):
            self.call_after_refresh(self._painted)

    def action_scroll_legs(self, lines: int) -> None:
        self.legs.move(lines)

    # -- paint

    def paint(self, view: View, dirty: frozenset[str], *, paused: bool) -> None:
        super().paint(view, dirty, paused=paused)
        if dirty & {"accounts", "positions", "loops"}:
            self._paint_body()
        self._paint_status()

    def _paint_body(self) -> None:
        store = self.cockpit.link.store
        rows = []
        total = Decimal(0)
        kept = {
            partner.key
            for position in store.positions.values()
            if position.qty and not closable(store.accounts.get(position.account)) and self.scope == "pairs"
            for partner in partners(store, position)
        }
        for position in sorted(store.positions.values(), key=lambda p: p.key):
            if position.qty:
                total += abs(position.base_qty * position.mark)
                rows.append(self._leg(store, position, position.key in kept))
        self.legs.show(rows)
        orders = sum(account.open_orders for account in store.accounts.values())
        lines: list[Cell] = [
            (
                (f"{len(rows)} leg{'' if len(rows) == 1 else 's'} ", "bright"),
                (f"on {len({row.key.split('/')[0] for row in rows})} of {len(store.accounts)} accounts, ", "dim"),
                (fmt.usd(total), "bright"),
                (" USD gross, ", "dim"),
                (str(orders), "bright"),
                (" open order" if orders == 1 else " open orders", "dim"),
            )
        ]
        for account in store.accounts.values():
            if account.health.value != "live":
                sign, ink = HEALTH[account.health]
                words = {"down": "cannot be reached", "suspect": "cancels only, until it is named on the command line"}
                lines.append(
                    (
                        (f"{sign} {account.name} {account.health.upper()}: ", ink),
                        (words.get(account.health, "data is old"), "warn"),
                    )
                )
        for coin, base in remaining(store, self.scope).items():
            mark = next((p.mark for p in store.positions.values() if p.base == coin), Decimal(0))
            net = f"{fmt.qty(base, signed=True)} {coin} ({fmt.usd(base * mark, signed=True)} USD)"
            lines.append(((f"  {coin} would stay open, net ", "warn"), (net, "crit" if base else "text")))
        lines.append(((f"{self.scope}: ", "accent"), (SCOPES[self.scope], "dim")))
        self.remain.show(lines)

    def _leg(self, store: Store, position: PositionRow, partner: bool) -> Row:
        account = store.accounts.get(position.account)
        side = fmt.tone(position.base_qty)
        if not closable(account):
            fate = cell(f"✗ {account.health if account else 'unknown'}", "crit")
        elif partner:
            fate = cell("‖ kept as partner", "warn")
        elif position.foreign_qty:
            fate = cell("✓ foreign too", "warn")
        else:
            fate = cell("✓ reduce-only", "dim")
        return Row(
            position.key,
            (
                cell(position.account),
                cell(position.symbol, "bright"),
                cell(fmt.qty(position.qty, signed=True), side),
                cell(fmt.qty(position.base_qty, signed=True), side),
                cell(fmt.usd(position.base_qty * position.mark, signed=True)),
                fate,
            ),
        )

    def _paint_status(self) -> None:
        now = self.cockpit.clock.monotonic_ns()
        if self.chord.late(now):
            line = cell(" Too late for ctrl+x: press esc and start again.", "warn")
        elif self._word:
            line = cell(f" {self._word}", "warn")
        else:
            line = (
                (" ctrl+x ", "badge-crit"),
                (f" once more flattens · {self.chord.left_ns(now) / 1e9:.0f} s left · any other key cancels", "bright"),
            )
        self.status.show((line,))
