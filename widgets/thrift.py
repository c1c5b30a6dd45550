"""Sends the terminal only the columns that are dirty.

Textual 8.2.8 writes a dirty span from the left edge of its widget on, once for every span of a line: a table in which
three cells of a row changed sends the row's beginning three times. Over SSH that is most of the traffic.
"""

from __future__ import annotations

from rich.console import Console, RenderableType
from rich.control import Control
from textual._compositor import ChopsUpdate, CompositorUpdate


class ThriftyUpdate(CompositorUpdate):
    """The same update, each span cut on both sides."""

    def __init__(self, update: ChopsUpdate) -> None:
        self._update = update

    def render_segments(self, console: Console) -> str:
        """What goes to the terminal, escape sequences and all."""
        out: list[str] = []
        update = self._update
        for y, x1, x2 in update.spans:
            for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
                if strip is None or x >= x2 or end <= x1:
                    continue
                first, last = max(x, x1), min(end, x2)
                out.append(Control.move_to(first, y).segment.text)
                out.append(strip.crop(first - x, last - x).render(console))
        return "".join(out)


def thrifty(renderable: RenderableType | None) -> RenderableType | None:
    """The thrifty form of a partial update; anything else as it came."""
    return ThriftyUpdate(renderable) if isinstance(renderable, ChopsUpdate) else renderable
