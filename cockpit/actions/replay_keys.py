"""The hand on a replay's time. These keys go before all others there, for nothing else can be done in it."""

from __future__ import annotations

from cockpit.actions.action import Action
from widgets.i18n import N_

ACTIONS: tuple[Action, ...] = (
    Action("replay.pause", "space", "app.replay_pause", N_("pause"), N_("Hold the time, or let it run"), "replay",
        priority=True),
    Action("replay.slower", "less_than_sign", "app.replay_speed(-1)", N_("slower"), N_("Slower: 100x, 20x, 5x, 1x"),
        "replay", priority=True),
    Action("replay.faster", "greater_than_sign", "app.replay_speed(1)", N_("faster"), N_("Faster: 1x, 5x, 20x, 100x"),
        "replay", priority=True),
    Action("replay.back", "left", "app.replay_jump(-60)", N_("-1 min"), N_("Back a minute"), "replay", priority=True),
    Action("replay.on", "right", "app.replay_jump(60)", N_("+1 min"), N_("On by a minute"), "replay", priority=True),
    Action("replay.back.hour", "pageup", "app.replay_jump(-3600)", N_("-1 h"), N_("Back an hour"), "replay",
        priority=True),
    Action("replay.on.hour", "pagedown", "app.replay_jump(3600)", N_("+1 h"), N_("On by an hour"), "replay",
        priority=True),
    Action("replay.first", "home", "app.replay_end(-1)", N_("start"), N_("To the start of the session"), "replay",
        priority=True),
    Action("replay.last", "end", "app.replay_end(1)", N_("end"), N_("To the end of the session"), "replay",
        priority=True),
    Action("replay.seek", "", "app.replay_seek", N_("seek"), N_("To a time: :seek 01:39"), "replay", command="seek",
        args="TIME"),
)  # fmt: skip
