"""What all dialects of this folder share: requests that pay nobody else, figures that go out as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

import msgspec

from venues.live.account_facts import AccountFacts
from venues.live.ccxt_types import CcxtExchange, Raw
from venues.live.dialect import Dialect, decimal
from venues.live.dialects.instance import keep_verbatim, strip_requests
from venues.live.errors import is_ccxt
from venues.model import Instrument, RejectReason
from venues.symbols import named_alike


class SealedDialect(Dialect):
    """A dialect whose ccxt instance is closed to builder, referrer, integrator and broker marks of others."""

    stripped_headers: ClassVar[tuple[str, ...]] = ()
    """Headers that ccxt adds to every request for its own good."""
    stripped_params: ClassVar[tuple[str, ...]] = ()
    """The same among the parameters, taken out before they are signed."""
    codes: ClassVar[Mapping[str, RejectReason]] = {}
    """The venue's error codes, where they say more than its words."""
    always_one_way: ClassVar[bool] = False
    """The venue has no hedge mode."""

    def configure(self, exchange: CcxtExchange, credentials: Raw) -> None:
        strip_requests(exchange, self.stripped_headers, self.stripped_params)
        keep_verbatim(exchange)

    def instrument(self, market: Raw) -> Instrument | None:
        found = super().instrument(market)
        return None if found is None else named_alike(found)

    def reject_reason(self, text: str, code: str) -> RejectReason:
        found = self.codes.get(code)
        return super().reject_reason(text, code) if found is None else found

    async def account_facts(self, exchange: CcxtExchange, symbols: Sequence[str]) -> AccountFacts:
        """What the venue says of the account, asked with read-only calls. Never raises for a question that failed:
        that one is `unanswered`."""
        asking = Asking(exchange)
        facts = AccountFacts(one_way=True) if self.always_one_way else AccountFacts()
        facts = await self.ask_modes(asking, symbols, facts)
        facts = await self.ask_key(asking, facts)
        facts = await self.ask_fees(asking, symbols, facts)
        return msgspec.structs.replace(facts, unanswered=dict(asking.unanswered))

    async def ask_modes(self, asking: Asking, symbols: Sequence[str], facts: AccountFacts) -> AccountFacts:
        """Position mode, margin mode, leverage; through ccxt where it has them."""
        one_way = facts.one_way
        if one_way is None and asking.has("fetchPositionMode"):
            mode = await asking.ask("position mode", "fetch_position_mode", symbols[0] if symbols else None)
            one_way = None if mode is None or mode.get("hedged") is None else not mode["hedged"]
        modes: dict[str, str] = {}
        leverages: dict[str, Decimal] = {}
        for symbol in symbols:
            if asking.has("fetchLeverage"):
                raw = await asking.ask(f"leverage of {symbol}", "fetch_leverage", symbol)
                if raw is not None:
                    both = [decimal(_text(raw.get(key))) for key in ("longLeverage", "shortLeverage")]
                    known = [figure for figure in both if figure is not None]
                    if known:
                        leverages[symbol] = max(known)
                    if raw.get("marginMode"):
                        modes[symbol] = str(raw["marginMode"])
            if symbol not in modes and asking.has("fetchMarginMode"):
                raw = await asking.ask(f"margin mode of {symbol}", "fetch_margin_mode", symbol)
                if raw is not None and raw.get("marginMode"):
                    modes[symbol] = str(raw["marginMode"])
        return msgspec.structs.replace(facts, one_way=one_way, margin_modes=modes, leverages=leverages)

    async def ask_key(self, asking: Asking, facts: AccountFacts) -> AccountFacts:
        """What the key may do and until when; ccxt has no word for it, so each venue asks in its own way."""
        return facts

    async def ask_fees(self, asking: Asking, symbols: Sequence[str], facts: AccountFacts) -> AccountFacts:
        """The dearest fees of the account among `symbols`."""
        found: list[Raw] = []
        if asking.has("fetchTradingFee"):
            for symbol in symbols:
                raw = await asking.ask(f"fees of {symbol}", "fetch_trading_fee", symbol)
                if raw is not None:
                    found.append(raw)
        elif asking.has("fetchTradingFees"):
            every = await asking.ask("fees", "fetch_trading_fees")
            found = [every[symbol] for symbol in symbols if every is not None and symbol in every]
        makers = [figure for raw in found if (figure := decimal(_text(raw.get("maker")))) is not None]
        takers = [figure for raw in found if (figure := decimal(_text(raw.get("taker")))) is not None]
        if not makers or not takers:
            return facts
        return msgspec.structs.replace(facts, maker_fee=max(makers), taker_fee=max(takers))


class Asking:
    """Questions of one account check: each answers or is noted as unanswered."""

    def __init__(self, exchange: CcxtExchange) -> None:
        self.exchange = exchange
        self.unanswered: dict[str, str] = {}

    def has(self, method: str) -> bool:
        return self.exchange.has.get(method) in (True, "emulated")

    async def ask(self, what: str, method: str, *arguments: Any) -> Any:
        """What `method` of the instance returns; None where it failed, and then `what` is unanswered."""
        try:
            return await getattr(self.exchange, method)(*arguments)
        except (TimeoutError, OSError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
            self.unanswered[what] = type(error).__name__
        except Exception as error:
            # Only the kind of the error is kept: its text quotes the signed request.
            if not is_ccxt(error):
                raise
            self.unanswered[what] = type(error).__name__
        return None


def _text(figure: object) -> object:
    """Leverages and fees may come as floats out of ccxt's own arithmetic; they are no money, and are shown, not
    booked."""
    return str(figure) if isinstance(figure, float) else figure
