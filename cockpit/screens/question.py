"""A question that a screen asks the desk, as often as it likes: the last good answer stays until a newer one comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Generic, TypeVar

import msgspec
from textual.worker import WorkType

from cockpit.link.client import LinkError
from cockpit.link.messages import Query
from cockpit.screens.live import LiveScreen
from venues.model import NS_PER_S
from widgets import format as fmt
from widgets.desk_words import said
from widgets.i18n import _
from widgets.paint import Cell, Span

T = TypeVar("T")

RETRY_S = 1
"""Between two questions of which the first found no answer."""
FRESH_S = 2.0
"""An answer is of now for so long."""


class Question(Generic[T]):
    """Answers are taken in the order of the questions: one that comes later than a newer one's is dropped. The screen's
    end ends it, for its workers go with it."""

    def __init__(self, screen: LiveScreen[None], what: str, kind: type[T], heard: Callable[[T], None]) -> None:
        """`heard` is called with each answer; `what` is the query's name."""
        self._screen = screen
        self._what = what
        self._kind = kind
        self._heard = heard
        self._asked = 0
        self._asked_ns: int | None = None
        """When it was asked last, monotonic clock, ns."""
        self._taken = 0
        self.waits = 0
        """Questions that no answer has come to yet."""
        self.error = ""
        """Why the newest question has no answer, in the operator's language."""
        self.refused = False
        """The desk was heard, and will not answer it: asking again will not help."""
        self.answered_ns: int | None = None
        """When the answer that stands came, wall clock, ns."""

    def ask(self, args: Mapping[str, str] | None = None) -> None:
        """Ask; nothing waits for it."""
        self._asked += 1
        self._asked_ns = self._screen.cockpit.clock.monotonic_ns()
        self.waits += 1
        question: WorkType[None] = partial(self._put, self._asked, Query(self._what, dict(args or {})))
        self._screen.run_worker(question, group=f"question.{self._what}")

    def forget(self) -> None:
        """Answers to what was asked so far are no longer wanted."""
        self._taken = self._asked

    async def _put(self, number: int, query: Query) -> None:
        cockpit = self._screen.cockpit
        error, refused = "", False
        answer: T | None = None
        try:
            ack = await cockpit.link.send(query)
            if ack.ok:
                answer = msgspec.json.decode(ack.result, type=self._kind)
            else:
                error, refused = said(ack.error), True
        except LinkError as failure:
            error = said(str(failure))
        except msgspec.MsgspecError as failure:
            # a desk of another version answers in another shape
            refused = True
            error = _("the desk's answer cannot be read: {error}").format(error=failure)
        finally:
            self.waits -= 1
        if number <= self._taken:
            return
        self.error, self.refused = error, refused
        self._taken = number
        if answer is not None:
            self.answered_ns = cockpit.clock.now_ns()
            self._heard(answer)
        cockpit.repaint()

    def again(self, *, live: bool) -> bool:
        """Whether to ask again what found no answer: the desk is there, and nothing is on its way."""
        return live and bool(self.error) and self._rested()

    def outdated(self, after_s: float) -> bool:
        """Whether to ask again for an answer that is older than this."""
        age = self.age_s(self._screen.cockpit.clock.now_ns())
        return age is not None and age >= after_s and self._rested()

    def _rested(self) -> bool:
        """Whether the desk may be asked once more: nothing is on its way, and the last question is some time ago."""
        if self.waits or self.refused:
            return False
        now = self._screen.cockpit.clock.monotonic_ns()
        return self._asked_ns is None or now - self._asked_ns >= RETRY_S * NS_PER_S

    def words(self, now_ns: int, fresh_s: float = FRESH_S) -> Cell:
        """How much the answer is worth: its age, that a newer one is on its way, why there is none."""
        spans: list[Span] = []
        age = self.age_s(now_ns)
        if age is not None:
            text = _("as of {age} ago").format(age=fmt.span(age)) if age >= fresh_s else _("as of now")
            spans.append((text, "warn" if self.error else "dim"))
        if self.waits:
            spans.append((" · " * bool(spans) + _("asking the desk …"), "dim"))
        elif self.error:
            spans.append((" · " * bool(spans) + f"✗ {self.error}", "crit"))
        return tuple(spans)

    def age_s(self, now_ns: int) -> float | None:
        """How old the answer that stands is, seconds; None where there is none."""
        return None if self.answered_ns is None else max(0, now_ns - self.answered_ns) / NS_PER_S
