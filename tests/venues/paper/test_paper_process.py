"""The paper exchange as a process: it outlives its desks, and its accounts outlive it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from capture_kit import usdm
from paper_socket_kit import WAIT_S, D, Recorder

from venues.model import (
    NS_PER_S,
    BookUpdate,
    FillReport,
    LiquiditySide,
    OrderRequest,
    OrderStatus,
    OrderStatusReport,
    Side,
    SystemClock,
    TimeInForce,
    VenueRejected,
)
from venues.paper import launcher
from venues.paper.client import PaperClient
from venues.paper.launcher import LaunchError, ensure_running, shutdown
from venues.paper.pid_file import AlreadyRunning, PidFile, is_held, pid_path
from venues.paper.process import main, serve
from venues.paper.spec import AccountSpec, CaptureSpec, PaperSpec, SpecError
from venues.paper.state import PaperStateError

SYMBOL = "BTCUSDT"
FAST = "\n".join(f"{path} = {{ base_ms = 1 }}" for path in ("submit", "cancel", "ack", "fill", "data", "query"))
CASH = {"USDT": D(100_000)}


@dataclass
class Place:
    """Where one test's exchange lives."""

    folder: Path
    spec: PaperSpec

    @property
    def socket(self) -> Path:
        return self.folder / "p.sock"

    @property
    def state(self) -> Path:
        return self.folder / "p.json"

    @property
    def log(self) -> Path:
        return self.folder / "p.log"

    async def run(self, spec: PaperSpec | None = None) -> int:
        status = await ensure_running(spec or self.spec, self.socket, state_path=self.state, log_path=self.log)
        return status.pid

    async def client(self, account: str = "maker") -> tuple[PaperClient, Recorder]:
        client, recorder = PaperClient(account, self.socket, SystemClock()), Recorder()
        await client.connect(recorder)
        return client, recorder

    def arguments(self) -> list[str]:
        config = self.folder / "config.json"
        if not config.exists():
            config.write_bytes(msgspec.json.encode(self.spec))
        return ["--socket", str(self.socket), "--state", str(self.state), "--config", str(config)]


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    profiles = tmp_path / "venues.toml"
    profiles.write_text(f"[binance]\n{FAST}\n[bybit]\n{FAST}\n")
    accounts = (AccountSpec("maker", "binance", CASH),)
    place = Place(tmp_path, PaperSpec(accounts, bases=("BTC",), event_rate=300, profiles=str(profiles)))
    yield place
    try:
        await shutdown(place.socket)
    except LaunchError:
        # whatever a failed test left behind must not outlive it
        os.kill(int(pid_path(place.socket).read_text()), signal.SIGKILL)
        raise


async def touch(client: PaperClient, recorder: Recorder) -> BookUpdate:
    """The newest book, subscribing first."""
    client.subscribe([SYMBOL])
    await recorder.until(lambda: any(isinstance(event, BookUpdate) for event in recorder.events))
    return next(event for event in reversed(recorder.events) if isinstance(event, BookUpdate))


def order(client: PaperClient, name: str, ticks: int, tif: TimeInForce = TimeInForce.GTC) -> OrderRequest:
    """A buy; post-only where it rests."""
    price = client.instruments[SYMBOL].ticks_to_price(ticks)
    return OrderRequest(name, SYMBOL, Side.BUY, D("0.01"), price, tif, post_only=tif is TimeInForce.GTC)


def fills(recorder: Recorder) -> list[FillReport]:
    return [event for event in recorder.events if isinstance(event, FillReport)]


async def buy(client: PaperClient, recorder: Recorder, name: str) -> FillReport:
    """Take 0.01 BTC."""
    book = await touch(client, recorder)
    client.submit(order(client, name, book.asks[0][0] + 500, TimeInForce.IOC))
    await recorder.until(lambda: any(fill.client_order_id == name for fill in fills(recorder)))
    return fills(recorder)[-1]


DESK = """
import asyncio, sys
from pathlib import Path
from capture_kit import usdm
from paper_socket_kit import Recorder
from test_paper_process import order, touch
from venues.model import OrderStatusReport, SystemClock
from venues.paper.client import PaperClient

async def main():
    client, recorder = PaperClient("maker", Path(sys.argv[1]), SystemClock()), Recorder()
    await client.connect(recorder)
    for attempt in range(100):
        book = await touch(client, recorder)
        name = f"desk-{attempt}"
        # the best bid there is: the next seller is ours
        client.submit(order(client, name, book.asks[0][0] - 1))
        mine = lambda: [e for e in recorder.events if isinstance(e, OrderStatusReport) and e.client_order_id == name]
        await recorder.until(lambda: bool(mine()))
        if mine()[0].status != "rejected":
            break
    print(name, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_orders_fill_while_the_desk_is_dead(place: Place) -> None:
    await place.run()
    here = Path(__file__).parent
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(here), str(here.parents[2])])}
    desk = await asyncio.create_subprocess_exec(
        sys.executable, "-c", DESK, str(place.socket), stdout=asyncio.subprocess.PIPE, env=environment
    )
    assert desk.stdout is not None
    name = (await asyncio.wait_for(desk.stdout.readline(), WAIT_S)).decode().strip()
    desk.kill()
    await desk.wait()
    client, recorder = await place.client()
    page = await client.fills_since("")
    if not page.fills:
        await recorder.until(lambda: bool(fills(recorder)))
        page = await client.fills_since("")
    assert {(fill.client_order_id, fill.liquidity) for fill in page.fills} == {(name, LiquiditySide.MAKER)}
    (position,) = await client.positions()
    assert position.qty == sum(fill.qty for fill in page.fills)
    assert position.qty > 0
    await client.close()


async def test_positions_survive_a_restart_and_the_client_finds_its_way_back(place: Place) -> None:
    pid = await place.run()
    client, recorder = await place.client()
    bought = await buy(client, recorder, "c1")
    before = await client.positions(), await client.fills_since(""), (await client.balances())[0].cash
    os.kill(pid, signal.SIGTERM)
    assert "connection lost" in await recorder.down()
    assert await place.run() != pid
    await recorder.up(times=2)
    (position,) = await client.positions()
    (earlier,) = before[0]
    assert (position.qty, position.entry_price) == (earlier.qty, earlier.entry_price)
    assert (await client.balances())[0].cash == before[2]
    found = await client.query_order(client_order_id="c1")
    assert found is not None
    assert (found.status, found.filled_qty) == (OrderStatus.FILLED, bought.qty)
    assert [fill.trade_id for fill in (await client.fills_since("")).fills] == [bought.trade_id]
    assert (await client.fills_since(before[1].cursor)).fills == ()
    await client.close()


async def test_a_killed_exchange_is_down_and_starts_again(place: Place) -> None:
    pid = await place.run()
    client, recorder = await place.client()
    os.kill(pid, signal.SIGKILL)
    await recorder.down()
    client.submit(order(client, "c1", 500_000))
    await recorder.until(lambda: bool(recorder.events))
    (told,) = recorder.events
    assert isinstance(told, OrderStatusReport)
    assert (told.status, told.text) == (OrderStatus.REJECTED, "not connected")
    # its socket file is still there: a dead one is no obstacle
    assert place.socket.exists()
    await place.run()
    await recorder.up(times=2)
    await client.close()


async def test_an_exchange_that_runs_is_found_and_grows(place: Place) -> None:
    pid = await place.run()
    more = msgspec.structs.replace(place.spec, accounts=(*place.spec.accounts, AccountSpec("taker", "bybit", CASH)))
    assert await place.run(more) == pid
    client, recorder = await place.client("taker")
    assert client.venue == "bybit"
    maker, maker_recorder = await place.client()
    near, far = (await touch(client, recorder)).asks[0][0], (await touch(maker, maker_recorder)).asks[0][0]
    assert abs(near - far) < near // 200, "two venues of one world are not half a percent apart"
    await client.close()
    await maker.close()
    wrong = msgspec.structs.replace(place.spec, accounts=(AccountSpec("maker", "bybit", CASH),))
    with pytest.raises(LaunchError, match="refused: spec: account maker: venue 'bybit': it is open on binance already"):
        await place.run(wrong)


async def test_two_desks_that_start_it_at_once_share_one(place: Place) -> None:
    pids = await asyncio.gather(place.run(), place.run())
    assert len(set(pids)) == 1


async def test_what_keeps_it_from_starting_is_told_with_its_log(place: Place) -> None:
    place.state.write_text('{"version": 9}')
    with pytest.raises(LaunchError, match=r"(?s)did not start .* ends:\n.*p\.json: written in format 9"):
        await place.run()
    assert not is_held(place.socket)
    assert not await shutdown(place.socket)


async def test_a_bad_spec_starts_nothing(place: Place) -> None:
    with pytest.raises(SpecError, match="event_rate = 0: expected events a second above 0"):
        await place.run(msgspec.structs.replace(place.spec, event_rate=0))
    assert not pid_path(place.socket).exists()


async def test_a_process_that_does_not_answer_is_named(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher, "STOP_TIMEOUT_S", 0.05)
    lock = PidFile(place.socket)
    with pytest.raises(LaunchError, match=r"holds .*p\.sock\.pid but has not answered within 0\.05 s"):
        await place.run()
    with pytest.raises(LaunchError, match="has not ended within"):
        await shutdown(place.socket, timeout=0.05)
    lock.release()


async def test_served_in_this_process_it_does_the_same(place: Place) -> None:
    stop, ready = asyncio.Event(), asyncio.Event()
    serving = asyncio.ensure_future(serve(place.spec, place.socket, place.state, stop, ready.set))
    await asyncio.wait_for(ready.wait(), WAIT_S)
    assert await place.run() == os.getpid()
    more = msgspec.structs.replace(place.spec, accounts=(AccountSpec("taker", "bybit", CASH),))
    await place.run(more)
    client, recorder = await place.client("taker")
    await buy(client, recorder, "c1")
    with pytest.raises(VenueRejected, match="fault 'earthquake': expected one of"):
        await client.fault("earthquake")
    await client.fault("unreachable")
    assert await recorder.down() == "unreachable"
    await client.fault("clear")
    await recorder.up(times=2)
    await client.close()
    assert await shutdown(place.socket) is True
    await asyncio.wait_for(serving, WAIT_S)
    assert set(msgspec.json.decode(place.state.read_bytes())["accounts"]) == {"maker", "taker"}


async def test_a_capture_plays_from_now_on(place: Place) -> None:
    path = usdm().trade("100.10", "0.500", buyer_maker=False).write(place.folder, packed=True, name="btcusdt.gz")
    spec = msgspec.structs.replace(place.spec, captures=(CaptureSpec("binance", str(path)),))
    stop, ready = asyncio.Event(), asyncio.Event()
    serving = asyncio.ensure_future(serve(spec, place.socket, place.state, stop, ready.set))
    await asyncio.wait_for(ready.wait(), WAIT_S)
    client, recorder = await place.client()
    book = await touch(client, recorder)
    await recorder.until(lambda: any(isinstance(event, BookUpdate) and event.bids for event in recorder.events))
    assert client.instruments[SYMBOL].tick == D("0.1")
    assert abs(book.ts_event - SystemClock().now_ns()) < 60 * NS_PER_S
    stop.set()
    await asyncio.wait_for(serving, WAIT_S)
    await client.close()


async def test_two_captures_of_one_symbol_on_a_venue_are_refused(place: Place) -> None:
    capture = CaptureSpec("binance", str(usdm().write(place.folder)))
    spec = msgspec.structs.replace(place.spec, captures=(capture, capture))
    with pytest.raises(SpecError, match="binance has a market 'BTCUSDT' already"):
        await serve(spec, place.socket, place.state, asyncio.Event(), lambda: None)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"venue": "bybit"}, "account maker was on bybit, the config says binance"),
        ({"positions": [{"symbol": "ETHUSDT", "lots": 5, "cost": "9"}]}, "has positions or orders on ETHUSDT, which"),
        ({"cash": 5}, "account maker: damaged: Expected `object`, got `int` - at `$.cash`; restore the file"),
    ],
)
async def test_a_saved_account_that_does_not_fit_is_kept_and_told(
    place: Place, change: dict[str, object], error: str
) -> None:
    stop = asyncio.Event()
    stop.set()
    await serve(place.spec, place.socket, place.state, stop, lambda: None)
    saved = msgspec.json.decode(place.state.read_bytes())
    saved["accounts"]["maker"] |= change
    place.state.write_bytes(msgspec.json.encode(saved))
    with pytest.raises(PaperStateError, match=f"p.json: .*{re.escape(error)}|p.json: {re.escape(error)}"):
        await serve(place.spec, place.socket, place.state, stop, lambda: None)
    assert msgspec.json.decode(place.state.read_bytes()) == saved


# -- the command -----------------------------------------------------------------------------------------------------


def command(tmp_path: Path, spec: PaperSpec | None = None) -> list[str]:
    return Place(tmp_path, spec or PaperSpec((AccountSpec("maker", "binance", CASH),), bases=("BTC",))).arguments()


def test_the_command_serves_until_sigterm_and_saves(tmp_path: Path) -> None:
    reader, writer = os.pipe()

    def end_when_ready() -> None:
        os.read(reader, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=end_when_ready)
    thread.start()
    assert main([*command(tmp_path), "--ready-fd", str(writer)]) == 0
    thread.join()
    os.close(reader)
    saved = msgspec.json.decode((tmp_path / "p.json").read_bytes())
    assert list(saved["accounts"]) == ["maker"]
    assert saved["prices"]["BTC"] == pytest.approx(60_000, rel=0.01)
    assert pid_path(tmp_path / "p.sock").read_text() == ""


def test_a_second_process_refuses_and_names_the_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock = PidFile(tmp_path / "p.sock")
    with pytest.raises(AlreadyRunning):
        PidFile(tmp_path / "p.sock")
    assert main(command(tmp_path)) == 1
    assert capsys.readouterr().err == f"paper exchange: {tmp_path}/p.sock: already served by process {os.getpid()}\n"
    lock.release()
    assert not is_held(tmp_path / "p.sock")


@pytest.mark.parametrize(
    ("spec", "error"),
    [
        (b"{", "config.json: "),
        (b'{"event_rte": 5}', "config.json: Object contains unknown field `event_rte`"),
        (b'{"accounts": [{"name": "m", "venue": "binance", "cash": {"USDT": "-1"}}]}', "cash USDT = -1: expected 0 or"),
        (b'{"accounts": [{"name": "", "venue": "binance", "cash": {}}]}', "account name '': expected a name that no"),
        (b'{"accounts": [{"name": "m", "venue": "mtgox", "cash": {}}]}', "venue 'mtgox': expected one of"),
        (b'{"bases": ["DOGE"]}', "base 'DOGE': expected one of BTC, ETH, SOL"),
        (b'{"bases": []}', "bases is empty and no captures are named"),
        (b'{"profiles": "/nowhere/venues.toml"}', "/nowhere/venues.toml: cannot be read"),
    ],
)  # fmt: skip
def test_a_bad_config_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], spec: bytes, error: str) -> None:
    (tmp_path / "config.json").write_bytes(spec)
    assert main(command(tmp_path)) == 1
    told = capsys.readouterr().err
    assert told.startswith("paper exchange: ")
    assert error in told
    assert not (tmp_path / "p.json").exists()


def test_a_file_in_the_sockets_place_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p.sock").write_text("precious")
    assert main(command(tmp_path)) == 1
    assert "there is a file that is no socket" in capsys.readouterr().err
    assert (tmp_path / "p.sock").read_text() == "precious"


def test_a_missing_config_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = command(tmp_path)
    (tmp_path / "config.json").unlink()
    assert main(arguments) == 1
    assert "config.json: cannot be read: No such file" in capsys.readouterr().err
