"""`--passphrase-fd`: how a process that stays is given the passphrase of the encrypted file of keys."""

from __future__ import annotations

from cockpit.commands.failure import CommandFailed, Parser


def add_passphrase(parser: Parser) -> None:
    parser.add_argument(
        "--passphrase-fd", type=int, metavar="N", help="read the passphrase of the encrypted file of keys there"
    )


def hold(verb: str, descriptor: int | None) -> None:
    """Keep what the descriptor gives for this process; None keeps nothing. Raises `CommandFailed`."""
    if descriptor is None:
        return
    from cockpit.secrets import KeysError, hold_passphrase
    from cockpit.secrets.passphrase import from_descriptor

    try:
        hold_passphrase(from_descriptor(descriptor))
    except KeysError as error:
        raise CommandFailed(f"cockpit {verb}: {error}") from None
