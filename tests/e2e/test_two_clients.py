"""Several clients of one desk: each sees what the others do, and one that never reads holds nobody up."""

from __future__ import annotations

import asyncio

import msgspec
from process_kit import Home, loop_of, trading

from cockpit.link.answers import OrdersPage
from cockpit.link.codec import encode_to_desk
from cockpit.link.messages import Attach, Command, Flatten, Launch, Pause, Query, SetParams
from venues.wire import frame

PARAMS = {"maker": "extended", "taker": "lighter", "ticker": "BTC", "size": "0.01", "iterations": "0"}


async def test_two_clients_and_one_that_never_reads(home: Home) -> None:
    await home.desk()
    one, two = await home.link("one"), await home.link("two")
    await asyncio.gather(one.until(trading), two.until(trading))

    deaf, writer = await asyncio.open_unix_connection(str(home.places.desk_socket), limit=1)
    writer.transport.pause_reading()  # type: ignore[attr-defined]  # a socket's transport has it
    writer.write(frame(encode_to_desk(Attach(rate_hz=20))))
    for number in range(60):
        command = Command(f"deaf-{number}", "test:deaf", Query("strategies"))
        writer.write(frame(encode_to_desk(command)))

    await one.ask(Launch("hedge", PARAMS))
    await two.until(lambda store: "L1" in store.loops and loop_of(store).iterations_done >= 3)
    await two.ask(SetParams("L1", {"size": "0.02"}))
    await one.until(lambda store: loop_of(store).params["size"] == "0.02")
    await one.ask(Pause("all"))
    await two.until(lambda store: loop_of(store).state == "paused")
    assert one.store.state == two.store.state == "live"
    texts = [line.text for line in two.store.log]
    assert any(text == "launched by test:one, PAPER" for text in texts)
    assert any("size 0.01 → 0.02 by test:two" in text for text in texts)
    writer.close()
    assert not deaf.at_eof()


async def test_one_works_and_one_can_only_look(home: Home) -> None:
    await home.desk()
    anna, ben = await home.link("anna"), await home.link("ben", watch=True)
    await asyncio.gather(anna.until(trading), ben.until(trading))
    await anna.until(lambda store: store.desk and store.desk.clients == ("anna", "ben (watch)"))
    await anna.ask(Launch("hedge", PARAMS))
    await ben.until(lambda store: "L1" in store.loops and loop_of(store).hedges >= 1)

    no = await ben.send(Flatten())
    assert not no.ok
    assert "only watches" in no.error
    tried = "flatten all accounts: refused (test:ben)"
    await anna.until(lambda store: any(line.text.startswith(tried) for line in store.log))
    assert not anna.store.flattens
    assert loop_of(anna.store).state == "running"

    page = msgspec.json.decode(bytes((await ben.send(Query("orders", {"limit": "5"}))).result), type=OrdersPage)
    assert page.rows
    life = await ben.ask(Query("order", {"id": page.rows[-1].client_order_id}))
    assert life["events"][0]["status"] == "pending"
    sheet = await ben.ask(Query("loop", {"loop": "L1"}))
    assert sum(bucket["count"] for bucket in sheet["hedge_ms"]) >= 1
    refused, launched = await ben.ask(Query("audit"))
    assert (refused["origin"], launched["origin"]) == ("test:ben", "test:anna")
    assert "only watches" in refused["answer"]
    (today,) = (await ben.ask(Query("history")))["days"]
    assert today["unit_value"] == 1.0

    await ben.close()
    await anna.until(lambda store: store.desk and store.desk.clients == ("anna",))
