"""The desk's own life, seen from the command line: starting, stopping, hanging."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
from cli_kit import one_line, serving
from link_kit import FakeDesk

from cockpit import locations
from cockpit.app import CockpitApp
from cockpit.cli import main
from cockpit.commands import launch, spawn, talk
from cockpit.link.client import Link, SocketLink
from cockpit.link.inprocess import InProcessLink
from cockpit.link.messages import Ack, Command, Launch, Shutdown
from venues.model import Clock


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> locations.Locations:
    monkeypatch.setenv(locations.HOME_VARIABLE, str(tmp_path))
    return locations.find()


@pytest.fixture
def desk(places: locations.Locations) -> Iterator[FakeDesk]:
    fake = FakeDesk()
    with serving(fake, places.desk_socket):
        yield fake


def test_desk_stop_waits_until_it_is_gone(places: locations.Locations, capsys: pytest.CaptureFixture[str]) -> None:
    fake = FakeDesk()
    with serving(fake, places.desk_socket) as thread:

        def answer(command: Command) -> Ack:
            if isinstance(command.verb, Shutdown):
                thread.stop()
            return Ack(command.id, ok=True)

        fake.answer = answer
        assert main(["desk", "stop", "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == {"ok": True, "pid": 4711}
    assert not places.desk_socket.exists()


def test_desk_stop_says_so_when_it_does_not_end(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["desk", "stop", "--timeout", "0.2"]) == 1
    assert "still running after 0.2 s" in one_line(capsys.readouterr().err)


def test_paper_stop(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["paper", "stop"]) == 1
    assert "a desk trades on the paper exchange" in one_line(capsys.readouterr().err)
    assert main(["paper", "stop", "--force", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"ok": True, "was_running": False}


def test_a_desk_that_dies_at_once_shows_its_words(tmp_path: Path) -> None:
    log = tmp_path / "desk.log"
    log.write_text("an older run\n")
    command = [sys.executable, "-c", "import sys; sys.exit('config.toml: [desk] x: expected y')"]
    with pytest.raises(spawn.CommandFailed) as failed:
        spawn.start_desk(command, log, lambda: False)
    assert "exit code 1" in str(failed.value)
    assert "config.toml: [desk] x: expected y" in str(failed.value)
    assert "an older run" not in str(failed.value)


def test_a_desk_that_never_answers_is_given_up(tmp_path: Path) -> None:
    log = tmp_path / "desk.log"
    with pytest.raises(spawn.CommandFailed, match="does not answer after 0 s"):
        spawn.start_desk([sys.executable, "-c", "input()"], log, lambda: False, timeout=0)


def test_launch_waits_while_an_account_is_still_compared_with_its_venue(
    desk: FakeDesk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(launch, "ASK_AGAIN_S", 0.0)
    refusals = ["maker: account extended has not been reconciled yet"] * 2
    refusals.append("maker: account extended is down: connecting to trade")

    def answer(command: Command) -> Ack:
        if refusals:
            return Ack(command.id, ok=False, error=refusals.pop())
        return Ack(command.id, ok=True, result=msgspec.Raw(b'{"loop":"L1"}'))

    desk.answer = answer
    argv = ["launch", "hedge", "--exchange", "extended", "--ticker", "BTC", "--size", "0.01"]
    assert main(argv) == 0
    assert capsys.readouterr().out.startswith("L1 is running")
    assert [type(command.verb) for command in desk.commands] == [Launch] * 4
    refusals.append("maker: account extended is halted: by hand")
    assert main(argv) == 1, "any other no is final"
    refusals.append("maker: account extended has not been reconciled yet")
    monkeypatch.setattr(launch, "SETTLE_S", 0.0)
    assert main(argv) == 1, "at last it gives up"


def test_a_desk_that_answers_is_left_alone(desk: FakeDesk) -> None:
    assert not spawn.ensure_desk(None)


def test_a_long_log_is_put_aside(tmp_path: Path) -> None:
    log = tmp_path / "desk.log"
    log.write_bytes(b"x" * (spawn.MAX_LOG + 1))
    spawn.start_desk([sys.executable, "-c", "print('hello')"], log, lambda: True)
    assert (tmp_path / "desk.log.old").stat().st_size == spawn.MAX_LOG + 1


def test_the_desks_config_must_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["desk", "--config", "/nowhere.toml"]) == 1
    assert "'/nowhere.toml' is not a file" in one_line(capsys.readouterr().err)


def test_a_desk_that_says_nothing(
    places: locations.Locations, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody listens and never speaks: a desk that hangs."""
    monkeypatch.setattr(talk, "CONNECT_S", 0.1)
    places.prepare()
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(places.desk_socket))
        deaf.listen()
        assert main(["status"]) == 3
    assert "the desk does not answer" in one_line(capsys.readouterr().err)


class Face(CockpitApp):
    """The app without its screen: looks once at the store that it was given."""

    seen: ClassVar[dict[str, Any]] = {}

    def __init__(self, link: Link, clock: Clock, **options: Any) -> None:
        super().__init__(link, clock, **options)
        self.options = options

    async def run_async(self, **_options: Any) -> str:
        assert isinstance(self.link, (SocketLink, InProcessLink))
        await self.link.start()
        assert await self.link.ready(10)
        store = self.link.store
        clients = store.desk.clients if store.desk is not None else ()
        Face.seen = {"loops": list(store.loops), "watch": store.watch, "clients": clients, **self.options}
        return "Detached."


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cockpit.commands.tui.on_terminal", lambda: True)


def test_the_cockpit_attaches_to_the_desk_that_runs(
    desk: FakeDesk,
    places: locations.Locations,
    terminal: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("cockpit.app.CockpitApp", Face)
    assert main([]) == 0
    assert capsys.readouterr().out == "Detached.\n"
    assert Face.seen["loops"] == ["h1"]
    assert Face.seen["pictures"] == places.pictures
    assert desk.commands == [], "attaching asks for nothing"
    assert Face.seen["watch"] is False


def test_who_watches_is_known_for_it(
    desk: FakeDesk, terminal: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("cockpit.app.CockpitApp", Face)
    assert main(["--watch"]) == 0
    assert capsys.readouterr().out == "Detached.\n"
    assert Face.seen["watch"] is True
    (who,) = Face.seen["clients"]
    assert who.endswith(" (watch)")


def test_a_desk_of_its_own(terminal: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    closed: list[bool] = []

    @asynccontextmanager
    async def embedded_desk(_config: Path | None) -> AsyncIterator[FakeDesk]:
        yield FakeDesk()
        closed.append(True)

    monkeypatch.setattr("cockpit.app.CockpitApp", Face)
    monkeypatch.setattr("cockpit.desk_process.embedded_desk", embedded_desk)
    assert main(["--embedded"]) == 0
    assert capsys.readouterr().out == "", "nothing goes on, so nothing is promised"
    assert closed == [True]


def test_the_face_cannot_be_made(desk: FakeDesk, terminal: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--theme", "no-such"]) == 2
    assert "theme: 'no-such' does not exist" in one_line(capsys.readouterr().err)
    assert main(["--config", "/nowhere.toml"]) == 2
    assert "'/nowhere.toml' is not a file" in one_line(capsys.readouterr().err)


def test_a_desk_that_does_not_come_up(
    monkeypatch: pytest.MonkeyPatch, places: locations.Locations, capsys: pytest.CaptureFixture[str]
) -> None:
    """The whole way: a real process is started with a configuration that it must refuse."""
    places.prepare()
    places.config_file.write_text("[desk]\npublish_hz = 1000\n")
    argv = ["launch", "hedge", "--exchange", "extended", "--ticker", "BTC", "--size", "0.01"]
    assert main(argv) == 1
    err = capsys.readouterr().err
    assert "the desk did not start (exit code 1)" in err
    assert "publish_hz = 1000: expected" in err
    places.config_file.unlink()
    places.config.rmdir()
    places.config.write_text("in the way")
    assert main(argv) == 1
    assert f"folder {places.config}" in one_line(capsys.readouterr().err)
