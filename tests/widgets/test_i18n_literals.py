"""No text reaches the screen without its language: literals in the code of the screen are marked, or named here."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from widgets.inks import INKS

ROOT = Path(__file__).resolve().parents[2]
FOR_DOCS = {"key_table.py"}
"""What is written into a page of the docs, not on the screen."""
PATTERNS = ("widgets/*.py", "cockpit/screens/*.py", "cockpit/actions/*.py", "cockpit/app.py", "cockpit/looks.py")
FILES = sorted(path for pattern in PATTERNS for path in ROOT.glob(pattern) if path.name not in FOR_DOCS)
MARKS = {"_", "N_", "plural", "within", "NP_", "word", "titled"}
TEXTS = {
    "cell": (0,),
    "Column": (0,),
    "Press": (0,),
    "Choice": (1, 2),
    "ChoiceDialog": (0,),
    "say": (0,),
    "command": (1,),
}
"""Calls, and which of their arguments are painted."""
KEYWORDS = {"title", "empty", "doc", "label", "help"}
"""Arguments that are painted whatever is called."""
TYPED = {"args", "group", "name"}
"""Arguments that are typed by the operator as they stand, or seen by nobody."""
FUNCTIONS = {"title_text", "done_text"}
"""What they return is painted."""
NAMES = {"TITLE_TEXT", "SUBMIT_LABEL", "border_title", "border_subtitle"}
"""What they are set to is painted."""
LETTERS = re.compile(r"[A-Za-z]{2,}")
SENTENCE = re.compile(r"[A-Za-z]{2,}[,;:.]? +[A-Za-z]{2,}")
MARKUP = re.compile(r"\[/?[a-z$ ]*\]")
"""Of titles."""
THE_SAME = {
    "USD": "currency",
    "bps": "unit, as traders write it everywhere",
    "ms": "unit",
    "UTC": "clock",
    "PnL": "as traders write it everywhere",
    "ctrl": "key",
    "esc": "key",
    "enter": "key",
    "tab": "key",
    "cockpit": "the program's name",
    "BTC": "coin",
    "IOC": "time in force",
    "TSV": "format of a file",
    "desk stop": "a command",
    ":messages": "a command",
    "lift limits": "value of a form as it is sent; painted by its word",
    "asked for": "value of a form as it is sent; painted by its word",
    "id": "as traders write it everywhere",
}
"""Words that are the same in every language, and why."""
CODE = (
    "DEFAULT_CSS",
    "BINDINGS",
    "PATTERN",
)
"""Names of what is code in a literal: style sheets and the like."""


def bare(text: str) -> bool:
    """Whether words are left once those that are the same everywhere are gone."""
    if text.strip() in THE_SAME:
        return False
    words = LETTERS.findall(MARKUP.sub("", text))
    return any(word not in THE_SAME for word in words)


class Looker(ast.NodeVisitor):
    """Walks a module; `found` holds (line, text) of what is not marked."""

    def __init__(self) -> None:
        self.found: list[tuple[int, str]] = []

    def look(self, node: ast.AST | None, *, sentences: bool) -> None:
        """`sentences`: only what cannot be an identifier is of interest."""
        for line, text in literals(node):
            if (SENTENCE.search(text) if sentences else LETTERS.search(text)) and bare(text):
                self.found.append((line, text))

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        for index in TEXTS.get(name, ()):
            if index < len(node.args):
                self.look(node.args[index], sentences=False)
        for keyword in node.keywords:
            if keyword.arg in KEYWORDS:
                self.look(keyword.value, sentences=False)
        # what follows a command is typed, in one language for all
        node.keywords = [keyword for keyword in node.keywords if keyword.arg not in TYPED]
        self.generic_visit(node)

    def visit_Tuple(self, node: ast.Tuple) -> None:
        ink = node.elts[1] if len(node.elts) == 2 else None
        if isinstance(ink, ast.Constant) and ink.value in INKS and ink.value not in ("up", "down"):
            text = node.elts[0]
            if not (isinstance(text, ast.Constant) and text.value in INKS):  # two inks
                self.look(text, sentences=False)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if node.name in FUNCTIONS:
            for inner in ast.walk(node):
                if isinstance(inner, ast.Return):
                    self.look(inner.value, sentences=False)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        names = [getattr(target, "id", getattr(target, "attr", "")) for target in node.targets]
        self._assigned(names, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._assigned([getattr(node.target, "id", getattr(node.target, "attr", ""))], node.value)

    def _assigned(self, names: list[str], value: ast.AST | None) -> None:
        if value is None or any(name in CODE for name in names):
            return
        if any(name in NAMES for name in names):
            self.look(value, sentences=False)
        self.visit(value)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # a docstring
            self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        """What is raised is for programmers, or translated by whoever shows it."""

    def visit_Constant(self, node: ast.Constant) -> None:
        self.look(node, sentences=True)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self.look(node, sentences=True)
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part.value)


def literals(node: ast.AST | None) -> Iterator[tuple[int, str]]:
    """(line, text) of the literals that an expression may come to, marked ones left out."""
    if node is None:
        return
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield node.lineno, node.value
    elif isinstance(node, ast.JoinedStr):
        for part in node.values:
            if isinstance(part, ast.Constant):
                yield node.lineno, str(part.value)
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from literals(value)
    elif isinstance(node, ast.BinOp):
        yield from literals(node.left)
        yield from literals(node.right)
    elif isinstance(node, (ast.Tuple, ast.List)):
        for each in node.elts:
            yield from literals(each)


def unmarked(source: str) -> list[tuple[int, str]]:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
            node.args = [arg for arg in node.args if not isinstance(arg, (ast.Constant, ast.JoinedStr))]
    looker = Looker()
    looker.visit(tree)
    return sorted(set(looker.found))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_text_of_the_screen_is_marked(path: Path) -> None:
    assert unmarked(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        'cell("halted", "crit")',
        'x = ("halted ", "crit")',
        'x = (f"{n} legs", "dim")',
        'Column("state", 5)',
        'self.say(f"{loop} has ended")',
        'self.app.say("done" if ok else "")',
        'Grid((), empty=("Nothing yet.",))',
        'TITLE_TEXT: ClassVar[str] = "Keys"',
        'def done_text(self):\n    return f"{self.x} launched"',
        'words = {"down": "cannot be reached"}',
        'panel.border_title = f"[b]{number}[/b] Loops"',
        'Choice("now", "Now", "")',
        'x = "cancels " "only, until named"',
    ],
)
def test_what_is_not_marked_is_found(source: str) -> None:
    assert unmarked(source)


@pytest.mark.parametrize(
    "source",
    [
        'cell(_("halted"), "crit")',
        'x = (f"{_(\'net\')} ", "dim")',
        'x = (" USD", "dim")',
        'Column(N_("state"), 5)',
        'Column("bps", 5)',
        '"""A docstring of a module."""',
        'DEFAULT_CSS = "Lines { height: auto; }"',
        'x = states["filled"]',
        'self.say(_("{loop} has ended").format(loop=loop))',
        'raise ValueError("keys: not what was expected")',
        'title = "[b]1[/b] " + N_("Loops")',
        'cell("↑ ↓ 17", "dim")',
        'x = ink in ("warn", "crit")',
    ],
)
def test_what_is_marked_or_no_text_is_not(source: str) -> None:
    assert unmarked(source) == []
