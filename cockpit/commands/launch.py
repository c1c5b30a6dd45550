"""`launch`: start a loop. The flags are the strategy's own parameters."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

import msgspec

from cockpit.commands.failure import USAGE, CommandFailed, Parser
from cockpit.commands.output import put, put_json
from cockpit.commands.spawn import ensure_desk
from cockpit.commands.steer import ALIASES
from cockpit.commands.talk import Talk, talk
from cockpit.link.messages import Launch
from strategies.params import ParamError, ParamSpec, parse_params, specs

STRATEGIES = {"hedge": ("strategies.hedge", "HedgeParams")}
"""Strategy to the module and name of its parameters; loaded when asked for."""

DEFAULT_TAKER = "lighter"
"""Where `--exchange` alone hedges, as perp-dex-tools does."""


def params_type(strategy: str) -> type[msgspec.Struct]:
    """Raises `CommandFailed` for a strategy that does not exist."""
    if strategy not in STRATEGIES:
        known = ", ".join(STRATEGIES)
        raise CommandFailed(f"cockpit launch: strategy {strategy!r} does not exist; expected one of {known}", USAGE)
    module, name = STRATEGIES[strategy]
    found = getattr(import_module(module), name)
    assert isinstance(found, type)
    assert issubclass(found, msgspec.Struct)
    return found


def main(verb: str, argv: Sequence[str]) -> int:
    if not argv or argv[0] in ("-h", "--help"):
        put("usage: cockpit launch STRATEGY ...\n\nStrategies: " + ", ".join(STRATEGIES))
        put("Parameters of one: cockpit launch hedge --help")
        return 0 if argv else USAGE
    strategy, rest = argv[0], argv[1:]
    raw, as_json = launch_params(strategy, rest)
    ensure_desk(None)

    async def ask(desk: Talk) -> object:
        return await desk.ask(Launch(strategy, raw), timeout=60)

    result = talk(ask)
    if as_json:
        put_json({"ok": True, "result": result})
    else:
        name = result.get("id") or result.get("loop") if isinstance(result, dict) else None
        put(f"{name or strategy} is running; watch it with `cockpit status`")
    return 0


def launch_params(strategy: str, argv: Sequence[str]) -> tuple[dict[str, str], bool]:
    """What was typed, by parameter name, and whether JSON is wanted. Raises `CommandFailed` for impossible values."""
    kind = params_type(strategy)
    parser = Parser(f"launch {strategy}", f"Start a {strategy} loop; starts the desk where none runs.")
    parser.add_json()
    parser.add_argument(
        "--exchange", metavar="ACCOUNT", help=f"maker; the taker is {DEFAULT_TAKER} where none is given"
    )
    names = {full: short for short, full in ALIASES.items()}
    for spec in specs(kind):
        flags = ["--" + spec.name.replace("_", "-")]
        if spec.name in names:
            flags.append("--" + names[spec.name])
        parser.add_argument(*flags, dest=spec.name, metavar=_metavar(spec), help=_help(spec))
    options = vars(parser.parse_args(argv))
    as_json, exchange = bool(options.pop("json")), options.pop("exchange")
    raw = {name: str(value) for name, value in options.items() if value is not None}
    if exchange is not None:
        if "maker" in raw and raw["maker"] != exchange:
            text = f"--exchange: {exchange!r} is not valid; expected it alone or --maker {raw['maker']} alone"
            raise CommandFailed(f"cockpit launch {strategy}: {text}", USAGE)
        raw["maker"] = exchange
        raw.setdefault("taker", DEFAULT_TAKER)
    try:
        parse_params(kind, raw)
    except ParamError as error:
        raise CommandFailed(f"cockpit launch {strategy}: {error}", USAGE) from None
    return raw, as_json


def _metavar(spec: ParamSpec) -> str:
    return "{" + ",".join(spec.choices) + "}" if spec.choices else (spec.unit or spec.kind).upper().replace(" ", "_")


def _help(spec: ParamSpec) -> str:
    parts = [spec.doc]
    if spec.bounds:
        parts.append(spec.bounds)
    parts.append("required" if spec.default is None else f"default {spec.default or 'none'}")
    return "; ".join(parts).replace("%", "%%")
