"""The lines on top: mode, connection, what is denied, the time; and the figures that matter most."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit.link.replay_state import ReplayState
from cockpit.link.store import Store
from widgets import format as fmt
from widgets.desk_words import said
from widgets.exposure import equity, net_and_gross, profit, todays_wear, worst_margin
from widgets.i18n import _, within
from widgets.lines import Lines
from widgets.modes import mode_name, modes_shown
from widgets.paint import Cell, Span, width_of
from widgets.panel import View
from widgets.positions import margin_ink

WIDE, NARROW = 110, 76
"""Columns from which the figures have their units, and below which they take two lines."""


def is_live(store: Store) -> bool:
    """Whether any account trades real money."""
    return any(account.mode.value == "live" for account in store.accounts.values())


def is_old(store: Store) -> bool:
    """Whether what is shown may no longer be true."""
    return store.state in ("stale", "disconnected")


class Header(Lines):
    """Always painted, whatever else is hidden or paused."""

    def __init__(self) -> None:
        super().__init__(((), ()), id="header")

    def update_from(self, view: View, *, paused: bool) -> None:
        """All lines from the store; `paused` says that the display stands still."""
        width = self.size.width or self.app.size.width
        self.show((self._rule(view, paused, width), *figures(view.store, width)))

    def _rule(self, view: View, paused: bool, width: int) -> Cell:
        modes = modes_shown(view.store)
        mode = modes[0] if modes else "rule"
        badges: list[Span] = [(f" {mode_name(name)} ", f"badge-{name}") for name in modes] or [(" cockpit ", "bright")]
        if view.store.replay is not None:
            badges = [(f" {_('REPLAY')} ", "badge-warn")]
        spans: list[Span] = [("━━", mode), *badges, ("━━ ", mode), *self._link(view.store)]
        asides: list[Cell] = []
        if view.store.desk is not None and view.store.desk.entries_denied:
            spans += [(" ━━ ", mode), (f" {_('ENTRIES DENIED')} ", "badge-warn")]
            asides.append(((f" {_('R lifts it')}", "dim"),))
        if paused:
            spans += [(" ━━ ", mode), (f" {_('DISPLAY PAUSED')} ", "badge-warn")]
            asides.append(((f" {_('space goes on')}", "dim"),))
        if view.store.watch:
            spans += [(" ━━ ", mode), (f" {_('WATCH')} ", "badge-warn")]
            asides.append(((f" {_('looks, never touches')}", "dim"),))
        if view.store.desk is not None and len(view.store.desk.clients) > 1:
            names = ", ".join(view.store.desk.clients)
            asides.append(((f" {_('looking: {names}').format(names=names)}", "dim"),))
        clock = fmt.utc(view.now_ns)
        tail: Cell = ((f" {clock} UTC ", "bright"), ("━━", mode))
        if width_of((*spans, *tail)) + 2 > width:
            tail = ((f" {clock}", "bright"),)
        for aside in asides:
            if width_of((*spans, *aside, *tail)) + 2 <= width:
                spans += aside
        fill = max(1, width - width_of((*spans, *tail)) - 1)
        return (*spans, (" ", "text"), ("━" * fill, mode), *tail)

    def _link(self, store: Store) -> Cell:
        if store.replay is not None:
            return replay_words(store.replay)
        if store.state == "disconnected" and store.trouble:
            return ((f" {_('DISCONNECTED')} ", "badge-crit"), (f" {said(store.trouble)}", "warn"))
        if store.state == "disconnected":
            return ((f" {_('DISCONNECTED')} ", "badge-crit"), (f" {_('reconnecting; the desk goes on')}", "warn"))
        if store.state == "connecting" or store.desk is None:
            return ((f"○ {_('connecting to the desk')}", "accent"),)
        if store.state == "stale":
            return (
                (f" {_('STALE')} {store.age():.1f}s ", "badge-warn"),
                (f" {_('nothing heard from the desk')}", "warn"),
            )
        return (("●", "up"), (f" {_('desk LIVE')}", "text"))


def replay_words(state: ReplayState) -> Cell:
    """How the time of a replay goes, and of which day it is."""
    if state.seeking:
        going: Span = (f"… {_('seeking')}", "accent")
    elif state.paused:
        going = (f"■ {_('held')} {state.speed}x", "warn")
    else:
        going = (f"▶ {state.speed}x", "up")
    return (going, (f" {fmt.utc_day(state.ts)}", "bright"))


def figures(store: Store, width: int) -> list[Cell]:
    """What matters most, over everything: one line of it, two short ones in a narrow window."""
    wide = width >= WIDE
    first, second = _parts(store, wide)
    if width < NARROW:
        return [_joined(first, width), _joined(second, width)]
    return [_joined((*first, *second), width, (" │ ", "rule") if wide else ("  ", "text"))]


def _joined(parts: Sequence[Cell], width: int, between: Span = ("  ", "text")) -> Cell:
    """As many of the parts as there is room for, the first ones first."""
    out: list[Span] = [(" ", "text"), *parts[0]]
    for part in parts[1:]:
        if width_of(tuple(out)) + width_of((between, *part)) <= width:
            out += [between, *part]
    return tuple(out)


def _parts(store: Store, wide: bool) -> tuple[list[Cell], list[Cell]]:
    """What stands first and what second; with cents and units where there is room for them."""
    net, gross = net_and_gross(store.positions.values())
    wear = todays_wear(store.wear.values())
    worst = worst_margin(store.accounts.values())
    ratio = worst.margin_ratio if worst else None
    total = equity(store.accounts.values())
    alive = sum(account.health.value == "live" for account in store.accounts.values())
    running = sum(loop.state == "running" for loop in store.loops.values())
    gain = profit(wear) if wear else None

    def figure(name: str, value: str, ink: str = "bright", unit: str = "") -> Cell:
        return ((f"{name} ", "dim"), (value, ink), (f" {unit}" if unit else "", "dim"))

    usd = "USD" if wide else ""
    first = [
        figure(_("net"), fmt.usd(net, signed=True), unit=usd),
        figure(_("gross"), fmt.compact(gross), unit=usd),
        figure(_("PnL"), fmt.usd(gain, signed=True), fmt.tone(gain), unit=usd),
        figure(_("margin"), fmt.percent(ratio), margin_ink(ratio), worst.name if worst else ""),
    ]
    second = [
        figure(within("header", "day"), fmt.compact(wear.volume_usd) if wear else fmt.NONE, unit=usd),
        figure(_("wear"), fmt.bps(wear.wear_bps) if wear else fmt.NONE, unit="bps" if wide else ""),
        figure(_("loops"), f"{running}/{len(store.loops)}"),
        figure(_("accounts"), f"{alive}/{len(store.accounts)}", "bright" if alive == len(store.accounts) else "warn"),
        figure(_("equity"), fmt.NONE if total is None else fmt.usd(total) if wide else fmt.compact(total), unit=usd),
    ]
    return first, second
