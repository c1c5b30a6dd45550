"""`cockpit live` on the command line, and how launches and tables name real money."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from cli_kit import one_line, results, serving
from link_kit import FakeDesk, account

from cockpit import locations
from cockpit.cli import main
from cockpit.link.messages import Ack, Command, GoLive, Launch
from venues.model import Mode

GRANTED = {"account": "mk", "trades": True, "text": "first session: order 500"}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDesk]:
    monkeypatch.setenv(locations.HOME_VARIABLE, str(tmp_path))
    places = locations.find()
    places.prepare()
    desk = FakeDesk()
    desk.answer = results({"GoLive": GRANTED, "Launch": {"loop": "L1", "text": "leverage", "modes": ["live"]}})
    with serving(desk, places.desk_socket):
        yield desk


def sent(desk: FakeDesk) -> list[object]:
    return [command.verb for command in desk.commands]


def test_nobody_to_type_the_name_is_a_usage_error(
    desk: FakeDesk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("mk\n"))
    assert main(["live", "mk"]) == 2
    assert "expected --live mk" in one_line(capsys.readouterr().err)
    assert sent(desk) == []


@pytest.mark.parametrize("typed", ["mk", "MK", ""])
def test_what_was_typed_goes_to_the_desk_as_it_is(
    desk: FakeDesk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: str
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(f"{typed}\n"))
    assert main(["live", "mk"]) == 0
    out = capsys.readouterr()
    assert "REAL MONEY" in out.err
    assert one_line(out.out) == "mk trades real money from now on; first session: order 500\n"
    assert sent(desk) == [GoLive("mk", "on", typed)]


@pytest.mark.parametrize(
    ("args", "verb", "said"),
    [
        (["--live", "mk", "--skip-rehearsal"], GoLive("mk", "on", "mk", True), "trades real money"),
        (["--off"], GoLive("mk", "off"), "is read-only from now on"),
        (["--lift"], GoLive("mk", "lift"), "no first-session limits any more"),
    ],
)
def test_each_way(desk: FakeDesk, capsys: pytest.CaptureFixture[str], args: list[str], verb: GoLive, said: str) -> None:
    assert main(["live", "mk", *args]) == 0
    assert said in one_line(capsys.readouterr().out)
    assert sent(desk) == [verb]
    assert main(["live", "mk", *args, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"ok": True, "result": GRANTED}


def test_ways_exclude_each_other(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["live", "mk", "--off", "--live", "mk"]) == 2
    assert "not allowed with argument" in capsys.readouterr().err


def test_a_refusal_of_the_desk_is_told_in_its_words(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    refuse: Callable[[Command], Ack] = lambda command: Ack(command.id, ok=False, error="account: mk is down")  # noqa: E731
    desk.answer = refuse
    assert main(["live", "mk", "--live", "mk"]) == 1
    assert one_line(capsys.readouterr().err) == "cockpit: account: mk is down\n"


def test_a_launch_says_real_money_and_mixes_only_when_asked(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["launch", "hedge", "--maker", "mk", "--taker", "tk", "--ticker", "BTC", "--size", "0.01"]
    assert main(words) == 0
    assert "L1 is running, LIVE (REAL MONEY); watch it" in capsys.readouterr().out
    assert main([*words, "--mix"]) == 0
    first, second = (verb for verb in sent(desk) if isinstance(verb, Launch))
    assert (first.mix, second.mix) == (False, True)
    assert first.params == second.params


def test_tables_name_the_kind_of_each_account(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        msgspec.structs.replace(account("a"), mode=Mode.LIVE, live="read-only"),
        msgspec.structs.replace(account("b"), mode=Mode.LIVE, live="first session: order 500"),
        msgspec.structs.replace(account("c"), mode=Mode.REHEARSAL),
        account("d"),
    ]
    desk.change(accounts=rows)
    assert main(["accounts"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line}
    assert " LIVE read-only " in lines["a"]
    assert "first session: order 500" in lines["b"]
    assert " REHEARSAL " in lines["c"]
    assert " PAPER " in lines["d"]
