"""The command line against a fake desk on the real socket."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from cli_kit import DeskThread, serving
from link_kit import FakeDesk, flatten_row, full_tables, wear

from cockpit import locations
from cockpit.cli import VERBS, main
from cockpit.commands import emergency, spawn
from cockpit.link.messages import (
    Ack,
    Command,
    Fault,
    Flatten,
    FlattenCancel,
    Launch,
    Pause,
    Query,
    Reduce,
    Resume,
    ResumeAccount,
    SetParams,
    Shutdown,
    Stop,
    Verb,
)
from cockpit.link.rows import FlattenRow


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> locations.Locations:
    monkeypatch.setenv(locations.HOME_VARIABLE, str(tmp_path))
    return locations.find()


@pytest.fixture
def desk(places: locations.Locations) -> Iterator[FakeDesk]:
    fake = FakeDesk()
    with serving(fake, places.desk_socket):
        yield fake


def results(by_query: dict[str, object]):
    """Answers of a desk: JSON by the query's name; everything else is taken."""

    def answer(command: Command) -> Ack:
        verb = command.verb
        body = by_query.get(verb.what) if isinstance(verb, Query) else by_query.get(type(verb).__name__)
        return Ack(command.id, ok=True, result=msgspec.Raw(msgspec.json.encode(body)))

    return answer


def one_line(text: str) -> str:
    assert text.count("\n") == 1
    assert text.endswith("\n")
    return text


FILL = {
    "ts_event": 1_763_715_600_123_000_000,
    "account": "lighter",
    "instrument": "BTC-PERP",
    "side": "buy",
    "price": 90000.10,
    "qty": "0.05",
    "base_qty": "0.05",
    "fee": "0.9",
    "fee_asset": "USD",
    "fee_usd": "0.9",
    "liquidity": "taker",
    "client_order_id": "c-1",
    "trade_id": "t-1",
    "loop": "h1",
    "role": "hedge",
}


# -- without a desk --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "argv",
    [
        ["status"],
        ["status", "--json"],
        ["accounts"],
        ["orders"],
        ["fills"],
        ["wear"],
        ["set", "h1", "size=1"],
        ["pause", "h1"],
        ["resume", "all"],
        ["stop", "h1"],
        ["flatten", "--all"],
        ["reduce", "--all", "--fraction", "0.5"],
        ["export", "fills"],
        ["report"],
        ["desk", "stop"],
        ["paper", "fault", "lighter", "slow"],
        ["resume-account", "lighter"],
    ],
    ids=" ".join,
)
def test_verbs_that_need_a_desk_say_so_in_one_line(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert one_line(err) == "cockpit: no desk is running; start one with `cockpit` or `cockpit desk`\n"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["staus"], "did you mean status?"),
        (["zzz"], "'zzz' is no verb"),
        (["status", "--bogus"], "unrecognized arguments: --bogus"),
        (["status", "--js"], "unrecognized arguments: --js"),
        (["set", "h1"], "PARAM=VALUE"),
        (["set", "h1", "size"], "'size' is not valid; expected PARAM=VALUE"),
        (["set", "h1", "=3"], "expected PARAM=VALUE"),
        (["set", "h1", "size=1", "size=2"], "size is given twice"),
        (["stop", "h1", "--mode", "soon"], "invalid choice: 'soon'"),
        (["flatten"], "say which accounts: --all, or --account A"),
        (["flatten", "--all", "--account", "a"], "say which accounts"),
        (["flatten", "--all", "--timeout", "0"], "--timeout: 0 is not valid; expected seconds > 0"),
        (["flatten", "--all", "--scope", "half"], "invalid choice: 'half'"),
        (["reduce", "--all"], "--fraction: '' is not valid; expected a number > 0, <= 1"),
        (["reduce", "--all", "--fraction", "1.5"], "'1.5' is not valid"),
        (["reduce", "--all", "--fraction", "nan"], "'nan' is not valid"),
        (["fills", "--from", "yesterday"], "'yesterday' is not valid; expected a UTC day"),
        (["fills", "--from", "2026-13-01"], "expected a UTC day"),
        (["fills", "--limit", "-1"], "expected a whole number > 0"),
        (["export", "fills", "--from", "2026-11-22", "--to", "2026-11-21"], "a time after --from 2026-11-22"),
        (["export", "orders"], "invalid choice: 'orders'"),
        (["report", "--day", "tomorrow"], "expected a UTC day"),
        (["paper", "explode"], "expected fault, stop or run"),
        (["paper", "fault", "lighter", "melt"], "invalid choice: 'melt'"),
        (["launch", "scalp"], "strategy 'scalp' does not exist; expected one of hedge"),
        (["launch", "hedge", "--maker", "a", "--taker", "b", "--ticker", "BTC", "--size", "-1"], "size: '-1'"),
        (["launch", "hedge", "--maker", "a", "--taker", "b", "--ticker", "BTC", "--size", "abc"], "size: 'abc'"),
        (["launch", "hedge", "--maker", "a", "--taker", "b", "--size", "1"], "ticker: '' is not valid"),
        (["launch", "hedge", "--exchange", "a", "--maker", "b"], "--exchange: 'a' is not valid"),
        ([], "cockpit needs a terminal"),
        (["--embedded"], "cockpit needs a terminal"),
        (["--bogus"], "unrecognized arguments"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_command_line_is_one_line_and_exit_code_2(
    argv: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in one_line(err)
    assert err.startswith("cockpit")


def test_help_names_every_verb_and_each_has_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(f"  {verb} " in text for verb in VERBS)
    for verb in VERBS.keys() - {"simulate", "bench", "launch", "paper"}:
        with pytest.raises(SystemExit) as ended:
            main([verb, "--help"])
        assert ended.value.code == 0
        assert f"usage: cockpit {verb}" in capsys.readouterr().out
    assert main(["paper", "--help"]) == 0
    assert main(["launch", "--help"]) == 0
    with pytest.raises(SystemExit):
        main(["launch", "hedge", "--help"])
    text = capsys.readouterr().out
    assert "--fill-timeout" in text
    assert "--max-position" in text
    assert main(["--version"]) == 0


def test_reading_verbs_load_no_terminal_toolkit() -> None:
    code = (
        "import sys; from cockpit.cli import main; code = main(['status']);"
        "heavy = {'textual', 'rich', 'sqlite3', 'uvloop', 'cockpit.app', 'cockpit.desk.desk'} & set(sys.modules);"
        "sys.exit(repr(heavy) if heavy else code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr


# -- reading ---------------------------------------------------------------------------------------------------------


def test_status_json_holds_what_scripts_rely_on(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--json"]) == 0
    status = json.loads(capsys.readouterr().out, parse_float=Decimal)
    lighter, extended = status["accounts"]
    assert {key: lighter[key] for key in ("name", "venue", "mode", "health", "state")} == {
        "name": "lighter",
        "venue": "lighter",
        "mode": "paper",
        "health": "live",
        "state": "active",
    }
    assert extended["health"] == "stale"
    (held,) = lighter["positions"]
    assert held["instrument"] == "BTC-PERP"
    assert held["base_qty"] == Decimal("0.05")
    assert held["liq"] is None
    assert extended["positions"][0]["base_qty"] == Decimal("-0.05")
    (loop,) = status["loops"]
    assert {key: loop[key] for key in ("id", "strategy", "state", "iterations_done", "iterations", "params")} == {
        "id": "h1",
        "strategy": "hedge",
        "state": "running",
        "iterations_done": 3,
        "iterations": 20,
        "params": {"size": "0.05", "iterations": "20"},
    }
    assert status["desk"]["pid"] == 4711
    assert status["alarms"][0]["text"] == "naked 0.05 BTC"
    assert status["flattens"] == []


@pytest.mark.parametrize("verb", ["status", "accounts", "orders", "wear"])
def test_pages_and_json_of_tables(verb: str, desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb]) == 0
    page = capsys.readouterr().out
    assert "h1" in page or verb == "accounts"
    assert main([verb, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)
    assert all(isinstance(command.verb, Query) for command in desk.commands), "reading changes nothing"


def test_an_empty_desk_reads_well(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.change(loops=[], positions=[], orders=[], alarms=[], wear=[], accounts=[])
    assert main(["status"]) == 0
    assert "no loops; start one with" in capsys.readouterr().out


def test_wear_by_scope(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wear", "--by", "loop", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["name"] == "h1"
    assert row["wear_usd"] == 36.38


def test_fills_keep_every_digit(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    exact = {**FILL, "price": Decimal("90000.123456789012345678")}
    raw = msgspec.json.Encoder(decimal_format="number").encode([FILL, exact])
    desk.answer = lambda command: Ack(command.id, ok=True, result=msgspec.Raw(raw))
    assert main(["fills", "--json", "--from", "2026-11-21", "--to", "2026-11-21", "--account", "lighter"]) == 0
    assert "90000.123456789012345678" in capsys.readouterr().out
    query = desk.commands[0].verb
    assert query == Query("fills", {"from": "1795219200000000000", "to": "1795305600000000000", "account": "lighter"})
    assert main(["fills", "--limit", "1", "--loop", "h1"]) == 0
    page = capsys.readouterr().out
    assert page.count("\n") == 2
    assert "2025-11-21 09:00:00.123" in page
    assert main(["fills", "--loop", "other", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_export_is_csv_in_a_fixed_order(desk: FakeDesk, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    desk.answer = results({"fills": [FILL], "funding": []})
    assert main(["export", "fills"]) == 0
    text = capsys.readouterr().out
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["price"] == "90000.1"
    assert row["trade_id"] == "t-1"
    assert text.splitlines()[0].startswith("ts_event,account,instrument,side,price,qty,base_qty,fee,fee_asset,fee_usd")
    target = tmp_path / "out.csv"
    assert main(["export", "fills", "-o", str(target)]) == 0
    assert target.read_text() == text
    assert main(["export", "funding"]) == 0
    assert capsys.readouterr().out.startswith("ts_event,account")
    assert main(["export", "fills", "-o", str(tmp_path)]) == 1
    assert "Is a directory" in one_line(capsys.readouterr().err)


def test_report_of_a_day(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.change(wear=[wear("day", "2025-11-21")])
    paid = {"account": "lighter", "cost": "1.5", "asset": "USD", "cost_usd": "1.5"}
    went = {"account": "extended", "kind": "withdrawal", "amount": "250", "asset": "USD"}
    desk.answer = results({"fills": [FILL, {**FILL, "liquidity": "maker"}], "funding": [paid], "transfers": [went]})
    assert main(["report", "--day", "2025-11-21"]) == 0
    page = capsys.readouterr().out
    assert "# 2025-11-21 (UTC)" in page
    assert "Wear **36.38 USD** on 300,000.00 USD: 1.210 bps" in page
    assert "| lighter | 2 | 1 | 9,000.01 | 1.80 | 1.50 | 0.00 |" in page
    assert "| extended | 0 | 0 | 0.00 | 0.00 | 0.00 | -250.00 |" in page
    assert main(["report", "--day", "2025-11-21", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["accounts"][1]["fills"] == 2
    desk.answer = results({"fills": [], "funding": [], "transfers": []})
    assert main(["report", "--day", "2024-01-01"]) == 0
    assert "No fills" in capsys.readouterr().out


def test_a_query_that_is_no_list_is_an_error(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.answer = results({"fills": None})
    assert main(["fills"]) == 1
    assert "no list" in one_line(capsys.readouterr().err)


# -- steering --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "verb"),
    [
        (["set", "h1", "size=0.02", "iter=40"], SetParams("h1", {"size": "0.02", "iterations": "40"})),
        (["set", "h1", "fill-timeout=3"], SetParams("h1", {"fill_timeout": "3"})),
        (["pause", "all"], Pause("all")),
        (["resume", "h1"], Resume("h1")),
        (["stop", "h1"], Stop("h1", "cycle")),
        (["stop", "h1", "--mode", "flatten"], Stop("h1", "flatten")),
        (["resume-account", "lighter"], ResumeAccount("lighter")),
        (["paper", "fault", "lighter", "unreachable"], Fault("lighter", "unreachable")),
        (["flatten", "--cancel", "f1"], FlattenCancel("f1")),
    ],
)
def test_steering(argv: list[str], verb: Verb, desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == 0
    assert [command.verb for command in desk.commands] == [verb]
    assert desk.commands[0].origin.startswith("cli:")
    assert capsys.readouterr().out.count("\n") == 1
    assert main([*argv, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True
    assert len({command.id for command in desk.commands}) == 2


def test_the_desks_no_is_shown_in_its_own_words(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.answer = lambda command: Ack(command.id, ok=False, error="size: '-1' is not valid; expected a number > 0")
    assert main(["set", "h1", "size=-1", "--json"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert one_line(err) == "cockpit: size: '-1' is not valid; expected a number > 0\n"


@pytest.mark.parametrize(
    ("flags", "params"),
    [
        (
            ["--maker", "extended", "--taker", "grvt", "--ticker", "BTC", "--size", "0.01", "--iter", "20"],
            {"maker": "extended", "taker": "grvt", "ticker": "BTC", "size": "0.01", "iterations": "20"},
        ),
        (
            ["--exchange", "backpack", "--ticker", "ETH", "--size", "0.1", "--fill-timeout", "5", "--sleep", "2"],
            {
                "maker": "backpack",
                "taker": "lighter",
                "ticker": "ETH",
                "size": "0.1",
                "fill_timeout": "5",
                "sleep": "2",
            },
        ),
        (
            ["--exchange", "grvt", "--taker", "extended", "--ticker", "ETH", "--size", "0.1", "--max-position", "0.3"],
            {"maker": "grvt", "taker": "extended", "ticker": "ETH", "size": "0.1", "max_position": "0.3"},
        ),
    ],
)
def test_launch(flags: list[str], params: dict[str, str], desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.answer = results({"Launch": {"id": "h7"}})
    assert main(["launch", "hedge", *flags]) == 0
    assert capsys.readouterr().out.startswith("h7 is running")
    assert desk.commands[-1].verb == Launch("hedge", params)
    assert main(["launch", "hedge", *flags, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"ok": True, "result": {"id": "h7"}}


# -- flatten ---------------------------------------------------------------------------------------------------------


class FlatteningDesk:
    """Answers a flatten's progress from a list, the last for ever."""

    def __init__(self, desk: FakeDesk, rows: list[FlattenRow]) -> None:
        self.rows = rows
        desk.answer = self.answer

    def answer(self, command: Command) -> Ack:
        if not isinstance(command.verb, Query):
            return Ack(command.id, ok=True, result=msgspec.Raw(b'{"id": "f1"}'))
        row = self.rows.pop(0) if len(self.rows) > 1 else self.rows[0]
        return Ack(command.id, ok=True, result=msgspec.Raw(msgspec.json.encode(row)))


def test_flatten_succeeds_only_when_every_venue_reads_flat(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    working = flatten_row(text="3 legs left", legs=("lighter BTC: closing",))
    FlatteningDesk(desk, [working, working, flatten_row(state="blocked"), flatten_row(state="flat", text="all flat")])
    assert main(["flatten", "--all", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == {
        "ok": True,
        "id": "f1",
        "kind": "flatten",
        "state": "flat",
        "accounts": ["lighter"],
        "text": "all flat",
        "legs": [],
        "ts": 1_763_715_600_000_000_000,
    }
    assert err == ""
    assert desk.commands[0].verb == Flatten()


def test_flatten_that_is_blocked_names_legs_and_exposure_and_fails(
    desk: FakeDesk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emergency, "BLOCKED_S", 0.0)
    blocked = flatten_row(
        state="blocked", legs=("lighter BTC-PERP 0.05: venue down",), text="would keep 0.05 BTC naked"
    )
    FlatteningDesk(desk, [blocked])
    argv = ["flatten", "--account", "lighter", "--account", "grvt", "--scope", "all", "--name", "grvt"]
    assert main(argv) == 1
    out, err = capsys.readouterr()
    assert "blocked: would keep 0.05 BTC naked" in out
    assert "not closed: lighter BTC-PERP 0.05: venue down" in out
    assert "the desk goes on trying until `cockpit flatten --cancel f1`" in err
    assert desk.commands[0].verb == Flatten(("lighter", "grvt"), "all", ("grvt",))
    assert main(["flatten", "--all", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["legs"] == ["lighter BTC-PERP 0.05: venue down"]


def test_flatten_out_of_patience(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    FlatteningDesk(desk, [flatten_row(text="2 legs left")])
    assert main(["flatten", "--all", "--timeout", "0.2"]) == 1
    assert "goes on trying" in capsys.readouterr().err


def test_flatten_cancelled_by_somebody_else_is_no_success(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    FlatteningDesk(desk, [flatten_row(state="cancelled", text="cancelled by tui:a@b")])
    assert main(["flatten", "--all"]) == 1
    assert "goes on trying" not in capsys.readouterr().err


def test_handing_over_without_waiting_is_not_success_either(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    FlatteningDesk(desk, [flatten_row()])
    assert main(["flatten", "--all", "--no-wait", "--json"]) == 4
    assert json.loads(capsys.readouterr().out)["ok"] is False


def test_reduce(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    done = msgspec.structs.replace(flatten_row(state="done"), kind="reduce")
    FlatteningDesk(desk, [done])
    assert main(["reduce", "--all", "--fraction", "0.5"]) == 0
    assert desk.commands[0].verb == Reduce("0.5")
    capsys.readouterr()


@pytest.mark.parametrize("answer", [None, {"state": "flat"}, []])
def test_an_answer_that_says_nothing_is_never_flat(
    answer: object, desk: FakeDesk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.answer = results({"Flatten": {"id": "f1"}, "flatten": answer})
    assert main(["flatten", "--all"]) == 1
    assert "does not say how f1 is" in one_line(capsys.readouterr().err)
    desk.answer = results({"Flatten": None})
    assert main(["flatten", "--all"]) == 1
    assert "named no id" in one_line(capsys.readouterr().err)


# -- the desk's own life ---------------------------------------------------------------------------------------------


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
    import socket

    from cockpit.commands import talk

    monkeypatch.setattr(talk, "CONNECT_S", 0.1)
    places.prepare()
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(places.desk_socket))
        deaf.listen()
        assert main(["status"]) == 3
    assert "the desk does not answer" in one_line(capsys.readouterr().err)


def test_two_fake_desks_never_share_a_socket(desk: FakeDesk, places: locations.Locations) -> None:
    thread = DeskThread(FakeDesk(full_tables()), places.desk_socket.with_name("other.sock"))
    thread.start()
    thread.stop()
    thread.join()
    assert places.desk_socket.exists()
