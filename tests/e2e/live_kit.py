"""Live accounts against served exchanges: each exchange, the desk and every verb is a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from process_kit import Home, Said, WatchedLink, trading

from cockpit.link.messages import GoLive
from cockpit.link.store import Store

PASSPHRASE = "words for this test"
ASK_S = 10.0
CASH = Decimal(100_000)
"""What a served account starts with."""
CENT = Decimal("0.01")
LOUD = (
    "import asyncio, logging, sys; logging.basicConfig(level=logging.DEBUG); "
    "from cockpit.cli import main; sys.exit(main(sys.argv[1:]))"
)
"""The command line with everything logged that anybody would log."""
NS_PER_MS = 1_000_000


class Served:
    """`cockpit paper serve` as a process."""

    def __init__(self, dialect: str, environ: Mapping[str, str], *, seed: int = 7, more: Sequence[str] = ()) -> None:
        self.dialect = dialect
        self.ready: dict[str, Any] = {}
        self._environ = environ
        self._argv = ["--dialect", dialect, "--seed", str(seed), "--bases", "BTC", *more]
        self._process: asyncio.subprocess.Process | None = None
        self._port = 0

    async def start(self) -> None:
        """On the port that it had before, where it had one; its books are new."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cockpit", "paper", "serve", "--port", str(self._port), *self._argv),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            env=self._environ,
        )
        self._process = process
        assert process.stdout is not None
        line = await process.stdout.readline()
        assert line, f"{self.dialect} ended with {await process.wait()}"
        self.ready = json.loads(line)
        self._port = int(self.url.rpartition(":")[2])

    async def kill(self) -> None:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def url(self) -> str:
        return str(self.ready["url"])

    def credentials(self, number: int = 0) -> dict[str, str]:
        return dict(self.ready["accounts"][number]["credentials"])

    async def fault(self, kind: str, **how: object) -> None:
        await asyncio.to_thread(self._talk, "fault", {"kind": kind, **how})

    async def books(self, account: str = "one") -> Books:
        """What the exchange itself has of an account, whatever faults are on."""
        state = await asyncio.to_thread(self._talk, "state", None)
        return Books(state["accounts"][account])

    async def faults(self) -> list[Any]:
        """Those that are on, and have not met all that they were to meet."""
        return list((await asyncio.to_thread(self._talk, "state", None))["faults"])

    def _talk(self, what: str, content: Mapping[str, object] | None) -> Any:
        body = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(f"{self.url}/_paper/{what}", body, {"content-type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=ASK_S) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{what} {content}: {error.read().decode()}") from None


class Trade(NamedTuple):
    """One fill, in what exchange and desk must agree on. Not its id, which each dialect spells in its own way, and of
    its time the milliseconds, which is what venues tell."""

    ts_ms: int
    side: str
    qty: Decimal
    price: Decimal
    fee: Decimal
    liquidity: str

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Trade:
        """From a fill in an exchange's books, or from a line of `cockpit fills`."""
        qty, price, fee = (Decimal(row[name]).normalize() for name in ("qty", "price", "fee"))
        return cls(int(row["ts_event"]) // NS_PER_MS, row["side"], qty, price, fee, row["liquidity"])


class Books:
    """One account in an exchange's own books."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.row = row

    @property
    def qty(self) -> Decimal:
        return sum((Decimal(each["qty"]) for each in self.row["positions"]), Decimal(0))

    @property
    def open_orders(self) -> int:
        return len(self.row["open_orders"])

    @property
    def flat(self) -> bool:
        return not self.qty and not self.open_orders

    @property
    def fees(self) -> Decimal:
        return sum(map(Decimal, self.row["fees"].values()), Decimal(0))

    @property
    def equity(self) -> Decimal:
        return sum(map(Decimal, self.row["equity"].values()), Decimal(0))

    @property
    def funding(self) -> Decimal:
        return Decimal(self.row["funding_cost"])

    @property
    def volume(self) -> Decimal:
        return Decimal(self.row["volume"])

    @property
    def trades(self) -> list[Trade]:
        return sorted(map(Trade.of, self.row["fills"]))

    @property
    def wear(self) -> Decimal:
        """What the account has lost, USD: nothing was paid in or out."""
        return CASH - self.equity


class LiveHome(Home):
    """A cockpit whose accounts are live ones of served exchanges, their keys in an encrypted file."""

    def __init__(self, sections: str = "") -> None:
        super().__init__(("extended",), sections=sections)
        self.environ["PYTHON_KEYRING_BACKEND"] = "keyrings.cryptfile.cryptfile.CryptFileKeyring"
        self.served: list[Served] = []

    async def serve(self, dialect: str, *more: str, seed: int = 7) -> Served:
        served = Served(dialect, self.environ, seed=seed, more=more)
        await served.start()
        self.served.append(served)
        return served

    def configure(self, accounts: Mapping[str, Served], *, sections: str = "", each: str = "") -> None:
        """Live accounts by name; `each`: more lines of every account, TOML."""
        text = f'[desk]\npublish_hz = 20\n\n[live]\nbases = ["BTC"]\n\n{sections}\n'
        for name, served in accounts.items():
            text += f'\n[[account]]\nname = "{name}"\nvenue = "{served.dialect}"\nmode = "live"\n'
            text += f'endpoint = "{served.url}"\n{each}\n'
        self.places.config_file.write_text(text)

    async def with_passphrase(
        self, *argv: str, stdin: str = "", stdout: int = asyncio.subprocess.PIPE, program: Sequence[str] = ()
    ) -> asyncio.subprocess.Process:
        """A verb that opens the encrypted file; the passphrase comes by a descriptor of its own."""
        reader, writer = os.pipe()
        os.write(writer, PASSPHRASE.encode())
        os.close(writer)
        try:
            process = await asyncio.create_subprocess_exec(
                *(program or self.command()),
                *argv,
                "--passphrase-fd",
                str(reader),
                stdin=asyncio.subprocess.PIPE if stdin else asyncio.subprocess.DEVNULL,
                stdout=stdout,
                stderr=stdout,
                env=self.environ,
                pass_fds=(reader,),
            )
        finally:
            os.close(reader)
        return process

    async def keys(self, *argv: str, key: Mapping[str, str] | None = None) -> Said:
        stdin = json.dumps(key) if key is not None else ""
        process = await self.with_passphrase("keys", *argv, *(("--stdin",) if key else ()), stdin=stdin)
        out, err = await process.communicate(stdin.encode() if stdin else None)
        assert process.returncode is not None
        return Said(process.returncode, out.decode(), err.decode())

    async def add_key(self, name: str, served: Served, number: int = 0) -> None:
        added = await self.keys(
            "add", name, "--venue", served.dialect, "--endpoint", served.url, key=served.credentials(number)
        )
        assert added.code == 0, added

    async def desk(self, *options: str, program: Sequence[str] = ()) -> asyncio.subprocess.Process:
        with self.places.desk_log.open("ab") as log:
            process = await self.with_passphrase("desk", *options, stdout=log.fileno(), program=program)
        self._desks.append(process)
        return process

    async def good(self, *argv: str) -> Said:
        said = await self.run(*argv)
        assert said.code == 0, f"{argv}: {said.out}{said.err}; the desk's log: {self.log()}"
        return said

    async def figures(self, *argv: str) -> Any:
        """What a verb says as JSON, every number as it was written."""
        return json.loads((await self.good(*argv, "--json")).out, parse_float=Decimal)

    async def wear(self, scope: str, name: str) -> Mapping[str, Any]:
        found: list[Mapping[str, Any]] = [
            row for row in await self.figures("wear") if (row["scope"], row["name"]) == (scope, name)
        ]
        (row,) = found
        return row

    async def trades(self, account: str) -> list[Trade]:
        rows = await self.figures("fills", "--account", account, "--limit", "1000")
        assert len({row["trade_id"] for row in rows}) == len(rows)
        return sorted(map(Trade.of, rows))

    async def agrees(self, accounts: Mapping[str, Served], number: str = "one") -> dict[str, Books]:
        """The desk's books of these accounts are those of the exchanges, fill by fill and to the cent."""
        books = {name: await served.books(number) for name, served in accounts.items()}
        for name, kept in books.items():
            assert await self.trades(name) == kept.trades
            told = await self.wear("account", name)
            assert abs(told["fees_usd"] - kept.fees) < CENT, name
            assert abs(told["funding_usd"] - kept.funding) < CENT, name
            assert abs(told["wear_usd"] - kept.wear) < CENT, name
            assert abs(told["volume_usd"] - kept.volume) < CENT, name
            assert abs(told["unexplained_usd"]) < CENT, name
        return books

    async def close(self) -> None:
        await super().close()
        for served in self.served:
            await served.kill()


@asynccontextmanager
async def live_home(sections: str = "") -> AsyncIterator[LiveHome]:
    home = LiveHome(sections)
    try:
        yield home
    finally:
        await home.close()


async def traded(
    home: LiveHome, accounts: Mapping[str, tuple[Served, int]], *, program: Sequence[str] = (), lift: bool = False
) -> tuple[asyncio.subprocess.Process, WatchedLink]:
    """Accounts (name to exchange and number of its account there) that trade from the start; the desk and a client.
    `lift`: without the small limits of a first session."""
    home.configure({name: served for name, (served, _) in accounts.items()}, each="read_only = false")
    for name, (served, number) in accounts.items():
        await home.add_key(name, served, number)
    desk = await home.desk(program=program)
    link = await home.link()
    await link.until(trading)
    for name in accounts if lift else ():
        await link.ask(GoLive(name, "lift"))
    return desk, link


def over(store: Store) -> str:
    """How the loop has ended; empty while it goes on."""
    row = store.loops.get("L1")
    return row.state if row is not None and row.state in ("done", "halted", "stopped", "paused") else ""


def rss_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0
