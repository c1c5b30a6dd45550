"""The screens beside the overview, by the name that keys, palette and command line open them with."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cockpit.screens.views import ViewScreen

SCREENS = {
    "account": "cockpit.screens.account:AccountScreen",
    "alarms": "cockpit.screens.alarms:AlarmsScreen",
    "audit": "cockpit.screens.audit:AuditScreen",
    "funding": "cockpit.screens.funding:FundingScreen",
    "history": "cockpit.screens.history:HistoryScreen",
    "log": "cockpit.screens.log:LogScreen",
    "loop": "cockpit.screens.loop:LoopScreen",
    "orders": "cockpit.screens.orders:OrdersScreen",
    "settings": "cockpit.screens.settings:SettingsScreen",
    "spreads": "cockpit.screens.spreads:SpreadsScreen",
}
"""Loaded when first opened: a client over a slow line paints the overview first."""


def make(name: str, subject: str = "") -> ViewScreen:
    """A screen; `subject` is what it shows one of (an account's name, a loop's id), "" for the first."""
    module, _, kind = SCREENS[name].partition(":")
    found: Callable[[str], ViewScreen] = getattr(import_module(module), kind)
    return found(subject)
