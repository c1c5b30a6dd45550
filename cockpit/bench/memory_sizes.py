"""Every container that a desk holds on to, by the path that leads there, with its length."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

import msgspec

from cockpit.bench.child import BenchError

OURS = ("cockpit.", "strategies.")
"""Modules whose objects are walked into; the exchange behind a venue is not the desk's memory."""
_PLAIN = (str, bytes, int, float, bool, type(None))


def sizes(roots: Mapping[str, object]) -> dict[str, int]:
    """Path to length. Members of a container share one path, `[]`, and their lengths are summed up."""
    found: dict[str, int] = {}
    seen: set[int] = set()
    queue: deque[tuple[str, object]] = deque(roots.items())
    while queue:
        path, value = queue.popleft()
        if isinstance(value, _PLAIN) or id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, Mapping):
            found[path] = found.get(path, 0) + len(value)
            queue.extend((f"{path}[]", each) for each in value.values() if not isinstance(each, _PLAIN))
        elif isinstance(value, (list, set, frozenset, deque, tuple)):
            if not isinstance(value, tuple):
                found[path] = found.get(path, 0) + len(value)
            queue.extend((f"{path}[]", each) for each in value if not isinstance(each, _PLAIN))
        elif type(value).__module__.startswith(OURS):
            queue.extend((f"{path}.{name}", each) for name, each in _fields(value))
    return found


def counted_apart(roots: Mapping[str, object]) -> dict[str, int]:
    """`sizes` in a child of this process: counting takes memory, which would show in the next look at our own."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            with os.fdopen(writer, "wb") as out:
                out.write(msgspec.json.encode(sizes(roots)))
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        found = answer.read()
    _, ended = os.waitpid(child, 0)
    if ended:
        raise BenchError(f"the containers could not be counted (wait status {ended})")
    return msgspec.json.decode(found, type=dict[str, int])


def _fields(value: object) -> Iterator[tuple[str, object]]:
    names: dict[str, None] = dict.fromkeys(vars(value)) if hasattr(value, "__dict__") else {}
    for kind in type(value).__mro__:
        slots: str | Iterable[str] = getattr(kind, "__slots__", ())
        names.update(dict.fromkeys([slots] if isinstance(slots, str) else slots))
    for name in names:
        if not name.startswith("__") and hasattr(value, name):
            yield name, getattr(value, name)


def grown(after: list[dict[str, int]], *, least: int = 64) -> list[str]:
    """Containers that are half as large again as in the first count, and grew in every later one: a leak grows so.
    `least` is what must have come on top."""
    if len(after) < 3:
        return []
    first, last = after[0], after[-1]
    out = []
    for path, size in sorted(last.items(), key=lambda item: -item[1]):
        steps = [count.get(path, 0) for count in after]
        rose = all(later > earlier for earlier, later in pairwise(steps))
        if rose and size - first.get(path, 0) >= max(least, first.get(path, 0) // 2):
            out.append(f"{path}: {' '.join(map(str, steps))}")
    return out
