"""The venue's own SDK (lighter-sdk 1.1.8), unmodified but for its URL, against the served exchange: its signer with
the nonces it keeps, its models of every answer, and its websocket client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.venues.served.lighter_kit import BTC, LOT, D, Served, sdk, served
from venues.served.faults import Fault, FaultKind

WAIT_S = 20.0


@asynccontextmanager
async def signer(server: Served, account: str = "one", key: str = "") -> AsyncIterator[Any]:
    given = server.credentials(account)
    keys = {int(given["apiKeyIndex"]): key or given["privateKey"]}
    client = sdk().SignerClient(server.url, int(given["accountIndex"]), keys)
    try:
        yield client
    finally:
        await client.close()


def apis(client: Any) -> tuple[Any, Any]:
    """Orders, accounts."""
    return sdk().OrderApi(client.api_client), sdk().AccountApi(client.api_client)


def token(client: Any) -> str:
    made, error = client.create_auth_token_with_expiry(api_key_index=5)
    assert error is None
    return str(made)


async def resting(client: Any, index: int, price: int, *, ask: bool = False) -> str | None:
    """A post-only order of 0.01 BTC; the error, if any."""
    _, answer, error = await client.create_order(
        BTC, index, LOT // 100, price, ask, client.ORDER_TYPE_LIMIT, client.ORDER_TIME_IN_FORCE_POST_ONLY
    )
    assert (answer is None) != (error is None)
    return None if error is None else str(error)


async def settled(ask: Callable[[], Awaitable[Any]], holds: Callable[[Any], bool]) -> Any:
    async with asyncio.timeout(WAIT_S):
        while True:
            answer = await ask()
            if holds(answer):
                return answer


async def test_a_key_that_is_not_the_accounts_is_found_out() -> None:
    async with served() as server, signer(server, key=server.credentials("two")["privateKey"]) as client:
        # its own check asks over a connection of the library, which blocks this loop: the signature tells
        assert "invalid signature" in str(await resting(client, 1, 590_000))


async def test_its_check_of_the_key() -> None:
    async with served() as server, signer(server) as client:
        assert await asyncio.to_thread(client.check_client) is None


async def test_nonces_that_it_keeps_survive_refusals() -> None:
    async with served() as server, signer(server) as client:
        assert await resting(client, 1, 590_000) is None
        assert "21728" in str(await resting(client, 1, 590_000))
        assert await resting(client, 2, 590_000) is None
        server.front.switch_on(Fault(FaultKind.NONCE, count=1, seconds=10))
        assert "21104" in str(await resting(client, 3, 590_000))
        assert await resting(client, 3, 590_000) is None


async def test_an_orders_life() -> None:
    async with served() as server, signer(server) as client:
        orders, accounts = apis(client)
        account, auth = client.account_index, token(client)

        async def active() -> Any:
            return (await orders.account_active_orders(auth, account, BTC)).orders

        assert await resting(client, 1, 590_000) is None
        (row,) = await settled(active, lambda rows: len(rows) == 1)
        assert (row.client_order_index, row.price, row.status) == (1, "59000.0", "open")
        _, _, error = await client.modify_order(BTC, 1, LOT // 50, 580_000)
        assert error is None
        (row,) = await settled(active, lambda rows: rows and rows[0].price == "58000.0")
        assert row.initial_base_amount == "0.02000"
        _, _, error = await client.cancel_order(BTC, 1)
        assert error is None
        await settled(active, lambda rows: rows == [])
        _, _, error = await client.create_market_order(BTC, 2, LOT // 2, 600_100, False)
        assert error is None

        async def trades() -> Any:
            return (await orders.trades("timestamp", 10, authorization=auth, account_index=account)).trades

        (trade,) = await settled(trades, lambda rows: len(rows) == 1)
        assert (trade.size, trade.price, trade.bid_client_id, trade.is_maker_ask) == ("0.50000", "60001.0", 2, True)
        told = server.house.exchange.account_state("one").fills
        assert [(fill.qty, fill.price) for fill in told] == [(D("0.5"), D(60_001))]
        (shown,) = (await accounts.account(by="index", value=str(account))).accounts
        assert (shown.positions[0].position, shown.positions[0].sign) == ("0.50000", 1)
        ended = (await orders.account_inactive_orders(auth, account, 10)).orders
        assert [(order.client_order_index, order.status) for order in ended] == [(2, "filled"), (1, "canceled")]


async def test_a_batch_leverage_and_cancel_all() -> None:
    async with served() as server, signer(server) as client:
        orders, accounts = apis(client)
        auth = token(client)
        expiry = server.house.now_ms() + 3_600_000
        infos = []
        for index in (1, 2):
            kind, info, _, error = client.sign_create_order(
                BTC, index, LOT // 100, 590_000, False, 0, 1, order_expiry=expiry, nonce=index - 1, api_key_index=5
            )
            assert error is None
            infos.append((kind, info))
        sent = await client.send_tx_batch([kind for kind, _ in infos], [info for _, info in infos])
        assert len(sent.tx_hash) == 2

        async def active() -> int:
            return len((await orders.account_active_orders(auth, client.account_index, BTC)).orders)

        assert await settled(active, lambda count: count == 2) == 2
        _, _, error = await client.update_leverage(BTC, client.CROSS_MARGIN_MODE, 10)
        assert error is None
        when = server.house.now_ms() + 600_000
        assert (await client.cancel_all_orders(client.CANCEL_ALL_TIF_SCHEDULED, when))[2] is None
        (shown,) = (await accounts.account(by="index", value=str(client.account_index))).accounts
        assert shown.cancel_all_time == when
        assert (await client.cancel_all_orders(client.CANCEL_ALL_TIF_IMMEDIATE, 0))[2] is None
        assert await settled(active, lambda count: count == 0) == 0


async def test_its_models_take_every_answer() -> None:
    async with served() as server, signer(server) as client:
        orders, accounts = apis(client)
        account, auth = client.account_index, token(client)
        details = await orders.order_book_details()
        shown = [(row.symbol, row.market_id, row.size_decimals) for row in details.order_book_details]
        assert shown == [("ETH", 0, 4), ("BTC", 1, 5)]
        assert len((await orders.order_books()).order_books) == 2
        book = await orders.order_book_orders(BTC, 5)
        assert (book.bids[0].price, book.asks[0].price) == ("60000.0", "60001.0")
        assert (await orders.recent_trades(BTC, 5)).trades == []
        assert (await orders.exchange_stats()).total == 2
        assert (await orders.asset_details()).asset_details[0].symbol == "USDC"
        address = server.credentials()["walletAddress"]
        assert (await accounts.accounts_by_l1_address(address)).sub_accounts[0].index == account
        assert (await accounts.account(by="l1_address", value=address)).accounts[0].index == account
        assert (await accounts.account_limits(account, auth)).user_tier == "standard"
        assert len((await accounts.apikeys(account, 255)).api_keys) == 2
        assert (await accounts.position_funding(account, 10, authorization=auth)).position_fundings == []
        assert len((await sdk().FundingApi(client.api_client).funding_rates()).funding_rates) == 2
        assert (await sdk().RootApi(client.api_client).status()).status == 200
        assert (await sdk().RootApi(client.api_client).info()).contract_address


async def test_its_websocket_client() -> None:
    async with served() as server:
        account = server.credentials()["accountIndex"]
        seen: dict[str, Any] = {}
        complete = asyncio.Event()

        def note(kind: str, told: Any) -> None:
            seen[kind] = told
            if len(seen) == 2:
                complete.set()

        client = sdk().WsClient(
            ws_url=server.ws_url,
            order_book_ids=[BTC],
            account_ids=[int(account)],
            on_order_book_update=lambda market, book: note("book", (market, book)),
            on_account_update=lambda index, told: note("account", (index, told)),
        )
        running = asyncio.ensure_future(client.run_async())
        await asyncio.wait_for(complete.wait(), WAIT_S)
        market, book = seen["book"]
        assert (market, book["bids"][0]["price"]) == (str(BTC), "60000.0")
        index, told = seen["account"]
        assert (index, told["positions"]) == (account, {})
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
