"""The two lines on top: mode, connection, what is denied, the time; and the figures that matter most."""

from __future__ import annotations

from decimal import Decimal

from cockpit.link.rows import WearRow
from cockpit.link.store import Store
from widgets import format as fmt
from widgets.lines import Lines
from widgets.modes import modes_shown
from widgets.paint import Cell, Span, width_of
from widgets.panel import View
from widgets.positions import margin_ink


def is_live(store: Store) -> bool:
    """Whether any account trades real money."""
    return any(account.mode.value == "live" for account in store.accounts.values())


def is_old(store: Store) -> bool:
    """Whether what is shown may no longer be true."""
    return store.state in ("stale", "disconnected")


def net_exposure(store: Store) -> Decimal:
    """Signed USD over all positions: base coin times mark."""
    return sum((row.base_qty * row.mark for row in store.positions.values()), Decimal(0))


def todays_wear(store: Store) -> WearRow | None:
    """Wear of the newest day, or of everything where the desk counts no days."""
    days = [row for row in store.wear.values() if row.scope == "day"]
    if days:
        return max(days, key=lambda row: row.name)
    return next((row for row in store.wear.values() if row.scope == "total"), None)


class Header(Lines):
    """Always painted, whatever else is hidden or paused."""

    def __init__(self) -> None:
        super().__init__(((), ()), id="header")

    def update_from(self, view: View, *, paused: bool) -> None:
        """Both lines from the store; `paused` says that the display stands still."""
        width = self.size.width or self.app.size.width
        self.show((self._rule(view, paused, width), self._figures(view.store, width)))

    def _rule(self, view: View, paused: bool, width: int) -> Cell:
        modes = modes_shown(view.store)
        mode = modes[0] if modes else "rule"
        badges: list[Span] = [(f" {name.upper()} ", f"badge-{name}") for name in modes] or [(" cockpit ", "bright")]
        spans: list[Span] = [("━━", mode), *badges, ("━━ ", mode), *self._link(view.store)]
        asides: list[Cell] = []
        if view.store.desk is not None and view.store.desk.entries_denied:
            spans += [(" ━━ ", mode), (" ENTRIES DENIED ", "badge-warn")]
            asides.append(((" R lifts it", "dim"),))
        if paused:
            spans += [(" ━━ ", mode), (" DISPLAY PAUSED ", "badge-warn")]
            asides.append(((" space goes on", "dim"),))
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
        if store.state == "disconnected":
            return ((" DISCONNECTED ", "badge-crit"), (" reconnecting; the desk goes on", "warn"))
        if store.state == "connecting" or store.desk is None:
            return (("○ connecting to the desk", "accent"),)
        if store.state == "stale":
            return ((f" STALE {store.age():.1f}s ", "badge-warn"), (" nothing heard from the desk", "warn"))
        return (("●", "up"), (" desk LIVE", "text"))

    def _figures(self, store: Store, width: int) -> Cell:
        net = net_exposure(store)
        wear = todays_wear(store)
        worst = max(
            (account for account in store.accounts.values() if account.margin_ratio is not None),
            key=lambda account: account.margin_ratio or 0.0,
            default=None,
        )
        parts: list[Cell] = [
            ((" net ", "dim"), (fmt.usd(net, signed=True), "bright"), (" USD", "dim")),
            (("day ", "dim"), (fmt.compact(wear.volume_usd) if wear else fmt.NONE, "bright"), (" USD", "dim")),
            (
                ("wear ", "dim"),
                (fmt.bps(wear.wear_bps) if wear else fmt.NONE, "bright"),
                (" bps ", "dim"),
                (fmt.usd(wear.wear_usd, signed=True) if wear else fmt.NONE, "bright"),
                (" USD", "dim"),
            ),
            (
                ("margin ", "dim"),
                (fmt.percent(worst.margin_ratio if worst else None), margin_ink(worst.margin_ratio if worst else None)),
                (f" {worst.name}" if worst else "", "dim"),
            ),
        ]
        equity = sum((a.equity_usd for a in store.accounts.values() if a.equity_usd is not None), Decimal(0))
        alive = sum(account.health.value == "live" for account in store.accounts.values())
        running = sum(loop.state == "running" for loop in store.loops.values())
        more: list[Cell] = [
            (("loops ", "dim"), (f"{running}/{len(store.loops)}", "bright")),
            (
                ("accounts ", "dim"),
                (f"{alive}/{len(store.accounts)}", "bright" if alive == len(store.accounts) else "warn"),
            ),
            (("equity ", "dim"), (fmt.usd(equity), "bright"), (" USD", "dim")),
        ]
        out: list[Span] = list(parts[0])
        for part in (*parts[1:], *more):
            if width_of(tuple(out)) + width_of(part) + 3 <= width:
                out += [(" │ ", "rule"), *part]
        return tuple(out)
