"""What the desk tells of the past: alarms that are over, commands of everybody."""

from __future__ import annotations

import scenes

from cockpit.link.answers import ChangeLine
from venues.model import NS_PER_S
from widgets.alarms import PastAlarm

MINUTE, HOUR, DAY = 60 * NS_PER_S, 3600 * NS_PER_S, 86_400 * NS_PER_S


def past_alarms() -> list[PastAlarm]:
    """One that stands, and three that are over: acknowledged, not acknowledged, escalated."""
    now = scenes.NOW
    return [
        PastAlarm("a1", now - 6 * NS_PER_S, "critical", "hedge-2: 0.2 ETH owed for 6 s", now, 3, active=True),
        PastAlarm(
            "down/okx", now - 3 * HOUR, "warning", "okx is down: maintenance", now - 2 * HOUR, 4, active=False,
            ended_ts=now - 2 * HOUR, acked_ts=now - 170 * MINUTE, acked_by="tui:anna@tokyo",
        ),
        PastAlarm(
            "budget/hedge-1", now - DAY, "warning", "hedge-1 paused: wear 2.1 bps over 10 cycles, budget 2 bps",
            now - DAY, 1, active=False, ended_ts=now - DAY + 4 * MINUTE,
        ),
        PastAlarm(
            "naked/hedge-2", now - 2 * DAY, "critical", "hedge-2 has 0.8 ETH unhedged for 412 s", now - 2 * DAY, 12,
            active=False, ended_ts=now - 2 * DAY + 12 * MINUTE, acked_ts=now - 2 * DAY + 11 * MINUTE,
            acked_by="tui:ben@london", escalated_ts=now - 2 * DAY + 5 * MINUTE, action="all entries stopped",
        ),
    ]  # fmt: skip


def changes() -> list[ChangeLine]:
    """Newest first: two operators, a script, the desk itself; taken and refused."""
    now = scenes.NOW
    return [
        ChangeLine(
            now - 40 * NS_PER_S, "tui:anna@tokyo", "hedge-1", "size 0.04 → 0.05, slippage 5 → 7",
            {"size": ("0.04", "0.05"), "slippage": ("5", "7")},
        ),
        ChangeLine(now - 5 * MINUTE, "tui:ben@london", "hedge-2", "resume"),
        ChangeLine(
            now - 6 * MINUTE, "tui:ben@london", "hedge-2", "size 0.8 → 80", {"size": ("0.8", "80")},
            "size: 80 is 273,000 USD; expected at the most 50,000 USD (max_order_notional_usd)",
        ),
        ChangeLine(now - HOUR, "cli:cron@tokyo", "", "pause all"),
        ChangeLine(now - DAY, "escalation", "", "pause all"),
        ChangeLine(now - DAY - HOUR, "tui:anna@tokyo", "hedge-2", "launch hedge: buy ETH on backpack, hedge on okx"),
    ]  # fmt: skip
