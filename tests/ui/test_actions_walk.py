"""Every action of the registry, by its key, by the palette and by the command line: what it shows, and that the desk
gets exactly the command that it stands for, once. An action without a row here fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
import scenes
from face_kit import Face, at_rest, say, settled
from textual.pilot import Pilot

from cockpit.actions.action import Action
from cockpit.actions.commands import usage, word_of
from cockpit.actions.registry import ACTIONS, BY_ID
from cockpit.link.messages import (
    AckAlarm,
    Flatten,
    FlattenCancel,
    GoLive,
    Pause,
    Reduce,
    Resume,
    ResumeAccount,
    SetParams,
    Stop,
    Verb,
)
from cockpit.link.rows import Tables
from cockpit.screens import catalogue
from cockpit.screens.chord import QUIET_S
from cockpit.screens.chord_dialog import ChordDialog
from cockpit.screens.command_line import CommandLine
from cockpit.screens.dialog import Dialog
from cockpit.screens.edit import EditDialog
from cockpit.screens.flatten import FlattenDialog
from cockpit.screens.going_live import GoLiveDialog
from cockpit.screens.help import HelpDialog, MessagesDialog
from cockpit.screens.jump import JumpBar
from cockpit.screens.launch import LaunchDialog
from cockpit.screens.live import LiveScreen
from cockpit.screens.overview import OverviewScreen
from cockpit.screens.palette import PaletteDialog
from cockpit.screens.reduce import ReduceDialog
from venues.model import Mode
from widgets import i18n

Seen = Callable[[Face], bool]
ROOT = Path(__file__).parents[2]


def live(face: Face) -> LiveScreen[object]:
    screen = face.app.screen
    assert isinstance(screen, LiveScreen)
    return screen


def shows(kind: type) -> Seen:
    return lambda face: isinstance(face.app.screen, kind)


def opened(name: str) -> Seen:
    return lambda face: type(face.app.screen) is type(catalogue.make(name))


def says(words: str) -> Seen:
    return lambda face: any(words in text for _ts, _level, text in face.app.said)


def staged(**values: str) -> Seen:
    return lambda face: face.app.staging.of("hedge-1") == values


def has(selector: type[CommandLine | JumpBar]) -> Seen:
    return lambda face: bool(face.app.screen.query(selector))


def anything(_face: Face) -> bool:
    return True


def stands(_face: Face) -> bool:
    """Still there, nothing fell over: for keys that move about, where tests of their screens look closer."""
    return True


@dataclass(frozen=True)
class Row:
    seen: Seen = anything
    """What is so afterwards, before anything is confirmed."""
    on: str = "overview"
    tables: Callable[[], Tables] = scenes.busy
    before: tuple[str, ...] = ()
    """Keys pressed before."""
    then: tuple[str, ...] = ()
    """Keys that confirm: `chord` is the chord's second stroke."""
    sends: tuple[Verb, ...] = ()
    words: str = ""
    """What is typed behind the command's word."""
    elsewhere: str = ""
    """The test file that walks it, where it needs another kind of app."""
    only_key: bool = False
    """Its place is gone once palette or command line is open."""


def alarmed() -> Tables:
    tables = scenes.busy()
    tables.alarms = [scenes.alarm()]
    return tables


def flattening() -> Tables:
    tables = scenes.busy()
    tables.flattens = [scenes.flatten()]
    return tables


def with_live() -> Tables:
    tables = scenes.busy()
    tables.accounts[0] = msgspec.structs.replace(tables.accounts[0], mode=Mode.LIVE, live="read-only")
    return tables


def halted() -> Tables:
    tables = scenes.busy()
    tables.accounts = [msgspec.structs.replace(row, state="halted") for row in tables.accounts]
    return tables


MOVES = {name: Row(stands) for name in ("up", "down", "page.up", "page.down", "first", "last")}
PANELS = {
    name: Row(stands)
    for name in ("zoom", "panel.larger", "panel.smaller", "display", "panel.next", "panel.previous",
        *(f"panel.{n}" for n in range(1, 10)))
}  # fmt: skip
TABLE_KEYS = {
    name: Row(stands) for name in ("filter", "sort", "sort.turn", "columns", "copy", "copy.table")
}  # fmt: skip
OPENS = {name: Row(opened(name)) for name in catalogue.SCREENS}

ROWS: dict[str, Row] = {
    **MOVES,
    **PANELS,
    **TABLE_KEYS,
    **OPENS,
    # everywhere
    "flatten": Row(shows(FlattenDialog), then=("chord",), sends=(Flatten(scope="pairs"),)),
    "reduce": Row(shows(ReduceDialog), then=("chord",), sends=(Reduce("0.25"),)),
    "detach": Row(lambda face: face.link.closed),
    "detach.any": Row(lambda face: face.link.closed),
    "suspend": Row(stands),
    "help": Row(shows(HelpDialog)),
    "palette": Row(shows(PaletteDialog)),
    "command": Row(has(CommandLine)),
    "jump": Row(has(JumpBar)),
    "theme": Row(says("theme ")),
    "language": Row(says("中文")),
    "screenshot": Row(says("saved ")),
    "messages": Row(shows(MessagesDialog)),
    # loops
    "launch": Row(shows(LaunchDialog)),
    "size.down": Row(staged(size="0.049")),
    "size.up": Row(staged(size="0.051")),
    "cycles.down": Row(staged(iterations="19")),
    "cycles.up": Row(staged(iterations="21")),
    "apply": Row(before=("greater_than_sign",), sends=(SetParams("hedge-1", {"size": "0.051"}),)),
    "drop": Row(staged(), before=("greater_than_sign",)),
    "edit": Row(shows(EditDialog)),
    "undo": Row(says("nothing to undo")),
    "mix": Row(stands),
    "pause": Row(sends=(Pause("hedge-1"),)),
    "resume": Row(sends=(Resume("hedge-1"),)),
    "stop": Row(shows(Dialog), then=("down", "enter"), sends=(Stop("hedge-1", "cycle"),)),
    "size": Row(staged(size="0.06"), words="0.06"),
    "cycles": Row(staged(iterations="40"), words="40"),
    "set": Row(staged(slippage="6"), words="slippage 6"),
    "alarm.ack": Row(tables=alarmed, sends=(AckAlarm("a1"),)),
    "alarm.ack.all": Row(tables=alarmed, sends=(AckAlarm("all"),)),
    # views
    "overview": Row(shows(OverviewScreen), on="log"),
    "stop.entries": Row(sends=(Pause("all"),)),
    "resume.all": Row(shows(Dialog), then=("down", "enter"), sends=(Resume("all"),)),
    "flatten.cancel": Row(shows(Dialog), tables=flattening, then=("down", "enter"), sends=(FlattenCancel("f1"),)),
    "live": Row(shows(GoLiveDialog), tables=with_live, then=("ctrl+enter",), sends=(GoLive("lighter", "off"),)),
    "back": Row(shows(OverviewScreen), on="log"),
    "match.next": Row(stands, on="log"),
    "match.previous": Row(stands, on="log"),
    # screens
    **{name: Row(stands, on="spreads") for name in ("coin.previous", "coin.next")},
    "spread.launch": Row(shows(LaunchDialog), on="spreads"),
    "funding.spreads": Row(opened("spreads"), on="funding"),
    **{name: Row(stands, on="funding") for name in ("leverage.down", "leverage.up", "hold.down", "hold.up")},
    **{name: Row(stands, on="account") for name in ("subject.previous", "subject.next", "account.drill")},
    "account.flatten": Row(
        shows(FlattenDialog), on="account", then=("chord",), sends=(Flatten(("lighter",), scope="pairs"),)
    ),
    "account.resume": Row(
        shows(Dialog), on="account", tables=halted, then=("down", "enter"), sends=(ResumeAccount("lighter"),)
    ),
    "order.life": Row(shows(Dialog), on="orders"),
    "alarms.ack": Row(on="alarms", tables=alarmed, sends=(AckAlarm("a1"),)),
    "alarms.ack.all": Row(on="alarms", tables=alarmed, sends=(AckAlarm("all"),)),
    "alarms.drop": Row(
        shows(Dialog), on="alarms", tables=alarmed, then=("down", "enter"), sends=(AckAlarm("a1", drop=True),)
    ),
    **{
        name: Row(stands, on="log")
        for name in ("log.follow", "log.level", "log.times", "source.previous", "source.next")
    },
    **{name: Row(stands, on="audit") for name in ("audit.loop.previous", "audit.loop.next")},
    **{name: Row(stands, on="settings") for name in ("settings.change", "settings.add", "settings.look")},
    **{name: Row(stands, before=("m",)) for name in ("mix.left", "mix.right", "mix.close")},
    # a dialog's own
    "cancel": Row(shows(OverviewScreen), before=("x",), only_key=True),
    "submit": Row(
        shows(OverviewScreen),
        before=("e", "end", "1"),
        sends=(SetParams("hedge-1", {"size": "0.051"}),),
        only_key=True,
    ),
}
"""Action's id to what it does. `elsewhere` names a file; everything else is walked here."""


def row_of(action: Action) -> Row:
    if action.scope == "replay":
        return Row(elsewhere="tests/cockpit/replay")
    if action.scope == "welcome":
        return Row(elsewhere="tests/ui/test_welcome.py")
    return ROWS[action.id]


def test_every_action_has_its_row_and_every_row_its_action() -> None:
    missing = [action.id for action in ACTIONS if action.id not in ROWS and action.scope not in ("replay", "welcome")]
    assert missing == [], "add a row to ROWS: what it does, and what the desk gets"
    assert set(ROWS) <= set(BY_ID)


def test_what_is_walked_elsewhere_is_walked_there() -> None:
    for action in ACTIONS:
        place = row_of(action).elsewhere
        assert not place or (ROOT / place).exists(), place


FRESH = frozenset(("detach", "detach.any", "language"))
"""Actions that leave nothing to go on with: each way has an app of its own."""


def ways_of(action: Action, row: Row) -> tuple[str, ...]:
    ways = ("key",) if action.keys else ()
    return ways if action.scope == "dialog" or row.only_key else (*ways, "palette", "line")


def cases() -> Iterator[object]:
    """(ways that are walked in one app, action, its row)"""
    for action in ACTIONS:
        row = ROWS.get(action.id)
        if row is None or row.elsewhere:
            continue
        ways = ways_of(action, row)
        for together in [(way,) for way in ways] if action.id in FRESH else [ways]:
            yield pytest.param(together, action, row, id=f"{action.id}-{'-'.join(together)}")


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    i18n.use("en")
    yield
    i18n.use("en")


async def by_key(face: Face, pilot: Pilot[str], action: Action, row: Row) -> None:
    await pilot.press(action.keys.split(",")[0])
    await at_rest(face, pilot)
    if row.words:
        await say(face, pilot, f"{word_of(action)} {row.words}")


async def by_palette(face: Face, pilot: Pilot[str], action: Action, row: Row) -> None:
    await pilot.press("ctrl+p")
    await at_rest(face, pilot)
    palette = face.app.screen
    assert isinstance(palette, PaletteDialog)
    palette.entry.put(action.id)
    await settled(pilot)
    assert palette.found.selected == action.id, "the id finds its action"
    await pilot.press("enter")
    await at_rest(face, pilot)
    if row.words:
        line = face.app.screen.query_one(CommandLine)
        assert line.entry.text == f"{word_of(action)} ", usage(action)
        line.entry.put(line.entry.text + row.words)
        await pilot.press("enter")
        await at_rest(face, pilot)


async def by_line(face: Face, pilot: Pilot[str], action: Action, row: Row) -> None:
    await say(face, pilot, f"{word_of(action)} {row.words}".strip())


WAYS = {"key": by_key, "palette": by_palette, "line": by_line}


async def confirm(face: Face, pilot: Pilot[str], keys: tuple[str, ...]) -> None:
    for key in keys:
        if key == "chord":
            dialog = face.app.screen
            assert isinstance(dialog, ChordDialog)
            face.clock.advance(0.5)
            await pilot.press(dialog.key)
            face.clock.advance(QUIET_S)
            face.later.run()
        else:
            await pilot.press(key)
        await at_rest(face, pilot)


async def once(face: Face, pilot: Pilot[str], way: str, action: Action, row: Row) -> None:
    if row.on != "overview":
        face.app.action_open(row.on)
        await at_rest(face, pilot)
    for key in row.before:
        await pilot.press(key)
        await at_rest(face, pilot)
    face.link.sent.clear()
    await WAYS[way](face, pilot, action, row)
    assert face.link.sent == ([] if row.then else list(row.sends)), f"by {way}"
    assert row.seen(face), f"by {way}"
    await confirm(face, pilot, row.then)
    assert face.link.sent == list(row.sends), f"by {way}"


async def back_to_the_start(face: Face, pilot: Pilot[str]) -> None:
    """Nothing open, nothing staged, nothing said."""
    for line in face.app.screen.query(CommandLine):
        line.close()
    face.app.action_overview()
    await pilot.press("escape")
    for loop in list(face.app.staging.all):
        face.app.tweaks.drop(loop)
    face.app.tweaks.last = None
    face.app.said.clear()
    face.later.calls.clear()
    await at_rest(face, pilot)
    live(face).query_one("#loops").focus()
    await at_rest(face, pilot)


@pytest.mark.parametrize(("ways", "action", "row"), cases())
async def test_walk(
    ways: tuple[str, ...], action: Action, row: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    face = Face(row.tables(), pictures=tmp_path)
    suspended: list[bool] = []
    monkeypatch.setattr(type(face.app), "action_suspend_process", lambda _app: suspended.append(True))
    async with face.app.run_test(size=(80, 40)) as pilot:
        await at_rest(face, pilot)
        for way in ways:
            await once(face, pilot, way, action, row)
            if way != ways[-1]:
                await back_to_the_start(face, pilot)
    assert action.id != "suspend" or suspended == [True] * len(ways)
