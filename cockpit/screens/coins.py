"""Choosing one coin on a screen about all of them."""

from __future__ import annotations

from collections.abc import Iterable

from cockpit.screens.views import ViewScreen
from widgets.i18n import _


class CoinScreen(ViewScreen):
    """`subject` is the coin; empty for all."""

    def coins(self) -> Iterable[str]:
        """Coins there are to choose from, in any order."""
        return ()

    def show_coin(self, coin: str) -> None:
        """Show one coin; all for an empty name."""

    def on_mount(self) -> None:
        if self.subject:
            self.show_coin(self._known(self.subject))

    def _known(self, name: str) -> str:
        """The coin as the desk writes it; all of them, and a word, where it has none of the name."""
        found = next((coin for coin in self.coins() if coin.lower() == name.lower()), "")
        if not found:
            self.call_after_refresh(
                self.cockpit.say, _("no coin {name} here: all are shown").format(name=name), "warning"
            )
        return found

    def action_coin(self, steps: int) -> None:
        """The next coin alone, all of them after the last one."""
        choices = ["", *sorted(set(self.coins()))]
        now = choices.index(self.subject) if self.subject in choices else 0
        self.subject = choices[(now + steps) % len(choices)]
        self.show_coin(self.subject)
        self.tell_asides()

    def aside(self, index: int) -> str:
        return (self.subject or _("all coins")) if index == 0 else ""
