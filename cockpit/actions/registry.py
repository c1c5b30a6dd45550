"""The whole list, and what is made from it: bindings, places, the key bar."""

from __future__ import annotations

from collections.abc import Iterable

from textual.binding import Binding

from cockpit.actions import (
    account_screen,
    everywhere,
    first_run,
    loop_screen,
    loops,
    market_screens,
    order_screens,
    panels,
    replay_keys,
    tables,
    views,
)
from cockpit.actions.action import Action, Scope
from cockpit.actions.keys import UNBOUND, display
from widgets.i18n import N_, _, within

ACTIONS: tuple[Action, ...] = (
    *everywhere.ACTIONS,
    *loops.ACTIONS,
    *views.ACTIONS,
    *panels.ACTIONS,
    *market_screens.ACTIONS,
    *loop_screen.ACTIONS,
    *account_screen.ACTIONS,
    *order_screens.ACTIONS,
    *tables.ACTIONS,
    *replay_keys.ACTIONS,
    *first_run.ACTIONS,
)

BY_ID = {action.id: action for action in ACTIONS}

SAFETY = (
    "flatten", "reduce", "stop.entries", "resume.all", "live", "flatten.cancel", "alarm.ack", "alarm.ack.all", "stop",
)  # fmt: skip
"""What the help shows first, wherever it works."""

COMMON: tuple[Scope, ...] = ("app", "view", "back", "move", "table")
"""Scopes that every view has beside its own."""
PLACES: dict[Scope, tuple[Scope, ...]] = {
    "overview": ("app", "view", "overview", "panels", "table", "loop", "move"),
    "spreads": (*COMMON, "panels", "coins", "spreads"),
    "funding": (*COMMON, "panels", "coins", "funding"),
    "history": (*COMMON, "panels"),
    "loop": (*COMMON, "panels", "sheet", "loop"),
    "account": (*COMMON, "panels", "sheet", "account"),
    "orders": (*COMMON, "panels", "orders"),
    "alarms": (*COMMON, "panels", "alarms"),
    "log": (*COMMON, "panels", "log"),
    "audit": (*COMMON, "panels", "audit"),
    "mix": ("app", "mix"),
    "dialog": ("app", "dialog"),
    "replay": ("replay",),
    "welcome": ("app", "dialog", "welcome"),
    "settings": (*COMMON, "panels", "settings"),
}
"""Scopes that are bound at the same time, by the scope that a screen is known by. A scope that is not named here is a
view's own, or stands in every view: `places` adds it to `COMMON`."""


def places() -> dict[Scope, tuple[Scope, ...]]:
    """Every place at which keys may clash: name of the place to the scopes bound there."""
    known = {*COMMON, *PLACES, "loop"}
    own = dict.fromkeys(action.scope for action in ACTIONS if action.scope not in known)
    views_own: dict[Scope, tuple[Scope, ...]] = {scope: (*COMMON, scope) for scope in own}
    return {**PLACES, "back": COMMON, **views_own}


def at_place(scopes: Iterable[Scope]) -> list[Action]:
    """Actions whose keys work where `scopes` are bound; under a dialog only those of the app that go before it."""
    bound = set(scopes)
    modal = "dialog" in bound
    return [a for a in ACTIONS if a.scope in bound and not (modal and a.scope == "app" and not a.priority)]


def bindings(*scopes: Scope) -> list[Binding]:
    """Textual's bindings of some scopes, with id and tooltip for keymaps and help. What has no key is bound to none,
    so that a keymap can give it one."""
    return [
        Binding(
            action.keys or f"{UNBOUND}-{action.id}",
            action.action,
            action.label,
            show=False,
            key_display=action.shown or None,
            tooltip=action.help,
            id=action.binding_id,
            priority=action.priority,
        )
        for action in ACTIONS
        if action.scope in scopes
    ]


HINT_PAIRS = {
    "size": ("size.down", "size.up"),
    "cycles": ("cycles.down", "cycles.up"),
    "move": ("up", "down"),
    "leverage": ("leverage.down", "leverage.up"),
    "hold": ("hold.down", "hold.up"),
    "coin": ("coin.previous", "coin.next"),
    "subject": ("subject.previous", "subject.next"),
    "log.sources": ("source.previous", "source.next"),
    "audit.loops": ("audit.loop.previous", "audit.loop.next"),
    "mixing": ("mix.left", "mix.right"),
}
"""Keys that the bar shows together: pairs of ids under the name of the one whose label stands beside them."""
FIXED_HINTS = {"fields": ("⇥", N_("button"))}
"""Keys of forms, which no keymap moves."""


def label_of(action: Action) -> str:
    """Its label in the operator's language."""
    own = within(action.id, action.label)
    return own if own != action.label else _(action.label)


def hints(*ids: str) -> list[tuple[str, str]]:
    """(key, label) pairs for the key bar, in the operator's language; what no key reaches is left out."""
    found = []
    for name in ids:
        if name in FIXED_HINTS:
            key, label = FIXED_HINTS[name]
            found.append((key, _(label)))
            continue
        pair = HINT_PAIRS.get(name, (name,))
        keys = " ".join(filter(None, (display(BY_ID[each]).split(" ")[0] for each in pair)))
        label = _("move") if name == "move" else label_of(BY_ID[name if name in BY_ID else pair[0]])
        if len(pair) == 1:
            keys = display(BY_ID[name])
        if keys:
            found.append((keys, label))
    return found
