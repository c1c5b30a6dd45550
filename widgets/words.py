"""Names that the desk gives to states, roles and kinds, as the operator reads them."""

from __future__ import annotations

from widgets.i18n import NP_, within

WORDS = (
    NP_("mode", "paper"), NP_("mode", "rehearsal"), NP_("mode", "live"), NP_("mode", "mixed"),
    NP_("health", "connecting"), NP_("health", "live"), NP_("health", "stale"), NP_("health", "down"),
    NP_("health", "suspect"), NP_("health", "unknown"),
    NP_("trading", "active"), NP_("trading", "reducing"), NP_("trading", "halted"),
    NP_("loop", "starting"), NP_("loop", "running"), NP_("loop", "paused"), NP_("loop", "stopping"),
    NP_("loop", "stopped"), NP_("loop", "done"), NP_("loop", "halted"), NP_("loop", "flattening"),
    NP_("phase", "opening"), NP_("phase", "holding"), NP_("phase", "closing"), NP_("phase", "waiting"),
    NP_("phase", "hedging"),
    NP_("order", "pending"), NP_("order", "in flight"), NP_("order", "open"), NP_("order", "partially filled"),
    NP_("order", "filled"), NP_("order", "canceled"), NP_("order", "rejected"), NP_("order", "expired"),
    NP_("order", "denied"), NP_("order", "unknown"),
    NP_("role", "open"), NP_("role", "close"), NP_("role", "hedge"), NP_("role", "unwind"), NP_("role", "flatten"),
    NP_("role", "reduce"), NP_("role", "foreign"), NP_("role", "watchdog"),
    NP_("side", "buy"), NP_("side", "sell"),
    NP_("leg", "maker"), NP_("leg", "taker"),
    NP_("alarm", "warning"), NP_("alarm", "critical"), NP_("alarm", "escalated"),
    NP_("log", "info"), NP_("log", "warning"), NP_("log", "error"),
    NP_("flatten", "flatten"), NP_("flatten", "reduce"), NP_("flatten", "working"), NP_("flatten", "flat"),
    NP_("flatten", "done"), NP_("flatten", "blocked"), NP_("flatten", "cancelled"), NP_("flatten", "pairs"),
    NP_("flatten", "all"),
    NP_("wear", "total"), NP_("wear", "day"), NP_("wear", "loop"), NP_("wear", "account"),
    NP_("value", "yes"), NP_("value", "no"), NP_("value", "none"), NP_("value", "trade"), NP_("value", "read-only"),
    NP_("value", "lift limits"), NP_("value", "asked for"), NP_("value", "skip"), NP_("value", "buy"),
    NP_("value", "sell"),
    NP_("source", "desk"),
    NP_("unit", "base"), NP_("unit", "ticks"), NP_("unit", "s"),
    # labels of keys, by the id of the action, where the word means something else elsewhere
    NP_("log.times", "times"),
    # within the desk's own sentences
    NP_("desk", "buy"), NP_("desk", "sell"), NP_("desk", "pending"), NP_("desk", "in_flight"), NP_("desk", "open"),
    NP_("desk", "partially_filled"), NP_("desk", "filled"), NP_("desk", "canceled"), NP_("desk", "rejected"),
    NP_("desk", "expired"), NP_("desk", "denied"), NP_("desk", "unknown"), NP_("desk", "active"),
    NP_("desk", "reducing"), NP_("desk", "halted"), NP_("desk", "flatten"), NP_("desk", "reduce"),
    NP_("desk", "PAPER"), NP_("desk", "REHEARSAL"), NP_("desk", "LIVE"), NP_("desk", "MIXED"),
    NP_("desk", "pause"), NP_("desk", "resume"), NP_("desk", "read-only"), NP_("desk", "launch"),
)  # fmt: skip


def word(kind: str, name: str) -> str:
    """A name out of `WORDS` of that kind in the operator's language; any other one as it is."""
    return within(kind, name.replace("_", " "))
