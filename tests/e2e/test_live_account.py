"""A live account and its rehearsal: the real adapter, real sockets, and the paper exchange as the server."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cockpit.account_config import AccountConfig
from cockpit.config import parse_config
from cockpit.desk.desk import Desk, DeskOptions
from cockpit.desk.journal import Journal
from cockpit.desk.orders import Order
from cockpit.desk.refusals import LaunchError
from cockpit.host.live_accounts import LiveAccounts
from strategies.protocol import Role
from strategies.registry import STRATEGIES
from venues.model import OrderStatus, Side, SteadyClock, SystemClock, TimeInForce
from venues.model.secret import Secret

D = Decimal
PATIENCE_S = 90.0
CONFIG = """
[live]
bases = ["BTC"]

[[account]]
name = "real"
venue = "binanceusdm"
mode = "live"
endpoint = "{url}"

[[account]]
name = "rehearsal"
venue = "binanceusdm"
mode = "rehearsal"
endpoint = "{url}"
"""


@pytest.fixture
def served() -> Iterator[Mapping[str, Any]]:
    """What the server says of itself when it is ready."""
    command = [sys.executable, "-m", "cockpit", "paper", "serve", "--dialect", "binanceusdm", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()
            process.wait(20)


class Stage:
    def __init__(self, served: Mapping[str, Any], folder: Path) -> None:
        self._keys = {name: Secret(text) for name, text in served["accounts"][0]["credentials"].items()}
        config = parse_config(CONFIG.format(url=served["url"]), folder / "config.toml")
        clock = SteadyClock(SystemClock())
        venues = LiveAccounts(
            config, clock=clock, rng=random.Random(1), profiles_file=folder / "none", state=folder, load=self._load
        ).venues()
        self.desk = Desk(
            clock=clock,
            journal=Journal.open(str(folder / "journal.sqlite")),
            venues=list(venues.values()),
            strategies=STRATEGIES,
            options=DeskOptions(live=config.live.rules(config.accounts)),
        )

    async def _load(self, account: AccountConfig) -> Mapping[str, Secret]:
        return self._keys

    async def until(self, true: Callable[[], object]) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE_S
        while not true():
            assert loop.time() < deadline, [line.text for line in self.desk.alarms.lines]
            await asyncio.sleep(0.05)

    async def ready(self, name: str) -> None:
        account, markets = self.desk.accounts[name], self.desk.markets
        await self.until(lambda: account.up and account.reconciled_ts and markets.value(name, "BTCUSDT"))

    async def buy(self, name: str, qty: str) -> Order:
        """An order that takes, through the desk's one door."""
        market = self.desk.markets.of(name, "BTCUSDT")
        assert market.ask is not None
        order = self.desk.executor.send(
            self.desk.loops.desk_owner.next_id(Role.OPEN), loop="", leg="", account=name, symbol="BTCUSDT",
            side=Side.BUY, qty=D(qty), price=market.instrument.round_price(market.ask * D("1.002"), up=False),
            tif=TimeInForce.IOC,
        )  # fmt: skip
        await self.until(lambda: order.status.terminal and order.done)
        return order


async def test_watched_then_let_trade_small_at_first(served: Mapping[str, Any], tmp_path: Path) -> None:
    stage = Stage(served, tmp_path)
    desk = stage.desk
    await desk.start()
    try:
        await stage.ready("real")
        await stage.ready("rehearsal")
        real = desk.accounts["real"]
        denied = await stage.buy("real", "0.005")
        assert denied.status is OrderStatus.DENIED
        assert "read-only" in denied.reason
        rehearsed = await stage.buy("rehearsal", "0.005")
        assert rehearsed.filled_qty == D("0.005")
        assert await real.venue.positions() == (), "what was rehearsed moved nothing"

        with pytest.raises(LaunchError, match="had 0 fills in rehearsal"):
            desk.going_live.grant(real, typed="real", by="op")
        desk.going_live.grant(real, typed="real", by="op", skip_rehearsal=True)
        await stage.until(lambda: not real.up)
        await stage.ready("real")
        filled = await stage.buy("real", "0.005")
        assert filled.filled_qty == D("0.005"), filled.reason
        (position,) = await real.venue.positions()
        assert position.qty == D("0.005")
        too_large = await stage.buy("real", "0.05")
        assert "max_order_notional_usd of real 500" in too_large.reason

        desk.going_live.revoke(real, by="op")
        await stage.until(lambda: not real.up)
        await stage.ready("real")
        assert (await stage.buy("real", "0.001")).status is OrderStatus.DENIED
    finally:
        await desk.stop()
        desk.journal.close()
