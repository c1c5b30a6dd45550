"""What signs orders beside ccxt: where it is found on this machine, and what installs it where it is not."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import msgspec

from venues.live.dialects import DIALECTS
from venues.live.finding import Finding, Level


class Machine(msgspec.Struct, frozen=True):
    """The system and the processor that a native library must fit."""

    system: str
    """`linux`, `macos` or `windows`."""
    arch: str
    """`x86_64` or `aarch64`."""

    @classmethod
    def here(cls) -> Machine:
        system = {"darwin": "macos", "win32": "windows"}.get(sys.platform, "linux")
        arch = platform.machine().lower()
        return cls(system, {"amd64": "x86_64", "arm64": "aarch64"}.get(arch, arch))

    def __str__(self) -> str:
        return f"{self.system} {self.arch}"


class Signer(msgspec.Struct, frozen=True):
    """One thing that makes signatures."""

    name: str
    purpose: str
    platforms: frozenset[tuple[str, str]]
    """(system, arch) pairs for which it is published."""
    install: str
    """The one line that installs it."""


LIGHTER_LIBRARIES: Mapping[tuple[str, str], str] = {
    ("linux", "x86_64"): "lighter-signer-linux-amd64.so",
    ("linux", "aarch64"): "lighter-signer-linux-arm64.so",
    ("macos", "x86_64"): "lighter-signer-darwin-amd64.dylib",
    ("macos", "aarch64"): "lighter-signer-darwin-arm64.dylib",
    ("windows", "x86_64"): "lighter-signer-windows-amd64.dll",
}

SIGNERS: Mapping[str, Signer] = {
    "lighter": Signer(
        "lighter",
        "Lighter's native library, out of lighter-sdk 1.1.8 without its dependencies (its urllib3 is not ccxt's)",
        frozenset(LIGHTER_LIBRARIES),
        "python -m pip install --no-deps lighter-sdk==1.1.8",
    ),
    "apex": Signer(
        "apex",
        "zkLink's native library, out of apexomni 3.4.2 without its dependencies (apexpro 1.2.0 has none)",
        frozenset({("linux", "x86_64"), ("macos", "x86_64"), ("macos", "aarch64"), ("windows", "x86_64")}),
        "python -m pip install --no-deps apexomni==3.4.2",
    ),
}
"""Beside those that ccxt brings itself: coincurve for the Ethereum signatures, starknet in pure Python. For Linux
aarch64 apexomni has a 32-bit library, which a 64-bit Python cannot load."""

APEX_FOLDERS: Mapping[tuple[str, str], str] = {
    ("linux", "x86_64"): "pc/linux_x86",
    ("macos", "x86_64"): "x86",
    ("macos", "aarch64"): "arm",
    ("windows", "x86_64"): "pc",
}
APEX_MODULE = "apexpro.zklink_sdk"
"""The name under which ccxt imports it."""

CCXT_SIGNERS: Mapping[str, str] = {
    "aster": "coincurve",
    "grvt": "coincurve",
    "hyperliquid": "coincurve",
    "polymarket": "coincurve",
}
"""Modules without which ccxt cannot sign for the venue; hard dependencies of ccxt, so only a broken install lacks them.
backpack needs only `cryptography`; extended and paradex sign in pure Python; binanceusdm, bybit and okx by HMAC."""

CONFLICTS: Mapping[str, str] = {
    "bpx-py": "wants cryptography <44, ccxt >=50: use ccxt for Backpack",
    "driftpy": "wants urllib3 ==1.26.13, ccxt ==2.8.0",
    "dydx-v4-client": "wants coincurve <21, ccxt ==21.0.0",
    "grvt-pysdk": "wants websockets ==13.1, paradex-py >=15: use ccxt for GRVT",
    "lighter-sdk": "wants urllib3 <2.1, ccxt ==2.8.0: install it with --no-deps, for its library alone",
}
"""SDKs that must not be installed with their dependencies."""


def module_exists(name: str) -> bool:
    """Whether Python would find this top-level module; nothing of it is run."""
    return bool(_folders(name)) or _spec(name) is not None


def lighter_library(machine: Machine | None = None, folders: Sequence[Path] | None = None) -> Path | None:
    """The native library out of an installed lighter-sdk; None where there is none for this machine."""
    here = Machine.here() if machine is None else machine
    name = LIGHTER_LIBRARIES.get((here.system, here.arch))
    if name is None:
        return None
    return _first(folder / "signers" / name for folder in (_folders("lighter") if folders is None else folders))


def apex_signer(machine: Machine | None = None, folders: Sequence[Path] | None = None) -> Path | None:
    """The Python file of zkLink beside its library, out of an installed apexomni; None where there is none."""
    here = Machine.here() if machine is None else machine
    inner = APEX_FOLDERS.get((here.system, here.arch))
    if inner is None:
        return None
    homes = _folders("apexomni") if folders is None else folders
    return _first(folder / inner / "zklink_sdk.py" for folder in homes)


def offer_apex_signer() -> bool:
    """Load zkLink under the name that ccxt imports, without the rest of apexomni, whose dependencies conflict. False
    where it is not installed."""
    if APEX_MODULE in sys.modules:
        return True
    path = apex_signer()
    if path is None:
        return False
    spec = spec_from_file_location(APEX_MODULE, path)
    if spec is None or spec.loader is None:
        return False
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    package = sys.modules.setdefault("apexpro", ModuleType("apexpro"))
    setattr(package, "zklink_sdk", module)  # noqa: B010  # a bare module has no such attribute yet
    sys.modules[APEX_MODULE] = module
    return True


def missing(dialect_name: str, machine: Machine | None = None) -> list[Finding]:
    """What this machine lacks to sign for the venue; empty where nothing. Raises `KeyError` for an unknown venue."""
    here = Machine.here() if machine is None else machine
    dialect = DIALECTS[dialect_name]
    if dialect.refused:
        return [Finding(Level.STOP, f"{dialect_name} cannot be traded: {dialect.refused}")]
    found: list[Finding] = []
    module = CCXT_SIGNERS.get(dialect_name, "")
    if module and not module_exists(module):
        found.append(Finding(Level.STOP, f"{dialect_name} cannot sign: {module} is missing", "make venv"))
    signer = SIGNERS.get(dialect.native)
    if signer is None:
        return found
    if (here.system, here.arch) not in signer.platforms:
        also = ", ".join(sorted(f"{system} {arch}" for system, arch in signer.platforms))
        found.append(
            Finding(
                Level.STOP,
                f"{dialect_name} cannot sign on {here}: {signer.purpose} is published for {also} only",
                "run the desk for this venue on one of those machines",
            )
        )
    elif not _installed(signer, here):
        found.append(
            Finding(Level.STOP, f"{dialect_name} cannot sign: {signer.purpose} is not installed", signer.install)
        )
    return found


def _installed(signer: Signer, machine: Machine) -> bool:
    found = apex_signer(machine) if signer.name == "apex" else lighter_library(machine)
    return found is not None


def _spec(package: str) -> ModuleSpec | None:
    try:
        return find_spec(package)
    except (ImportError, ValueError):
        return None


def _folders(package: str) -> list[Path]:
    spec = _spec(package)
    return [] if spec is None else [Path(place) for place in spec.submodule_search_locations or ()]


def _first(paths: Iterable[Path]) -> Path | None:
    return next((path for path in paths if path.is_file()), None)
