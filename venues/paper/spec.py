"""What a paper exchange consists of: written by the desk, read by the exchange's process."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec

from venues.paper.queue import QueueModelKind


class SpecError(ValueError):
    """A specification that cannot be used; the text names the file, the field, the value and what would be right."""


class AccountSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    venue: str
    """Name of a profile."""
    cash: dict[str, Decimal]
    """Opening balance by asset; counts only where the account is new."""
    maker_bps: Decimal | None = None
    """Fees of the account's own tier, bps of notional; None for the venue's."""
    taker_bps: Decimal | None = None


class CaptureSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A recorded market, replayed once at the speed it was recorded, on a venue of that profile."""

    venue: str
    path: str


class PaperSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    accounts: tuple[AccountSpec, ...] = ()
    bases: tuple[str, ...] = ("BTC", "ETH", "SOL")
    """Base coins of the synthetic markets of each venue that has no capture."""
    captures: tuple[CaptureSpec, ...] = ()
    seed: int = 1
    event_rate: float | None = None
    """Book events a second on each synthetic market when calm; None for each venue's own."""
    queue: QueueModelKind = QueueModelKind.CONSERVATIVE
    profiles: str | None = None
    """The user's own profile file, over the built-in one."""


def check_spec(spec: PaperSpec, where: str) -> None:
    """Raise `SpecError` for what the types cannot say. `where` names the source of the spec in the text."""
    if spec.event_rate is not None and not 0 < spec.event_rate <= 10_000:
        raise SpecError(f"{where}: event_rate = {spec.event_rate}: expected events a second above 0, up to 10000")
    names = [account.name for account in spec.accounts]
    for account in spec.accounts:
        if not account.name or names.count(account.name) > 1:
            raise SpecError(f"{where}: account name {account.name!r}: expected a name that no other account has")
        for asset, amount in account.cash.items():
            if not amount.is_finite() or amount < 0:
                raise SpecError(f"{where}: account {account.name}: cash {asset} = {amount}: expected 0 or more")
    if not spec.bases and not spec.captures:
        raise SpecError(f"{where}: bases is empty and no captures are named: expected at least one market")


def read_spec(path: Path) -> PaperSpec:
    """Read a spec from a `.toml` or a JSON file; raises `SpecError`."""
    try:
        content = path.read_bytes()
        decode = msgspec.toml.decode if path.suffix == ".toml" else msgspec.json.decode
        spec = decode(content, type=PaperSpec)
    except OSError as error:
        raise SpecError(f"{path}: cannot be read: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SpecError(f"{path}: {error}") from None
    check_spec(spec, str(path))
    return spec
