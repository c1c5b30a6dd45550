"""One nonce after the other; one budget for all accounts, orders first."""

from __future__ import annotations

import asyncio

import pytest
from live_loop import run_virtual

from venues.live.nonces import NonceSequencer
from venues.live.pool import Budget, VenuePool, urgent


class Key:
    """A venue that takes the next nonce and nothing else."""

    def __init__(self, at: int) -> None:
        self.next = at
        self.asked = 0
        self.taken: list[int] = []

    async def fetch(self) -> int:
        self.asked += 1
        await asyncio.sleep(0)
        return self.next

    async def take(self, nonce: int) -> int:
        await asyncio.sleep(0)
        if nonce != self.next:
            raise ValueError(f"invalid nonce {nonce}")
        self.next += 1
        self.taken.append(nonce)
        return nonce


async def test_an_ambiguous_answer_makes_the_next_ask_anew() -> None:
    key, sequencer = Key(5), NonceSequencer()

    async def used_and_lost(nonce: int) -> None:
        await key.take(nonce)
        raise TimeoutError

    with pytest.raises(TimeoutError):
        await sequencer.send(key.fetch, used_and_lost)
    assert await sequencer.send(key.fetch, key.take) == 6
    assert key.asked == 2


async def test_a_transaction_that_is_cancelled_leaves_a_doubt() -> None:
    key, sequencer = Key(1), NonceSequencer()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await sequencer.send(key.fetch, lambda nonce: asyncio.get_running_loop().create_future())
    assert await sequencer.send(key.fetch, key.take) == 1


async def test_parallel_transactions_leave_in_order_and_ask_once() -> None:
    key, sequencer = Key(10), NonceSequencer()
    await asyncio.gather(*(sequencer.send(key.fetch, key.take) for _ in range(20)))
    assert key.taken == list(range(10, 30))
    assert key.asked == 1
    key.next = 100
    sequencer.doubt()
    assert await sequencer.send(key.fetch, key.take) == 100


def test_the_pool_has_one_sequencer_a_key_and_one_budget() -> None:
    pool = VenuePool()
    assert pool.sequencer("a") is pool.sequencer("a")
    assert pool.sequencer("a") is not pool.sequencer("b")
    assert pool.budget(5) is pool.budget(9)
    with pytest.raises(ValueError, match="per_s is 0, must be above 0"):
        Budget(0)


def test_no_minute_has_more_than_its_share_and_questions_leave_room_for_orders() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        budget, stamps = Budget(1.0), []

        async def ask() -> None:
            await budget.take(1)
            stamps.append(loop.time())

        tasks = [asyncio.create_task(ask()) for _ in range(180)]
        await asyncio.gather(*tasks)
        for start in stamps:
            assert sum(start <= stamp < start + 60 for stamp in stamps) <= 60

    run_virtual(main())


def test_an_order_overtakes_questions_and_finds_its_reserve() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        budget, done = Budget(1.0), []

        async def take(name: str, first: bool) -> None:
            urgent.set(first)
            await budget.take(1)
            done.append((name, loop.time()))

        questions = [asyncio.create_task(take("question", False)) for _ in range(10)]
        await asyncio.sleep(0)
        began = loop.time()
        await asyncio.create_task(take("order", True))
        assert done[-1] == ("order", began)
        assert len(done) < 10
        for task in questions:
            task.cancel()
        await asyncio.gather(*questions, return_exceptions=True)
        # the cancelled ones hold nobody up
        await asyncio.create_task(take("later", False))
        assert done[-1][0] == "later"

    run_virtual(main())


def test_what_costs_more_than_the_bucket_goes_when_that_is_full() -> None:
    async def main() -> None:
        budget = Budget(1.0)
        async with asyncio.timeout(100):
            await budget.take(40)
            await budget.take(1)
        assert asyncio.get_running_loop().time() > 30

    run_virtual(main())
