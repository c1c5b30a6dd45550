"""docs/live.md, followed word by word: its commands, its configuration, against the exchanges that it starts."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from live_kit import LiveHome, live_home
from process_kit import loop_of, trading

from venues.live.signers import missing

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.skipif(bool(missing("lighter")), reason="the native signer of Lighter is not installed"),
]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "live.md"


def steps() -> list[tuple[str, str]]:
    """(kind, text) of what the page has an operator do, in its order: `toml` files and single `sh` lines."""
    found: list[tuple[str, str]] = []
    for kind, text in re.findall(r"```(sh|toml)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        found += [(kind, line) for line in text.splitlines()] if kind == "sh" else [(kind, text)]
    return found


@pytest.mark.slow
async def test_the_page_can_be_followed_word_by_word() -> None:
    async with live_home() as home:
        walk = Walk(home)
        for kind, text in steps():
            await walk.step(kind, text)
        assert len(home.served) == 2
        for served in home.served:
            books = await served.books()
            assert books.trades
            assert books.flat


class Walk:
    def __init__(self, home: LiveHome) -> None:
        self.home = home
        self.ports: dict[str, str] = {}
        """Ports of the page to those that were free."""

    def here(self, text: str) -> str:
        for written, real in self.ports.items():
            text = text.replace(f"127.0.0.1:{written}", f"127.0.0.1:{real}")
        return text

    async def step(self, kind: str, text: str) -> None:
        home = self.home
        if kind == "toml":
            home.places.config_file.write_text(self.here(text))
            return
        program, *words = shlex.split(self.here(text))
        assert program == "cockpit"
        match words:
            case ["paper", "serve", "--dialect", dialect, "--port", port]:
                served = await home.serve(dialect, "--bases", "ETH")
                self.ports[port] = served.url.rpartition(":")[2]
            case ["keys", "add", *_]:
                (served,) = [each for each in home.served if each.url in words]
                said = await home.keys(*words[1:], key=served.credentials())
                assert said.code == 0, said
            case ["keys", *rest]:
                said = await home.keys(*rest)
                assert said.code == 0, said
            case ["desk"]:
                await home.desk()
                self.link = await home.link()
                await self.link.until(trading)
            case _:
                said = await home.good(*words)
                await self.after(words, said.out)

    async def after(self, words: list[str], out: str) -> None:
        """What the page says that one sees, or waits for, there."""
        match words:
            case ["accounts"]:
                assert out.count("read-only") == 2, out
            case ["live", _, "--live", *_]:
                assert "first session: order 500" in out
            case ["launch", *_]:
                assert "REAL MONEY" in out
                await self.link.until(lambda store: "L1" in store.loops and loop_of(store).iterations_done >= 1)
            case ["paper", "fault", *_]:
                await self.link.until(lambda store: store.accounts["taker"].health.value == "down")
                await self.link.until(trading)
            case ["wear"]:
                assert "L1" in out
