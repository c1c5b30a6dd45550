"""A desk that answers as it is told, served on a socket of its own; and the kit, one folder up, that tests of the
command line use too."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cockpit.link.server import LinkServer
from venues.model import SystemClock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from link_kit import FakeDesk


@pytest.fixture
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("s") / "run" / "desk.sock"


@pytest.fixture
async def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
async def server(desk: FakeDesk, path: Path) -> AsyncIterator[LinkServer]:
    made = LinkServer(desk, path, SystemClock())
    await made.start()
    yield made
    await made.close()
