"""Whether the venue knows us. Once it has, not being known any more is a session that is over, and no answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from venues.live.ccxt_types import CcxtExchange
from venues.live.dialect import Dialect
from venues.live.errors import Redactor

RENEW_S = 30.0
"""From one time that a lost log-in cuts the private streams to the next."""
LOGIN_OVER = "the log-in has ended"


class Login:
    """Of one ccxt instance."""

    def __init__(self, dialect: Dialect, redact: Redactor, cut_private: Callable[[], None]) -> None:
        """`cut_private` closes the sockets of the private streams, so that they are dialled anew."""
        self.proven = False
        """The venue has answered a question about the account. Before that a key it does not know is a wrong key."""
        self._dialect = dialect
        self._redact = redact
        self._cut_private = cut_private
        self._cut_at = -RENEW_S

    def lost(self, error: BaseException, ccxt: CcxtExchange) -> bool:
        """Whether `error` says that the venue does not know us any more. What it has given us is then forgotten, and
        the streams that go by it are cut; not again and again, for where a fresh log-in does not help nothing will."""
        if not self.proven or not self._dialect.is_login_error(error, self._redact.words(error)[1]):
            return False
        now = asyncio.get_running_loop().time()
        if self._dialect.forget_login(ccxt) and now - self._cut_at >= RENEW_S:
            self._cut_at = now
            self._cut_private()
        return True
