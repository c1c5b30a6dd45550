"""A crash of a process that holds keys must not write its memory to the disk."""

from __future__ import annotations

from contextlib import suppress


def forbid_core_dumps() -> None:
    """No core file of this process and of those that it starts. Does nothing where the platform has no such limit."""
    try:
        import resource
    except ImportError:
        return
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
