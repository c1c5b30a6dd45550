"""A dialog that lists what would be closed, and a chord that confirms it: flatten, and reduce by a part."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Button

from cockpit.actions.keys import keys_of
from cockpit.actions.registry import BY_ID
from cockpit.link.rows import PositionRow
from cockpit.screens.chord import QUIET_S, Chord
from cockpit.screens.dialog import Dialog, Press
from cockpit.screens.legs import closable, meant
from widgets import format as fmt
from widgets.columns import Column, Row
from widgets.grid import Grid
from widgets.i18n import N_, _, plural
from widgets.paint import Cell, cell
from widgets.panel import View
from widgets.positions import HEALTH
from widgets.prose import Prose
from widgets.words import word

BOX_WIDTH, FRAME_WIDTH, FRAME_HEIGHT = 92, 4, 3
"""Of the box in columns; what border and padding take; border and buttons in lines."""
LEAST_LEGS, HEAD_AND_LEG = 4, 2
"""Lines of the list that leave room for all words, and those below which the sums go too."""
NAVIGATION = frozenset(
    ("tab", "shift+tab", "up", "down", "left", "right", "pageup", "pagedown", "home", "end", "enter")
)
"""Keys that do not cancel, beside those of the chord. Every other one does."""


class ChordDialog(Dialog[str]):
    """Returns the choice once the chord is complete; None otherwise. A subclass says what is chosen from, what becomes
    of each leg, and what would be left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("left", "app.focus_previous", "previous"),
        ("right", "app.focus_next", "next"),
        ("up", "scroll_legs(-1)", "up"),
        ("down", "scroll_legs(1)", "down"),
        ("pageup", "scroll_legs(-8)", "page up"),
        ("pagedown", "scroll_legs(8)", "page down"),
    ]
    ACTION: ClassVar[str] = ""
    """Id of the action whose keys are the chord."""
    WHAT: ClassVar[str] = ""
    """The line above the legs."""
    ONCE_MORE: ClassVar[str] = ""
    """What the chord does, with `{left}` seconds to go."""

    def __init__(self, choice: str, accounts: Sequence[str] = ()) -> None:
        """`accounts`: those that are meant; none for all."""
        super().__init__()
        self.chord = Chord()
        self.choice = choice
        self.accounts = tuple(accounts)
        self.legs = Grid(
            (
                Column(N_("account"), 8, left=True),
                Column(N_("market"), 8, left=True),
                Column(N_("qty"), 8, keep=2),
                Column(N_("base qty"), 8),
                Column(N_("notional USD"), 12, keep=1),
                Column(N_("closes"), 16, left=True),
            ),
            empty=(N_("No position is known: orders are cancelled,"), N_("loops halted, and every venue is asked.")),
            id="legs",
        )
        self.legs.can_focus = False
        self.what = Prose((cell(_(self.WHAT), "dim"),), id="what")
        self.remain = Prose(id="remain")
        self.status = Prose(((),), id="status")
        self._word = ""

    # -- what a subclass says

    def choices(self) -> dict[str, str]:
        """Choice to its label, the names being ids of buttons."""
        return {}

    def fate(self, position: PositionRow) -> Cell:
        """What becomes of a leg that can be closed."""
        return ()

    def left_over(self) -> list[Cell]:
        """What would stay open, and what the choice means."""
        return []

    # -- content

    @property
    def key(self) -> str:
        """The chord's key, as it is written out."""
        return keys_of(BY_ID[self.ACTION]).split(",")[0]

    def content(self) -> ComposeResult:
        yield self.what
        yield self.legs
        yield self.remain
        with Horizontal(id="buttons"):
            yield Press(_("Cancel"), id="cancel")
            for name, label in self._labels().items():
                yield Press(label, id=name)
        yield self.status

    def _labels(self) -> dict[str, str]:
        return {name: f"{'●' if name == self.choice else '○'} {label}" for name, label in self.choices().items()}

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
        """The chord's key again, while this is open."""
        verdict = self.chord.stroke(self.cockpit.clock.monotonic_ns())
        self._word = {
            "early": _("too soon: let go, wait, then {key} once").format(key=self.key),
            "held": _("a held key confirms nothing: let go, wait, then {key} once").format(key=self.key),
        }.get(verdict, "")
        if verdict == "maybe":
            self.cockpit.after(QUIET_S, self._settle)
        self._paint_status()

    def _settle(self) -> None:
        if self.chord.settle() and self.is_attached:
            self.dismiss(self.choice)

    def on_key(self, event: events.Key) -> None:
        if event.key not in NAVIGATION:
            event.stop()
            self.dismiss(None)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        name = event.button.id or "cancel"
        if name == "cancel":
            self.dismiss(None)
            return
        self.choice = name
        for each, label in self._labels().items():
            self.query_one(f"#{each}", Button).label = label
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
        positions = meant(store, self.accounts)
        accounts = [row for row in store.accounts.values() if not self.accounts or row.name in self.accounts]
        self.legs.show([self._leg(position) for position in positions])
        total = sum((abs(p.base_qty * p.mark) for p in positions), Decimal(0))
        orders = sum(account.open_orders for account in accounts)
        on = _("on {some} of {all} accounts").format(some=len({p.account for p in positions}), all=len(store.accounts))
        lines: list[Cell] = [
            (
                (plural("{count} leg", "{count} legs", len(positions)).format(count=len(positions)), "bright"),
                (f" {on}, ", "dim"),
                (_("{usd} USD gross").format(usd=fmt.usd(total)), "bright"),
                (", ", "dim"),
                (plural("{count} open order", "{count} open orders", orders).format(count=orders), "bright"),
            )
        ]
        for account in accounts:
            if account.health.value != "live":
                sign, ink = HEALTH[account.health]
                words = {
                    "down": _("cannot be reached"),
                    "suspect": _("cancels only, until it is named on the command line"),
                }
                lines.append(
                    (
                        (f"{sign} {account.name} {word('health', account.health.value).upper()}: ", ink),
                        (words.get(account.health, _("data is old")), "warn"),
                    )
                )
        self.remain.show([*lines, *self.left_over()])
        self._fit()

    def _fit(self) -> None:
        """A box as high as what it holds; in a low window the legs scroll, and buttons and chord stay in sight."""
        inner = min(BOX_WIDTH, self.app.size.width) - FRAME_WIDTH
        what, *words = (prose.lines_at(inner) for prose in (self.what, self.remain, self.status))
        needed = sum(words) + FRAME_HEIGHT
        room = self.app.size.height - self.query_one("#top").size.height - self.keybar.size.height
        self.what.display = needed + what + LEAST_LEGS <= room
        self.remain.display = needed + HEAD_AND_LEG <= room
        legs = max(len(self.legs.rows) + 1, LEAST_LEGS)
        self.query_one("#dialog").styles.height = legs + needed + (what if self.what.display else 0)

    def on_resize(self, _event: events.Resize) -> None:
        self._fit()

    def open_line(self, coin: str, base: Decimal) -> Cell:
        """What stays open of a coin."""
        mark = next((p.mark for p in self.cockpit.link.store.positions.values() if p.base == coin), Decimal(0))
        net = f"{fmt.qty(base, signed=True)} {coin} ({fmt.usd(base * mark, signed=True)} USD)"
        stays = _("{coin} would stay open, net").format(coin=coin)
        return ((f"  {stays} ", "warn"), (net, "crit" if base else "text"))

    def _leg(self, position: PositionRow) -> Row:
        account = self.cockpit.link.store.accounts.get(position.account)
        side = fmt.tone(position.base_qty)
        if closable(account):
            fate = self.fate(position)
        else:
            fate = cell(f"✗ {word('health', account.health.value if account else 'unknown')}", "crit")
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
            line = cell(f" {_('Too late for {key}: press esc and start again.').format(key=self.key)}", "warn")
        elif self._word:
            line = cell(f" {self._word}", "warn")
        else:
            once_more = _(self.ONCE_MORE).format(left=f"{self.chord.left_ns(now) / 1e9:.0f}")
            line = ((f" {self.key} ", "badge-crit"), (f" {once_more}", "bright"))
        self.status.show((line,))
