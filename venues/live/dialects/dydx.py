"""dYdX v4: listed so that who asks for it is told why not."""

from __future__ import annotations

from venues.live.dialects.sealed import SealedDialect


class Dydx(SealedDialect):
    name = "dydx"
    ccxt_id = "dydx"
    required = ("privateKey",)
    refused = (
        "ccxt 4.5.90 has no fills of an account for dYdX, neither as a stream nor by asking, so a fill that was "
        "missed could never be found; it has no private streams, funding payments or leverage either, and dYdX's "
        "own client needs a coincurve that conflicts with ccxt's"
    )
