"""The picture in the README: a busy overview. Made anew by `COCKPIT_PICTURE=1 pytest tests/ui/test_picture.py`."""

from __future__ import annotations

import os
from pathlib import Path

import scenes
from face_kit import Face

PICTURE = Path(__file__).parents[2] / "docs" / "overview.svg"


async def test_picture_of_the_overview_shows_the_product() -> None:
    if os.environ.get("COCKPIT_PICTURE"):
        face = Face(scenes.busy())
        async with face.app.run_test(size=(120, 40)) as pilot:
            await pilot.pause()
            PICTURE.parent.mkdir(exist_ok=True)
            PICTURE.write_text(face.app.export_screenshot(title="cockpit"), encoding="utf-8")
    svg = PICTURE.read_text(encoding="utf-8")
    for word in ("PAPER", "hedge-1", "Spreads", "Funding"):
        assert word in svg
