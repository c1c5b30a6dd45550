"""The scene for desk and terminal: a bench exchange, a desk process of its own with two loops, a client at 4 Hz."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import BinaryIO

import msgspec

from cockpit import locations
from cockpit.account_config import AccountConfig
from cockpit.bench.child import BenchError, ExchangeChild
from cockpit.bench.exchange import Load
from cockpit.config import Config, config_text
from cockpit.desk.risk import RiskLimits
from cockpit.link.client import SocketLink
from cockpit.link.messages import Launch
from venues.model import SystemClock

ACCOUNTS = ("extended", "lighter", "backpack", "grvt")
CLIENT_HZ = 4.0
START_S = 30.0
LOOPS = (("extended", "lighter", "BTC", "0.05"), ("backpack", "grvt", "ETH", "1"))
"""Maker, taker, coin, size."""


class Scene(msgspec.Struct, frozen=True):
    desk_pid: int
    environ: dict[str, str]
    """For whoever is to find that desk."""
    link: SocketLink
    exchange: ExchangeChild


@asynccontextmanager
async def scene(rate: float, fills_per_s: float) -> AsyncIterator[Scene]:
    """Everything running, both loops launched. All of it ends with the context. Raises `BenchError`."""
    with tempfile.TemporaryDirectory(prefix="cockpit-bench-") as folder:
        environ = {**os.environ, locations.HOME_VARIABLE: folder}
        places = locations.find(environ)
        places.prepare()
        limits = RiskLimits(max_leverage=Decimal(100), max_orders_per_s=100)
        config = Config(risk=limits, accounts=tuple(AccountConfig(name=name, venue=name) for name in ACCOUNTS))
        places.config_file.write_text(config_text(config), encoding="utf-8")
        load = Load(str(places.paper_socket), ACCOUNTS, rate, fills_per_s)
        with ExchangeChild(load) as exchange, places.desk_log.open("wb") as log:
            desk = _start_desk(environ, log)
            numbers = count(1)
            link = SocketLink(
                places.desk_socket,
                SystemClock(),
                ids=lambda: f"bench-{next(numbers)}",
                origin="bench",
                rate_hz=CLIENT_HZ,
            )
            try:
                await link.start()
                await _wait_for(link, desk, places.desk_log)
                for maker, taker, coin, size in LOOPS:
                    params = {"maker": maker, "taker": taker, "ticker": coin, "size": size, "iterations": "0"}
                    await _launch(link, params)
                yield Scene(desk.pid, environ, link, exchange)
            finally:
                await link.close()
                # Its journal and its exchange go with it: there is nothing that a clean stop would save.
                desk.kill()
                desk.wait()


def _start_desk(environ: dict[str, str], log: BinaryIO) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "cockpit", "desk"]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environ)


def _tail(log: Path) -> str:
    return log.read_text(errors="replace").strip()[-500:]


async def _wait_for(link: SocketLink, desk: subprocess.Popen[bytes], log: Path) -> None:
    """Until the desk answers and every account has been reconciled."""
    until = asyncio.get_running_loop().time() + START_S
    while not (await link.ready(0.2) and all(row.health == "live" for row in link.store.accounts.values())):
        late = asyncio.get_running_loop().time() > until
        if late or desk.poll() is not None:
            text = _tail(log) or link.trouble or "its accounts are not live"
            raise BenchError(f"the desk did not come up: {text}")
        await asyncio.sleep(0.05)


async def _launch(link: SocketLink, params: dict[str, str]) -> None:
    """A price may still be on its way: a refusal is asked again for a while."""
    for _ in range(20):
        ack = await link.send(Launch("hedge", params))
        if ack.ok:
            return
        await asyncio.sleep(0.25)
    raise BenchError(f"the desk refused the loop: {ack.error}")
