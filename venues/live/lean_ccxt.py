"""Loads single ccxt.pro exchanges. `import ccxt.pro` imports a hundred of them, 109 MB; one of them alone costs 52.

The cost lies in the `__init__` files of the packages `ccxt`, `ccxt.async_support` and `ccxt.pro`. Here three packages
of those names are put in their places which have the same `__path__` and so the same submodules, and which import what
is asked of them when it is asked. Where the real package was imported before, that is used.
"""

from __future__ import annotations

import decimal
import functools
import importlib
import sys
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

_PACKAGES = ("ccxt", "ccxt.async_support", "ccxt.pro")
_ROOT_NAMES = {"Exchange": "ccxt.base.exchange", "Precise": "ccxt.base.precise"}
"""What ccxt's own modules import from its root, and where it really lives."""
_ROOT_MODULES = ("ccxt.base.errors", "ccxt.base.decimal_to_precision")


class CcxtMissing(ImportError):
    """ccxt, or the exchange asked for, is not installed."""


class _Package(ModuleType):
    """Stands for one of ccxt's packages."""

    def __setattr__(self, name: str, value: object) -> None:
        # After importing `ccxt.pro.bybit` the import system binds that module to the name `bybit` here, where all of
        # ccxt expects the class, as the real `__init__` has it.
        if isinstance(value, ModuleType):
            inner = value.__dict__.get(name)
            value = inner if isinstance(inner, type) else value
        super().__setattr__(name, value)

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        if self.__name__ == "ccxt" and (home := _home_of(name)) is not None:
            found: object = getattr(home, name)
        else:
            full = f"{self.__name__}.{name}"
            try:
                importlib.import_module(full)
            except ModuleNotFoundError as error:
                if error.name != full:
                    raise  # the exchange is there, and something that it needs is not
                raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}") from None
            found = self.__dict__[name]
        self.__dict__[name] = found
        return found


def _home_of(name: str) -> ModuleType | None:
    if name in _ROOT_NAMES:
        return importlib.import_module(_ROOT_NAMES[name])
    for module in map(importlib.import_module, _ROOT_MODULES):
        if hasattr(module, name):
            return module
    return None


def _install() -> None:
    found = PathFinder.find_spec("ccxt")
    if found is None or not found.submodule_search_locations:
        raise CcxtMissing("ccxt is not installed: `pip install cockpit` brings it")
    base = Path(next(iter(found.submodule_search_locations)))
    for name in _PACKAGES:
        folder = str(base.joinpath(*name.split(".")[1:]))
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [folder]
        package = _Package(name)
        package.__dict__.update(__path__=[folder], __package__=name, __spec__=spec, __version__=version(base))
        sys.modules[name] = package
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, package)


def _with_a_context_of_its_own() -> None:
    """ccxt rounds by the process's decimal context and leaves it changed: halves go up from then on, and what is too
    small is an error. Whatever else here reckons in decimals must not depend on whether ccxt has rounded before."""
    module = importlib.import_module("ccxt.base.decimal_to_precision")
    plain = module.decimal_to_precision

    @functools.wraps(plain)
    def alone(*args: object, **named: object) -> object:
        with decimal.localcontext():
            return plain(*args, **named)

    # those that were imported with it have the name already
    for name, known in tuple(sys.modules.items()):
        if name.startswith("ccxt.") and vars(known).get("decimal_to_precision") is plain:
            vars(known)["decimal_to_precision"] = alone


def version(base: Path) -> str:
    """ccxt's version, read as text."""
    for line in (base / "__init__.py").read_text(encoding="utf-8").splitlines():
        if line.startswith("__version__"):
            return line.split("'")[1]
    return ""


def load(ccxt_id: str) -> type:
    """The class `ccxt.pro.<ccxt_id>`. Raises `CcxtMissing`."""
    if "ccxt" not in sys.modules:
        _install()
        _with_a_context_of_its_own()
    try:
        found = getattr(importlib.import_module("ccxt.pro"), ccxt_id)
    except AttributeError:
        raise CcxtMissing(f"ccxt.pro has no exchange {ccxt_id!r}") from None
    if not isinstance(found, type):
        raise CcxtMissing(f"ccxt.pro.{ccxt_id} is no exchange")
    return found
