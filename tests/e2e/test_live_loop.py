"""A hedge loop on live accounts through real ccxt.pro and real sockets, while the exchanges misbehave.

Maker on a served Binance, taker on a served Lighter; each exchange, the desk and every verb is a process of its own,
and what the desk has booked is held against the exchanges' own books."""

from __future__ import annotations

import sys

import pytest
from live_kit import CENT, LOUD, LiveHome, live_home, over, traded
from process_kit import loop_of

from cockpit.link.store import Store
from venues.live.signers import missing

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(bool(missing("lighter")), reason="the native signer of Lighter is not installed"),
]

LOOP = ("--maker", "maker", "--taker", "taker", "--ticker", "BTC", "--size", "0.01")
PREMIUM = ("--maker-fee", "0.4", "--taker-fee", "2.8")
LOST_S = 20
LONG_S = 180.0


async def test_twenty_cycles_while_a_server_is_cut_a_token_expires_a_nonce_is_wrong_and_a_book_has_a_gap() -> None:
    async with live_home() as home:
        await _twenty_cycles(home)


async def _twenty_cycles(home: LiveHome) -> None:
    # a premium account: orders of a standard one share 60 requests a minute with every question
    binance, lighter = await home.serve("binanceusdm"), await home.serve("lighter", *PREMIUM)
    accounts = {"maker": binance, "taker": lighter}
    _, link = await traded(
        home, {"maker": (binance, 0), "taker": (lighter, 0)}, program=(sys.executable, "-c", LOUD), lift=True
    )
    assert "REAL MONEY" in (await home.good("launch", "hedge", *LOOP, "--iter", "20")).out
    await link.until(lambda store: "L1" in store.loops)

    async def cycles(number: int) -> None:
        await link.until(lambda store: loop_of(store).iterations_done >= number or over(store), LONG_S)
        assert not over(link.store) or number == 20, loop_of(link.store)

    await cycles(2)
    await lighter.fault("nonce", account="one", path="sendTx")
    await cycles(4)
    await lighter.fault("5xx-after", account="one", path="sendTx")
    await binance.fault("gap")
    await lighter.fault("gap")
    await cycles(6)
    await lighter.fault("expired-token", account="one")
    await binance.fault("expired-token", account="one")
    await cycles(9)

    def owes(store: Store) -> bool:
        return bool(loop_of(store).owed_base)

    await link.until(owes, LONG_S)
    # with a hedge on its way
    await lighter.fault("refuse", seconds=LOST_S)
    await link.until(lambda store: store.accounts["taker"].health.value == "down")
    await cycles(20)

    row = loop_of(link.store)
    assert row.state == "done", row
    assert row.iterations_done == 20
    assert not row.exposure_base
    assert not row.owed_base
    books = await home.agrees(accounts)
    for kept in books.values():
        assert kept.flat
    loop = await home.wear("loop", "L1")
    assert abs(loop["wear_usd"] - sum(kept.wear for kept in books.values())) < CENT
    # every fault was met, and shows
    for served in accounts.values():
        assert await served.faults() == []
    log = home.log()
    for words in (
        "after nonce",  # the gaps, as each venue numbers its books
        "after update",
        "maker is down: fills: the log-in has ended",
        "taker is down: fills: invalid auth",
        "taker is back",
    ):
        assert words in log, words
