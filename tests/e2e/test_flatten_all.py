"""Flatten of everything by the command line, on real processes: success is what the venues say, and nothing else."""

from __future__ import annotations

from process_kit import Home, WatchedLink, killed, loop_of, trading

from cockpit.link.messages import Launch, Resume
from cockpit.link.store import Store

COINS = {"BTC": "0.01", "ETH": "0.3", "SOL": "5"}
PAIRS = (("extended", "lighter"), ("backpack", "grvt"))
ACCOUNTS = {name for pair in PAIRS for name in pair}


def state_of(store: Store, id_: str) -> str:
    """How a flatten is; empty before the client has heard of it."""
    row = store.flattens.get(id_)
    return row.state if row is not None else ""


def all_hold(store: Store) -> bool:
    """Every account holds every coin."""
    return len([row for row in store.positions.values() if row.qty]) == len(ACCOUNTS) * len(COINS)


async def six_loops(home: Home) -> WatchedLink:
    """Six loops that have built twelve positions, and hold them."""
    await home.desk()
    link = await home.link()
    await link.until(trading)
    for maker, taker in PAIRS:
        for coin, size in COINS.items():
            params = {"maker": maker, "taker": taker, "ticker": coin, "size": size, "iterations": "0", "sleep": "600"}
            await link.ask(Launch("hedge", params))
    await link.until(all_hold)
    return link


async def test_four_accounts_and_three_coins_are_flat_when_it_says_so(wide_home: Home) -> None:
    link = await six_loops(wide_home)
    said = await wide_home.run("flatten", "--all", "--json")
    assert said.code == 0, said
    assert (said.json["ok"], said.json["state"], said.json["legs"]) == (True, "flat", [])
    assert set(said.json["accounts"]) == ACCOUNTS
    accounts = (await wide_home.run("accounts", "--json")).json
    assert {account["name"] for account in accounts} == ACCOUNTS
    assert [account["positions"] for account in accounts] == [[]] * len(ACCOUNTS)
    assert {account["state"] for account in accounts} == {"reducing"}, "entries stay denied until the operator resumes"
    await link.ask(Resume("all"))
    await link.until(all_hold)


async def test_with_a_venue_out_of_reach_it_says_what_is_left_and_goes_on(wide_home: Home) -> None:
    link = await six_loops(wide_home)
    assert (await wide_home.run("paper", "fault", "lighter", "unreachable")).code == 0
    await link.until(lambda store: store.accounts["lighter"].health.value == "down")
    said = await wide_home.run("flatten", "--all", "--json", "--timeout", "30")
    assert said.code == 1, said
    assert (said.json["ok"], said.json["state"]) == (False, "blocked")
    (stake,) = [leg for leg in said.json["legs"] if leg.startswith("lighter is down")]
    for coin in COINS:
        assert f"{coin} -" in stake, "each leg that stays open is named, with its size"
    assert "USD" in stake
    kept = {leg.split(" keeps ")[0] for leg in said.json["legs"] if " keeps " in leg}
    assert {account for leg in kept for account in leg.split()[:1]} == {"extended"}, said.json["legs"]
    assert len(kept) == len(COINS)
    assert "goes on trying" in said.err
    assert f"--cancel {said.json['id']}" in said.err
    # the pair that can be closed is closed, the other one stays whole
    await link.until(lambda store: {row.account for row in store.positions.values()} == {"extended", "lighter"})

    assert (await wide_home.run("paper", "fault", "lighter", "clear")).code == 0
    await link.until(lambda store: state_of(store, said.json["id"]) == "flat")
    await link.until(lambda store: not store.positions)


async def test_a_flatten_survives_the_kill_of_its_desk(home: Home) -> None:
    desk = await home.desk()
    link = await home.link()
    await link.until(trading)
    params = {"maker": "extended", "taker": "lighter", "ticker": "BTC", "size": "0.01", "sleep": "600"}
    await link.ask(Launch("hedge", params))
    await link.until(lambda store: len(store.positions) == 2 and loop_of(store).phase == "holding")
    assert (await home.run("paper", "fault", "lighter", "unreachable")).code == 0
    await link.until(lambda store: store.accounts["lighter"].health.value == "down")
    handed = await home.run("flatten", "--all", "--json", "--no-wait")
    assert handed.code == 4, "taken, and nothing is known yet"
    id_ = handed.json["id"]
    await link.until(lambda store: state_of(store, id_) == "blocked")
    await killed(desk)
    await link.until(lambda store: store.connection == "disconnected")

    again = await home.desk()
    await link.until(lambda store: store.desk is not None and store.desk.pid == again.pid)
    await link.until(lambda store: state_of(store, id_) == "blocked")
    assert {account.state for account in link.store.accounts.values()} == {"reducing"}
    resumed = await home.run("resume", "all")
    assert resumed.code == 1
    assert f"{id_} is still at work" in resumed.err
    assert (await home.run("paper", "fault", "lighter", "clear")).code == 0
    await link.until(lambda store: state_of(store, id_) == "flat")
    await link.until(lambda store: not store.positions)
