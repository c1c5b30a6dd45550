"""Messages to bytes and back: msgpack, one message a frame.

An `Ack` carries its result as JSON text; inside msgpack that is a byte string, hence the wire form of it here.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from cockpit.link.messages import Ack, Delta, Goodbye, Hello, Snapshot, ToClient, ToDesk


class CodecError(ConnectionError):
    """The peer sent a frame that is no message; the connection is of no further use."""


class _WireAck(msgspec.Struct, frozen=True, tag="ack"):
    id: str
    ok: bool
    error: str
    result: bytes


_WireToClient: TypeAlias = Hello | Goodbye | Snapshot | Delta | _WireAck

_encoder = msgspec.msgpack.Encoder()
_to_desk: msgspec.msgpack.Decoder[ToDesk] = msgspec.msgpack.Decoder(ToDesk)
_to_client: msgspec.msgpack.Decoder[_WireToClient] = msgspec.msgpack.Decoder(_WireToClient)


def encode_to_desk(message: ToDesk) -> bytes:
    return _encoder.encode(message)


def encode_to_client(message: ToClient) -> bytes:
    if isinstance(message, Ack):
        return _encoder.encode(_WireAck(message.id, message.ok, message.error, bytes(message.result)))
    return _encoder.encode(message)


def decode_to_desk(payload: bytes) -> ToDesk:
    """Raises `CodecError` for anything but a whole message of the right shape."""
    try:
        return _to_desk.decode(payload)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise CodecError(f"not a message to a desk: {error}") from None


def decode_to_client(payload: bytes) -> ToClient:
    """Raises `CodecError` for anything but a whole message of the right shape."""
    try:
        message = _to_client.decode(payload)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise CodecError(f"not a message to a client: {error}") from None
    if isinstance(message, _WireAck):
        return Ack(message.id, message.ok, message.error, msgspec.Raw(message.result))
    return message
