"""Finds texts in the code for Babel: what is marked for the screen, and the sentences that the desk builds.

`make words` runs it by `babel.cfg`. The tree of the code is read, not its tokens, so that calls inside f-strings are
found by every Python.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from typing import BinaryIO, TypeAlias

Found: TypeAlias = tuple[int, str, str | tuple[str, ...], list[str]]
"""(line, function, its literals, comments), as Babel takes it."""

MARKS = {"_": 1, "N_": 1, "plural": 2, "within": 2, "NP_": 2}
"""Functions whose first arguments are texts, and how many of them."""
DESK = "desk"
"""Context of what the desk says, in the catalogues."""
PERCENT = "{pct}"
"""Stands for a percent sign in what the desk says: tools of gettext take `% a` for a place of their own."""
WORDS = re.compile(r"[a-z]{2,}")
NOT_FOR_PEOPLE = re.compile(
    r"<|\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA|BEGIN|ALTER|DROP|[a-z_]+ (>=?|=|<) \?)|.*%[sdr(]", re.DOTALL
)
"""SQL, what `repr` shows, and lines of a log file, which have their own way of putting figures in."""


def screen_texts(
    fileobj: BinaryIO, _keywords: Mapping[str, object], _tags: Collection[str], options: Mapping[str, str]
) -> Iterator[Found]:
    """Literals given to `_`, `N_`, `plural`, `within` and `NP_`."""
    for node in ast.walk(ast.parse(fileobj.read())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
            count = MARKS[node.func.id]
            texts = [each.value for each in node.args[:count] if isinstance(each, ast.Constant)]
            literals = tuple(text for text in texts if isinstance(text, str))
            if len(literals) == count:
                yield node.lineno, node.func.id, literals if count > 1 else literals[0], []


def desk_texts(
    fileobj: BinaryIO, _keywords: Mapping[str, object], _tags: Collection[str], options: Mapping[str, str]
) -> Iterator[Found]:
    """Sentences and their fragments; what an f-string puts in becomes `{0}`, `{1}` …"""
    for line, text in sentences(ast.parse(fileobj.read())):
        yield line, "NP_", (DESK, text.replace("%", PERCENT)), []


def sentences(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, text) of every string of more than a word that is no docstring."""
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            skipped.update(id(part) for part in node.values if isinstance(part, ast.Constant))
            # A format like `,.2f` is a JoinedStr of its own.
            specs = [part.format_spec for part in node.values if isinstance(part, ast.FormattedValue)]
            skipped.update(id(inner) for spec in specs if spec is not None for inner in ast.walk(spec))
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        text = _template(node)
        if text is not None and _is_sentence(text):
            yield getattr(node, "lineno", 0), text


def _template(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value.replace("{", "{{").replace("}", "}}") if isinstance(node.value, str) else None
    if not isinstance(node, ast.JoinedStr):
        return None
    out: list[str] = []
    count = 0
    for part in node.values:
        if isinstance(part, ast.Constant):
            out.append(str(part.value).replace("{", "{{").replace("}", "}}"))
        else:
            out.append(f"{{{count}}}")
            count += 1
    return "".join(out)


def _is_sentence(text: str) -> bool:
    bare = re.sub(r"\{\d+\}", "", text)
    return " " in bare and WORDS.search(bare) is not None and NOT_FOR_PEOPLE.match(text) is None
