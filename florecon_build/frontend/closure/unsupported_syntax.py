"""Unsupported constructs and their replacements: one row each, looked up where the parser stopped."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LOOPS = "a closure computes one value: use `.overlaps(..)`, `.contains(..)`, or g.any(|row| ..) in accept_if"
_ITEMS = "a closure is one expression: keep `let`, `if`, `match` and the listed methods"
_POINTERS = "leave it out: everything is a value here"


@dataclass(frozen=True, slots=True)
class Hint:
    """A construct: how it looks from where the parser stopped, what it is, and what to write instead."""

    looks: re.Pattern[str]
    what: str
    fix: str
    before: re.Pattern[str] | None = None


def _hint(looks: str, what: str, fix: str, before: str | None = None) -> Hint:
    return Hint(re.compile(looks), what, fix, None if before is None else re.compile(f"(?:{before})\\Z"))


_FIELD = r"\.\s*"
HINTS: tuple[Hint, ...] = (
    _hint(r"[A-Za-z_]\w*", "a keyword of Rust as a name", 'write the lane in brackets: row["type"]', _FIELD),
    _hint(r"\w", "`not`", "write `!`", r"\bnot\s+"),
    _hint(r"where\s*\(", "the builder's `where`", "write `if condition { x } else { y }`"),
    _hint(r"await\b", "`await`", _ITEMS),
    _hint(r"as\b", "a cast with `as`", "write `.to_real()` for a real, `.to_minor()` for minor units of money"),
    _hint(r"(?:for|while|loop|break|continue)\b", "a loop", _LOOPS),
    _hint(r"return\b", "`return`", "leave it out: the last expression is the value"),
    _hint(r"mut\b", "`mut`", "a `let` never changes; shadow it: `let x = ..; let x = x + 1;`"),
    _hint(r"move\b", "`move`", "leave it out: everything is a value here"),
    _hint(r"ref\b", "`ref`", _POINTERS),
    _hint(
        r"(?:unsafe|fn|struct|enum|impl|trait|type|use|mod|pub|static|const|extern|crate|super|self|Self|where|dyn|async)\b",
        "a declaration",
        _ITEMS,
    ),
    _hint(r"else\b", "`else`", "write `if condition { x } else { y }`"),
    _hint(r"let\b", "`let` in a condition", "ask `x.is_none()`, then `x.unwrap_or(..)`", r"\bif\s*"),
    _hint(r"let\b", "`let` outside a block", "put it in a block: `{ let x = ..; x + 1 }`"),
    _hint(r"if\b", "a guard", "write the condition into the arm: `=> if condition { x } else { y }`", r"[\"\w]\s+"),
    _hint(
        r"(?:if|match)\b",
        "`if` or `match` as an operand",
        "put parentheses around it: `(if c { 1 } else { 2 }) + 3`",
    ),
    _hint(r"and\b", "`and`", "write `&&`"),
    _hint(r"or\b", "`or`", "write `||`"),
    _hint(r"lambda\b", "a Python lambda", "write `|a, b| ..`"),
    _hint(r"//", "a comment (`//`)", "for whole division write `.div_euclid(n)`; leave comments out"),
    _hint(r"/\*", "a comment (`/*`)", "leave it out: comments stand in the Python file"),
    _hint(r"\*\*", "`**`", "multiply: `x * x`"),
    _hint(r"(?:[-+*/%&|^]|<<|>>)=", "an assignment", "a `let` never changes: `let x = x + 1;` shadows it"),
    _hint(
        r"<<|>>|\^|&(?!&)", "an operator on bits, or a reference", "for conditions write `&&`; leave `&` out elsewhere"
    ),
    _hint(r"&&", "a reference to a reference", _POINTERS, r"[=(,{|]\s*"),
    _hint(r"\*", "a dereference", _POINTERS, r"[=(,{|+\-*/%!&]\s*"),
    _hint(
        r"\|\|?",
        "a closure, or `|` between conditions",
        "for conditions write `||`; closures stand only in g.any(|row| ..) and its like",
    ),
    _hint(r"=>", "a name in a pattern", "match on constants; `_` takes the rest", r"\w\s*"),
    _hint(r"=(?![=>])", "an assignment", "compare with `==`; bind with `let x = ..;` in a block"),
    _hint(r"(?:==|!=|<=?|>=?)", "a chained comparison", "write `(a < b) && (b < c)`"),
    _hint(r"\?", "`?`", "write `.unwrap_or(x)`"),
    _hint(r"!", "a macro", "texts are joined with `concat(x, y)`; there are no macros", r"\w\s*"),
    _hint(r"::", "a path", "use a parameter's lane, a listed function, or a name given to fb.rust"),
    _hint(r":", "a type", "leave it out: types follow from the columns"),
    _hint(r"->", "a return type", "leave it out: types follow from the columns"),
    _hint(r"'", "a character or a lifetime", 'write texts in double quotes: "x"'),
    _hint(
        r"(?:b|br|r|c)?#*\"", "a raw or unfinished text", 'write "..", with \\" for a quote and \\\\ for a backslash'
    ),
    _hint(r"(?:[0-9][0-9_]*)?\.\.", "a range", "compare: `x >= 1 && x <= 5`"),
    _hint(r"[0-9][0-9_]*\.", "a real without decimals", "write a digit after the point: 1.0"),
    _hint(r"0[xob]", "a number that is not decimal", "write it in decimal"),
    _hint(r"[0-9]", "a number with a type, or a malformed one", "leave the type out: 1, 1_000, 1.5, 1e6"),
    _hint(r";", "a statement", "a block holds `let`s and then one expression, without `;`"),
    _hint(r"@", "a binding in a pattern", "use the subject of the match itself"),
    _hint(r"~", "`~`", "write `!`"),
    _hint(r"#", "an attribute or a comment", _ITEMS),
    _hint(r"[^\x00-\x7f]", "a letter outside ASCII in a name", 'write the lane in brackets: row["größe"]'),
)
_LOOK_BACK = 40


def hint_at(text: str, at: int) -> tuple[Hint, int] | None:
    """The construct that begins at an offset, and where it ends; none for what is in the subset but does not fit.

    >>> hint, end = hint_at("|a| a.units as f64", 12)
    >>> hint.what, end
    ('a cast with `as`', 14)
    """
    head = text[max(0, at - _LOOK_BACK) : at]
    for hint in HINTS:
        found = hint.looks.match(text, at)
        if found and (hint.before is None or hint.before.search(head)):
            return hint, found.end()
    return None
