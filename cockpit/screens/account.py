"""One account: what it holds and how safe that is, what it has at work, what it traded, owns and was paid."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from textual.binding import BindingType

from cockpit.actions.registry import bindings
from cockpit.link.answers import AccountSheet
from cockpit.link.messages import ResumeAccount
from cockpit.screens.dialog import Choice, ChoiceDialog
from cockpit.screens.sheet import SheetScreen
from widgets.account_past import BalancesPanel, FillsPanel, PaidFundingPanel
from widgets.account_positions import AccountPositions
from widgets.account_summary import AccountSummary
from widgets.desk_words import said
from widgets.i18n import N_, _
from widgets.orders_of import OrdersOfPanel
from widgets.paint import cell
from widgets.panel import View


class AccountScreen(SheetScreen):
    """`subject` is the account's name."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("account")]
    AUTO_FOCUS: ClassVar[str | None] = "#held"
    NAMES: ClassVar[tuple[str, ...]] = (
        N_("account"), N_("positions"), N_("orders"), N_("fills"), N_("balances"), N_("funding"),
    )  # fmt: skip
    HINTS: ClassVar[tuple[str, ...]] = (
        "move", "subject", "account.drill", "account.flatten", "account.resume", "zoom", "filter", "flatten", "help",
        "back",
    )  # fmt: skip

    def __init__(self, subject: str = "") -> None:
        super().__init__(subject)
        self._question, sheet = self.told_by("account", AccountSheet)
        self.held = AccountPositions()
        self.orders = OrdersOfPanel(
            "account",
            title="[b]3[/b] " + N_("Open orders"),
            empty=(N_("No order rests."), N_("What is at work on this account stands here; o shows all orders.")),
            id="resting",
            open_only=True,
        )
        self.fills = FillsPanel(sheet)
        self.funding = PaidFundingPanel(sheet)
        self.order = (
            AccountSummary(sheet), self.held, self.orders, self.fills, BalancesPanel(sheet), self.funding,
        )  # fmt: skip

    def on_mount(self) -> None:
        self.held.moves = self.cockpit.moves

    def names(self) -> Sequence[str]:
        return list(self.cockpit.link.store.accounts)

    def state_of(self, view: View) -> Hashable:
        row = view.store.accounts.get(self.subject)
        held = tuple(p.qty for p in view.store.positions.values() if p.account == self.subject)
        return None if row is None else (row.state, row.health, row.note, row.open_orders, held)

    def ask(self) -> None:
        self._question.ask({"account": self.subject})

    # -- keys

    def action_drill(self) -> None:
        """Enter: the screen behind the row that is marked."""
        panel, store = self.focused_panel, self.cockpit.link.store
        if panel is self.orders:
            self.open_order(panel.selected)
        elif panel is self.fills:
            self.open_order(self.fills.order_of(panel.selected))
        elif panel is self.held and (position := store.positions.get(panel.selected)) is not None:
            self.cockpit.action_open("spreads", position.base)
        elif panel is self.funding and (rate := store.funding.get(f"{self.subject}/{panel.selected}")) is not None:
            self.cockpit.action_open("funding", rate.base)
        else:
            self.cockpit.say(_("nothing stands behind this"), "warning")

    def action_flatten_account(self) -> None:
        """The dialog of the emergency, with this account alone."""
        if self.subject in self.cockpit.link.store.accounts:
            self.cockpit.action_flatten_account(self.subject)
        else:
            self.cockpit.say(_("the desk knows no account {name}").format(name=self.subject or "–"), "warning")

    def action_resume_account(self) -> None:
        """Out of halted or suspect, on the operator's word."""
        row = self.cockpit.link.store.accounts.get(self.subject)
        if row is None:
            self.cockpit.say(_("the desk knows no account {name}").format(name=self.subject or "–"), "warning")
            return

        def chosen(answer: str | None) -> None:
            if answer:
                self.cockpit.command(ResumeAccount(row.name), _("{name} trades again").format(name=row.name))

        state = ((f"{row.name}: {row.health.value}, {row.state}", "text"),)
        why = (cell(said(row.note), "warn"),) if row.note else ()
        words = cell(_("Its venue is taken at its word again, and its loops may trade on it."))
        choice = Choice("resume", _("Resume it"), _("health and trading state"))
        self.app.push_screen(
            ChoiceDialog(_("Resume {name}").format(name=row.name), (state, *why, words), (choice,)), chosen
        )
