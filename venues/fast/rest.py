"""Public REST questions of a book source: a body, or a reason why not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import msgspec

TIMEOUT_S = 10.0
MAX_BODY = 16 << 20
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding raises of a body or a frame that is no JSON of the right shape; the last of one nested too deep."""

Fetch: TypeAlias = Callable[[str], Awaitable[bytes]]
"""The body behind a URL. Raises `FetchError`."""


class FetchError(Exception):
    """No body came; the text says why. `retry_after_s` is what the venue asked for, 0 where it said nothing."""

    def __init__(self, text: str, retry_after_s: float = 0.0) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s


async def fetch(url: str) -> bytes:
    """GET, seldom enough that each question has a connection of its own."""
    import aiohttp  # 6 MB of memory, and not every source asks

    try:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as answer:
            if answer.status != 200:
                after = answer.headers.get("Retry-After", "")
                raise FetchError(f"HTTP {answer.status}", float(after) if after.isdigit() else 0.0)
            body = b""
            async for part in answer.content.iter_any():
                body += part
                if len(body) > MAX_BODY:
                    raise FetchError(f"an answer of more than {MAX_BODY >> 20} MB")
            return body
    except TimeoutError:
        raise FetchError(f"no answer within {TIMEOUT_S:g} s") from None
    except (aiohttp.ClientError, OSError) as error:
        raise FetchError(f"no answer: {error}") from None
