"""The replay as it looks: the picture in docs/pictures, drawn from a real journal. `make pictures` draws it anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from replay_kit import Session, record
from test_replay_face import Shown

PICTURE = Path(__file__).parents[3] / "docs" / "pictures" / "replay.svg"


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return record(tmp_path / "journal.sqlite")


async def test_the_picture_of_a_replay(session: Session) -> None:
    shown = Shown(session)
    try:
        async with shown.app.run_test(size=(120, 36)) as pilot:
            await shown.settle(pilot)
            shown.player.seek(session.busy.ts)
            shown.player.faster(1)
            await shown.settle(pilot)
            svg = shown.app.export_screenshot(title="cockpit replay")
    finally:
        await shown.link.close()
    if os.environ.get("COCKPIT_PICTURE"):
        PICTURE.parent.mkdir(exist_ok=True)
        PICTURE.write_text(svg, encoding="utf-8")
    drawn = PICTURE.read_text(encoding="utf-8")
    for word in ("REPLAY", "5x", "L1", "running", "mk", "tk", "seek"):
        assert word in svg
        assert word in drawn
