"""The desk as a process: it starts, or says in one line why not; it stops clean."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest

from cockpit import locations
from cockpit.desk.journal import Journal
from cockpit.desk.journal_file import FileLock
from cockpit.desk_process import embedded_desk, main
from cockpit.link.client import SocketLink
from cockpit.link.inprocess import InProcessLink
from cockpit.link.messages import Fault, Launch, Query, Shutdown, Verb
from cockpit.link.store import Store
from venues.model import SystemClock
from venues.paper.launcher import shutdown

WAIT_S = 45.0
NEAR = ", ".join(f"{path} = {{ base_ms = 2, jitter_ms = 1 }}" for path in ("submit", "cancel", "ack", "fill", "data"))


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> locations.Locations:
    monkeypatch.setenv(locations.HOME_VARIABLE, str(tmp_path))
    places = locations.find()
    places.prepare()
    return places


def configure(places: locations.Locations, accounts: tuple[str, ...] = ("extended", "lighter")) -> None:
    text = '[paper]\nseed = 11\nevents_per_s = 60\nbases = ["BTC"]\n'
    text += "".join(f'\n[[account]]\nname = "{name}"\nvenue = "{name}"\n' for name in accounts)
    places.config_file.write_text(text)
    lines = [
        f"[{name}]\n" + NEAR.replace("}, ", "}\n") + "\ntaker_bump_ms = 0\nmaker_bump_ms = 0\n" for name in accounts
    ]
    places.profiles_file.write_text("\n".join(lines))


class Watched:
    """An in-process link on a desk, and a way to wait for what it tells."""

    def __init__(self, link: InProcessLink) -> None:
        self.link = link

    async def until(self, true: Callable[[Store], object]) -> None:
        moved = asyncio.Event()
        taken, store = self.link.store.apply, self.link.store

        def apply(message: object) -> bool:
            moved.set()
            return taken(message)  # type: ignore[arg-type]  # handed on as it came

        store.apply = apply  # type: ignore[method-assign]  # a test's ear at the store
        async with asyncio.timeout(WAIT_S):
            while not true(store):
                moved.clear()
                await moved.wait()
        store.apply = taken  # type: ignore[method-assign]

    async def ask(self, verb: Verb) -> None:
        ack = await self.link.send(verb, timeout=WAIT_S)
        assert ack.ok, ack.error


@pytest.fixture
async def embedded(places: locations.Locations) -> AsyncIterator[Watched]:
    configure(places)
    async with embedded_desk(None) as desk:
        ids = (f"t{number}" for number in range(10_000))
        link = InProcessLink(desk, SystemClock(), ids=lambda: next(ids), origin="test:op", rate_hz=10)
        await link.start()
        assert await link.ready(WAIT_S)
        yield Watched(link)
        await link.close()


async def test_an_embedded_desk_trades(embedded: Watched, places: locations.Locations) -> None:
    await embedded.until(lambda store: store.markets and all(row.bid is not None for row in store.markets.values()))
    params = {"maker": "extended", "taker": "lighter", "ticker": "BTC", "size": "0.01", "iterations": "2"}
    await embedded.ask(Launch("hedge", params))
    await embedded.until(lambda store: "L1" in store.loops and store.loops["L1"].state == "done")
    row = embedded.link.store.loops["L1"]
    assert (row.iterations_done, row.exposure_base) == (2, 0)
    assert row.hedges >= 4
    assert not places.journal.exists(), "a look round leaves nothing behind"
    assert not places.paper_socket.exists()


async def test_faults_of_an_embedded_desk(embedded: Watched) -> None:
    await embedded.ask(Fault("lighter", "unreachable"))
    await embedded.until(lambda store: store.accounts["lighter"].health.value == "down")
    await embedded.ask(Fault("lighter", "clear"))
    await embedded.until(lambda store: store.accounts["lighter"].health.value == "live")


# -- starts that fail


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs a desk that must not come up; its one line."""

    def run(config: Path | None = None, forget: tuple[str, ...] = ()) -> str:
        assert main(config, forget) == 1
        out, err = capsys.readouterr()
        assert out == ""
        assert err.count("\n") == 1, err
        assert err.startswith("cockpit desk: ")
        return err

    return run


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[desk\n", ("the file", "valid TOML")),
        ("[desk]\npublish_hz = 1000\n", ("[desk] publish_hz = 1000", "expected")),
        ("[dask]\n", ("dask", "did you mean desk?")),
        ('[[account]]\nname = "a"\nvenue = "lihgter"\n', ("venue = 'lihgter'", "did you mean lighter?")),
        ('[[account]]\nname = "a"\nvenue = "lighter"\nmode = "real"\n', ("mode = 'real'", "paper")),
        ('[paper]\nbases = ["btc"]\n', ("[paper] bases", "BTC")),
    ],
)
def test_a_broken_configuration(
    places: locations.Locations, refused: Callable[..., str], text: str, words: tuple[str, ...]
) -> None:
    places.config_file.write_text(text)
    error = refused()
    for word in (str(places.config_file), *words):
        assert word in error
    assert not places.journal.exists(), "nothing was begun"


def test_a_broken_profile(places: locations.Locations, refused: Callable[..., str]) -> None:
    configure(places)
    places.profiles_file.write_text('[lighter]\ntaker_bps = "much"\n')
    error = refused()
    for word in ("profiles.toml", "lighter", "taker_bps"):
        assert word in error


def test_a_journal_that_another_desk_has_open(places: locations.Locations, refused: Callable[..., str]) -> None:
    configure(places)
    lock = FileLock(places.journal)
    error = refused()
    lock.release()
    assert f"journal {places.journal}: another desk (process {os.getpid()}) has it open" in error
    assert "cockpit desk stop" in error
    assert not places.paper_socket.exists(), "no exchange was started for it"


def test_a_journal_of_a_newer_cockpit(places: locations.Locations, refused: Callable[..., str]) -> None:
    configure(places)
    Journal.open(places.journal).close()
    with closing(sqlite3.connect(places.journal)) as file:
        file.execute("PRAGMA user_version = 99")
    assert "has schema 99" in refused()


def test_a_file_that_is_no_journal(places: locations.Locations, refused: Callable[..., str]) -> None:
    configure(places)
    places.journal.write_bytes(b"not a database at all" * 100)
    error = refused()
    assert "is damaged or no journal" in error
    assert places.journal.read_bytes().startswith(b"not a database"), "and it was left as it is"


def test_a_folder_that_belongs_to_nobody_who_may(
    places: locations.Locations, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: Callable[..., str]
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    monkeypatch.setenv(locations.HOME_VARIABLE, str(in_the_way))
    assert f"folder {in_the_way}" in refused()


# -- whole lives, in a process of their own


class Runs:
    """Starts desks in the folder of a test, and ends what is left of them."""

    def __init__(self) -> None:
        self.started: list[asyncio.subprocess.Process] = []

    async def desk(self, *options: str) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cockpit", "desk", *options),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            preexec_fn=heeding_signals,
        )
        self.started.append(process)
        return process


def heeding_signals() -> None:
    """As in a terminal, though the tests may run in the background, where a shell has SIGINT and SIGHUP ignored."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


async def line_of(process: asyncio.subprocess.Process, words: str) -> str:
    """The first line on stdout that has the words."""
    assert process.stdout is not None
    async with asyncio.timeout(WAIT_S):
        while line := (await process.stdout.readline()).decode():
            if words in line:
                return line
    assert process.stderr is not None
    raise AssertionError(f"it ended without a word of {words!r}: {(await process.stderr.read()).decode()}")


@pytest.fixture
async def runs(places: locations.Locations) -> AsyncIterator[Runs]:
    configure(places)
    runs = Runs()
    yield runs
    for process in runs.started:
        if process.returncode is None:
            process.kill()
            await process.wait()
    await shutdown(places.paper_socket)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_a_signal_stops_it_clean(runs: Runs, places: locations.Locations, number: signal.Signals) -> None:
    desk = await runs.desk()
    await line_of(desk, "desk: started, run")
    desk.send_signal(number)
    assert await asyncio.wait_for(desk.wait(), WAIT_S) == 0
    assert desk.stderr is not None
    assert await desk.stderr.read() == b""
    assert not places.desk_socket.exists()
    assert places.paper_socket.exists(), "the exchange lives on"
    FileLock(places.journal).release()
    with closing(sqlite3.connect(places.journal)) as file:
        assert file.execute("SELECT text FROM log ORDER BY seq DESC LIMIT 1").fetchone() == ("stopped",)


async def test_an_account_with_positions_is_not_dropped_by_accident(runs: Runs, places: locations.Locations) -> None:
    desk = await runs.desk()
    await line_of(desk, "desk: started, run")
    ids = (f"t{number}" for number in range(100))
    link = SocketLink(places.desk_socket, SystemClock(), ids=lambda: next(ids), origin="test:op", rate_hz=10)
    await link.start()
    assert await link.ready(WAIT_S)
    watched = Watched(link)  # type: ignore[arg-type]  # as good as the link in process
    params = {"maker": "extended", "taker": "lighter", "ticker": "BTC", "size": "0.01", "sleep": "600"}
    await watched.ask(Launch("hedge", params))
    await watched.until(lambda store: len(store.positions) == 2 and not any(r.owed_base for r in store.loops.values()))
    await watched.ask(Query("fills"))
    await watched.ask(Shutdown())
    await link.close()
    assert await asyncio.wait_for(desk.wait(), WAIT_S) == 0

    configure(places, ("extended", "backpack"))
    desk = await runs.desk()
    _, err = await desk.communicate()
    assert desk.returncode == 1
    text = err.decode()
    assert text.count("\n") == 1
    for word in (str(places.config_file), "[[account]] lighter (removed)", "holds BTC", "--forget lighter"):
        assert word in text
    desk = await runs.desk("--forget", "lighter")
    await line_of(desk, "desk: started, run")
    desk.terminate()
    assert await asyncio.wait_for(desk.wait(), WAIT_S) == 0


async def test_a_second_desk_is_refused_while_the_first_one_runs(runs: Runs) -> None:
    first = await runs.desk()
    await line_of(first, "desk: started, run")
    second = await runs.desk()
    _, err = await second.communicate()
    assert second.returncode == 1
    assert f"another desk (process {first.pid}) has it open" in err.decode()
    assert first.returncode is None


async def test_a_log_that_nobody_reads_any_more_stops_nothing(runs: Runs, places: locations.Locations) -> None:
    desk = await runs.desk()
    await line_of(desk, "desk: started, run")
    assert desk.stdout is not None
    desk.stdout._transport.close()  # type: ignore[attr-defined]  # as `cockpit desk | head -1` does
    ids = (f"t{number}" for number in range(100))
    link = SocketLink(places.desk_socket, SystemClock(), ids=lambda: next(ids), origin="test:op")
    await link.start()
    assert await link.ready(WAIT_S)
    for _ in range(3):
        ack = await link.send(Launch("hedge", {"maker": "nobody"}))
        assert not ack.ok
        assert ack.error.startswith("taker: ")
    await link.close()
    desk.terminate()
    assert await asyncio.wait_for(desk.wait(), WAIT_S) == 0


async def test_an_alarm_reaches_the_hook_and_a_hook_that_is_missing_is_an_alarm(
    runs: Runs, places: locations.Locations, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    os.mkfifo(told)
    with places.config_file.open("a") as config:
        config.write(f'\n[alarms]\nhook = ["/bin/sh", "-c", "(echo $0; cat) > {told}", "mine"]\n')
        config.write(f'critical_hook = ["{tmp_path}/missing"]\n')
    desk = await runs.desk()
    missing = await line_of(desk, "alarm-hook/")
    assert f"{tmp_path}/missing: is no file that may be executed" in missing
    ids = (f"t{number}" for number in range(100))
    link = SocketLink(places.desk_socket, SystemClock(), ids=lambda: next(ids), origin="test:op")
    await link.start()
    assert await link.ready(WAIT_S)
    assert (await link.send(Fault("lighter", "unreachable"))).ok
    words, body = (await asyncio.to_thread(told.read_text)).splitlines()
    assert words == "mine"
    assert '"id":"down/lighter","level":"warning","text":"lighter is down: ' in body
    await link.close()
    desk.terminate()
    assert await asyncio.wait_for(desk.wait(), WAIT_S) == 0
