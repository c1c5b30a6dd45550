"""Screens and dialogs to be read in another language, and what stands on them."""

from __future__ import annotations

import msgspec
import scenes
import sheets
from face_kit import Face, settled
from fake_setup import FakeSetup
from sheets import told
from textual.pilot import Pilot

from cockpit.link.answers import OrderLife
from cockpit.link.rows import Tables
from cockpit.screens.catalogue import SCREENS
from cockpit.screens.dialog import Dialog
from venues.model import Mode

OVERVIEW = "overview"
DIALOGS: dict[str, tuple[str, ...]] = {
    "panel 2 full": ("2", "z"),
    "launch": ("n",),
    "edit": ("e",),
    "stop": ("x",),
    "resume all": ("R",),
    "flatten": ("ctrl+x",),
    "reduce": ("ctrl+t",),
    "go live": ("M",),
    "call off": ("C",),
    "help": ("question_mark",),
    "palette": ("ctrl+p",),
    "command line": ("colon",),
    "staged": ("greater_than_sign",),
    "mixing strip": ("m", "greater_than_sign"),
    "add an account": ("comma", "a"),
    "venue and name": ("comma", "a", "down", "enter", "n", "enter"),
    "columns": ("o", "H"),
    "life of an order": ("o", "enter"),
}
"""What else is looked at, to the keys that bring it from the overview."""


def eventful() -> Tables:
    """All that has a word of its own: alarms, a flatten, entries denied, accounts of every kind, an odd position."""
    tables = scenes.busy()
    tables.alarms = scenes.alarms()
    tables.flattens = [scenes.flatten()]
    tables.desk = [scenes.desk(denied=True)]
    kinds = ((Mode.LIVE, "read-only"), (Mode.LIVE, ""), (Mode.REHEARSAL, ""), (Mode.PAPER, ""))
    tables.accounts = [
        msgspec.structs.replace(row, mode=mode, live=live)
        for row, (mode, live) in zip(tables.accounts, kinds, strict=True)
    ]
    odd = tables.positions[0]
    tables.positions[0] = msgspec.structs.replace(odd, ledger_qty=odd.qty * 2, foreign_qty=odd.qty)
    return tables


def spoken(tables: Tables) -> Tables:
    """The same with sentences that a desk really says, instead of those made up for English pictures."""
    words = (
        ("desk", "info", "started, run 1, 4 accounts"),
        ("okx", "info", "okx is connected"),
        ("hedge-1", "info", "launched by tui:anna@kestrel, PAPER"),
        ("hedge-2", "warning", "size 0.6 → 0.8 by tui:bo@kestrel, from the next safe point"),
        ("desk", "warning", "hedge-2 has -0.2 ETH unhedged, the hedge did not fill; hedging on the backup account"),
        ("hedge-2", "info", "hedge-2 is hedged again"),
        ("hedge-1", "info", "new parameters are in effect"),
    )
    tables.log = [
        msgspec.structs.replace(row, source=source, level=level, text=text)
        for row, (source, level, text) in zip(tables.log, words, strict=True)
    ]
    details = ("3 s", "buy 0.8 at 3412.30")
    paces = ("", "16379 of 100000 USD, 155 USD/h needed")
    tables.loops = [
        msgspec.structs.replace(row, detail=detail, pace=pace)
        for row, detail, pace in zip(tables.loops, details, paces, strict=True)
    ]
    said = {
        "down": "okx is down: no answer within 5 s",
        "budget": "hedge-1 paused: wear of the last 10 cycles is 2.1 bps, the budget is 2",
        "a1": "hedge-2 has -0.2 ETH unhedged for 6 s",
        "late": "lighter is SUSPECT: BTC: reported 114, ledger -127; nothing is traded there until they agree",
    }
    tables.alarms = [msgspec.structs.replace(row, text=said[row.id]) for row in tables.alarms]
    legs = ("okx ETH-USDT-SWAP -8 still open", "okx BTC-USDT-SWAP -5 still open")
    text = "okx is down: no answer within 5 s"
    tables.flattens = [msgspec.structs.replace(row, text=text, legs=legs) for row in tables.flattens]
    return tables


def face_of(tables: Tables, *, first: bool = False) -> Face:
    """An app whose desk answers every question; `first`: nothing is set up yet."""
    face = told(tables)
    face.app.setup = FakeSetup(first=first)
    face.link.answers["history"] = scenes.answered(scenes.past())
    face.link.answers["alarms"] = scenes.answered([])
    face.link.answers["order"] = scenes.answered(OrderLife(scenes.order_rows()[0], (), ()))
    face.link.answers["audit"] = scenes.answered(sheets.loop_sheet().changes)
    return face


async def go(face: Face, pilot: Pilot[str], place: str) -> None:
    """To the overview, a screen or a dialog, and wait until everything there is at rest."""
    await settled(pilot)
    if place in SCREENS:
        face.app.action_open(place)
        await face.app.workers.wait_for_complete()
        await settled(pilot)
    for key in DIALOGS.get(place, ()):
        await pilot.press(key)
        await face.app.workers.wait_for_complete()
        await settled(pilot)
    face.app.flush()
    await settled(pilot)


def dialog_of(face: Face) -> list[str]:
    """What stands in the box of the dialog on top, its border with it; nothing where there is none."""
    found = face.app.screen.query("#dialog")
    if not isinstance(face.app.screen, Dialog) or not found:
        return []
    box = found.first().region
    picture = face.app.screen._compositor.render_strips()
    return [strip.crop(box.x, box.right).text for strip in picture[box.y : box.bottom]]


def lines_of(face: Face) -> list[str]:
    """What stands on the screen, line by line."""
    picture = face.app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip) for strip in picture]
