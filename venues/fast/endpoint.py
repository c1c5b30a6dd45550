"""Where a venue is: its own hosts, or one base URL in their place (a loopback server, a testnet)."""

from __future__ import annotations

import re

import msgspec


class Endpoint(msgspec.Struct, frozen=True):
    """Base URLs without a path and without a slash at the end."""

    http: str
    ws: str

    @classmethod
    def of(cls, text: str, *, http: str, ws: str) -> Endpoint:
        """`text` is empty for the venue's own hosts, else `http(s)://host` or `http(s)://host|ws(s)://host`.

        Raises `ValueError` for anything else."""
        if not text:
            return cls(http, ws)
        rest, _, stream = text.partition("|")
        match = re.fullmatch(r"http(s?)://([^/\s]+)/?", rest)
        if match is None or (stream and re.fullmatch(r"wss?://[^/\s]+/?", stream) is None):
            raise ValueError(f"endpoint is {text!r}; expected http://HOST:PORT, or http://HOST:PORT|ws://HOST:PORT")
        return cls(rest.rstrip("/"), stream.rstrip("/") or f"ws{match[1]}://{match[2]}")
