"""Nonces as Hyperliquid keeps them: per signer the 100 highest, each once, within a window around now.

Source: the venue's documentation, "Nonces and API wallets".
"""

from __future__ import annotations

KEEP = 100
DAY_MS = 86_400_000
PAST_MS = 2 * DAY_MS
FUTURE_MS = DAY_MS


class NonceBook:
    """What each signer has used. Signers do not share nonces, and accounts that share a signer do."""

    def __init__(self) -> None:
        self._used: dict[str, set[int]] = {}

    def take(self, signer: str, nonce: int, now_ms: int) -> str:
        """Use `nonce`; returns "" or the venue's reason to refuse it, in which case nothing is used up."""
        if nonce <= now_ms - PAST_MS:
            return f"Invalid nonce: nonce too low {nonce} < {now_ms - PAST_MS}"
        if nonce >= now_ms + FUTURE_MS:
            return f"Invalid nonce: nonce too high {nonce} > {now_ms + FUTURE_MS}"
        used = self._used.setdefault(signer, set())
        if nonce in used:
            return f"Invalid nonce: duplicate nonce {nonce}"
        if len(used) >= KEEP:
            lowest = min(used)
            if nonce < lowest:
                return f"Invalid nonce: nonce too low {nonce} < {lowest}"
            used.discard(lowest)
        used.add(nonce)
        return ""
