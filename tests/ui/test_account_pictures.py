"""What the account screen looks like."""

from __future__ import annotations

import msgspec
import pytest
import scenes
from face_kit import Face
from pictures_kit import SnapCompare, pressed, size_id
from sheets import told
from test_loop_pictures import LARGE, MIDDLE, PHONE, SMALL, WIDE

from cockpit.link.rows import Tables
from venues.model import Health, Mode


def first_session() -> Tables:
    """A live account in its first session that does not agree with its ledger, near a liquidation."""
    tables = scenes.busy()
    tables.accounts[0] = msgspec.structs.replace(
        scenes.account("lighter", 0, health=Health.SUSPECT, state="halted", note="rollback: 0.1 to 0.05"),
        mode=Mode.LIVE,
        live="first session: order 500, position 2000 USD, 2x, 3/20 fills",
        margin_ratio=0.83,
    )
    odd = tables.positions[0]
    liq = odd.mark * 96 / 100
    tables.positions[0] = msgspec.structs.replace(odd, ledger_qty=odd.qty * 2, foreign_qty=odd.qty / 5, liq=liq)
    return tables


@pytest.mark.parametrize("size", [PHONE, SMALL, MIDDLE, WIDE, LARGE], ids=size_id)
def test_account(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = told(scenes.busy())
    assert snap_compare(face.app, terminal_size=size, run_before=pressed(face, screen="account", of="lighter"))


@pytest.mark.parametrize("size", [PHONE, SMALL, MIDDLE], ids=size_id)
def test_live_account_in_trouble(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = told(first_session())
    assert snap_compare(face.app, terminal_size=size, run_before=pressed(face, screen="account", of="lighter"))


@pytest.mark.parametrize("size", [PHONE, MIDDLE], ids=size_id)
def test_account_that_holds_nothing(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = Face(scenes.idle())
    assert snap_compare(face.app, terminal_size=size, run_before=pressed(face, screen="account", of="backpack"))


@pytest.mark.parametrize("panel", ["3", "4", "5", "6"])
def test_each_panel_of_a_small_window(snap_compare: SnapCompare, panel: str) -> None:
    face = told(scenes.busy())
    assert snap_compare(face.app, terminal_size=PHONE, run_before=pressed(face, panel, screen="account", of="lighter"))
