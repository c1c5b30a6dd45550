"""The cockpit over a replay: the same screens, with a hand on time in the place of one on the desk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import ClassVar

from textual.binding import BindingType

from cockpit.actions.keys import display
from cockpit.actions.registry import BY_ID, bindings
from cockpit.app import CockpitApp
from cockpit.replay.link import ReplayLink
from cockpit.screens.dialog import Dialog
from cockpit.screens.live import LiveScreen
from venues.model import NS_PER_S
from widgets import format as fmt
from widgets.i18n import N_, _

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def time_of(text: str, near: int) -> int:
    """Stamp, ns, of `01:39`, `01:39:20`, or a day with it (`2026-11-21 01:39`), UTC. Without a day it is the last such
    time up to `near`. Raises `ValueError`."""
    text = text.strip().replace(" ", "T")
    try:
        if "-" in text:
            at = datetime.fromisoformat(text)
            at = at if at.tzinfo else at.replace(tzinfo=UTC)
        else:
            last = EPOCH + timedelta(seconds=near // NS_PER_S)
            clock = datetime.strptime(text, "%H:%M:%S" if text.count(":") == 2 else "%H:%M").replace(tzinfo=UTC)
            at = datetime.combine(last.date(), clock.time(), tzinfo=UTC)
            if at > last:
                at -= timedelta(days=1)
    except (ValueError, OverflowError):
        raise ValueError(
            _("{text} is no time; expected one like 01:39, 01:39:20 or 2026-11-21 01:39").format(text=repr(text))
        ) from None
    since = at - EPOCH
    return (since.days * 86_400 + since.seconds) * NS_PER_S


def hints_of_time() -> list[tuple[str, str]]:
    """What the key bar shows on every screen: a replay has a hand on time, and on nothing else."""

    def pair(one: str, other: str) -> str:
        return f"{display(BY_ID[one])} {display(BY_ID[other])}"

    return [
        (display(BY_ID["replay.pause"]), N_("hold")),
        (pair("replay.slower", "replay.faster"), N_("speed")),
        (pair("replay.back", "replay.on"), N_("1 min")),
        (pair("replay.back.hour", "replay.on.hour"), N_("1 h")),
        (pair("replay.first", "replay.last"), N_("ends")),
        (":seek", "01:39"),
        (display(BY_ID["detach"]), N_("leave")),
        (display(BY_ID["help"]), N_("help")),
    ]


class ReplayApp(CockpitApp):
    """Its link is a `ReplayLink`, and its clock the one that says the time shown."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("replay")]

    @property
    def replay(self) -> ReplayLink:
        assert isinstance(self.link, ReplayLink), "a replay has its own link"
        return self.link

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where something is typed, its keys are text and move a cursor, and time is left alone."""
        if action.startswith("replay_") and action != "replay_seek":
            typing = self.focused is not None and self.focused.check_consume_key("space", " ")
            return not typing and not isinstance(self.screen, Dialog)
        return super().check_action(action, parameters)

    def flush(self) -> None:
        super().flush()
        screen = self.screen
        if isinstance(screen, LiveScreen) and not isinstance(screen, Dialog) and screen.is_mounted:
            screen.keybar.hints(hints_of_time())

    def _moved(self) -> None:
        self.replay.tick()
        self.flush()

    def action_replay_pause(self) -> None:
        player = self.replay.player
        player.pause(on=not player.paused)
        self._moved()

    def action_replay_speed(self, steps: int) -> None:
        self.replay.player.faster(steps)
        self._moved()

    def action_replay_jump(self, seconds: int) -> None:
        self.replay.player.jump(seconds)
        self._moved()

    def action_replay_end(self, which: int) -> None:
        player = self.replay.player
        player.seek(player.first if which < 0 else player.last)
        self._moved()

    def action_replay_seek(self, text: str = "") -> None:
        """`:seek 01:39`."""
        player = self.replay.player
        try:
            ts = time_of(text, player.last)
        except ValueError as error:
            self.say(str(error), "error")
            return
        player.seek(ts)
        if not player.first <= ts <= player.last:
            ends = _("the session is from {first} to {last}; --from shows an earlier beginning")
            self.say(ends.format(first=fmt.utc(player.first), last=fmt.utc(player.last)), "warning")
        self._moved()

    async def action_detach(self) -> None:
        """Leave; a replay has nothing that goes on without it."""
        await self.link.close()
        self.exit("")
