"""Builds ``tests/vectors/values.json``: the results of the interpreter on thousands of edge cases.

The interpreter's tests hold the file to this code, the runtime's tests
(``rust_runtime/florecon/tests/value_vectors.rs``) hold the Rust library to the file. After a deliberate change of
meaning:

    python -m tests.interpreter.vectors
"""

# ruff: noqa: RUF001  (look-alike characters are the point)
from __future__ import annotations

import json
import math
import random
import struct
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

from florecon_build.interpreter import dates, money, numbers, pattern, similarity, text
from florecon_build.interpreter.errors import EvalError
from florecon_build.ir.automaton import automaton_of
from florecon_build.ir.patterns import PatternError

FILE = Path(__file__).resolve().parent.parent / "vectors" / "values.json"
BLOCK = 4096

TEXTS = (
    *(
        "",
        " ",
        "\t\r\n",
        "a",
        "A",
        "ab",
        "abc",
        "a b",
        " a  b ",
        "INV-4711/2024",
        "4711 4711",
        "Überweisung STRASSE ß ẞ",
    ),
    *(
        "Crédit Agricole S.A.",
        "ŉ ǆ Ǆ İ ı ſ ΐ ΰ ᾳ ᾼ Ω K Å",
        "ΣΑΣ σας ς",
        "ⅻ Ⅻ ① ½ ¼ ² ª º µ",
        "ＦＵＬＬ　ｗｉｄｔｈ １２３",
    ),
    *(
        "e\u0301 E\u0301 \u0301",
        "\u0340\u0344\u0345",
        "가각 한국어",
        "ｶﾞ ﾊﾟ ｶ",
        "東京都 港区",
        "שלום עולם",
        "مرحبا ١٢٣",
        "हिन्दी ०१२",
    ),
    *("a\u00a0b\u1680c\u2003d\u3000e", "\u1680\u1680", "\u1680 x \u1680", "\u200b\u200d\ufeff", "a\x00b\x1fc\x7f\x85d"),
    *(
        "😀 emoji 👨‍👩‍👧",
        "\U00010400\U00010428",
        "\U0010ffff",
        "\uffff\ufffd",
        "×÷·•—–…",
        "a×b÷c",
        "ab‐cd‑ef",
        "１．０００，００",
    ),
    *(
        "և Եւ ՜ ա",
        "ǅ ǈ ǋ ǲ",
        "ﬁ ﬂ ﬀ",
        "x" * 40,
        "aaaa",
        "abab",
        "a.b.c.",
        "MARTHA",
        "MARHTA",
        "DIXON",
        "DICKSONX",
        "crate",
        "trace",
    ),
)
ALPHABET = " aAbBzZ09-/.éÉßıİŉΣς½²×÷ǅ\u0301\u0345\u00a0\u1680\u3000Ａ１ｶﾞⅷ東\u1e9e😀"
EDGES = (0, 1, -1, 2, -2, 3, 7, -7, 99, 100, 10**9, 2**31, 2**53, 2**53 + 1, 2**62, 2**63 - 1, -(2**63), 1 - 2**63)
REALS = (
    *(
        0.0,
        -0.0,
        0.5,
        -0.5,
        1.5,
        2.5,
        -2.5,
        0.49999999999999994,
        1.005,
        1.115,
        -1.115,
        0.125,
        1e-320,
        5e-324,
        1e15 + 0.5,
    ),
    *(
        4503599627370495.5,
        9007199254740993.0,
        92233720368547758.07,
        9223372036854775807.0,
        -9223372036854775808.0,
        1e300,
    ),
    *(math.inf, -math.inf, math.nan, 123456789.987654321, -0.005, 0.015, 2.675, 1e22),
)


def bits(value: float) -> str:
    """A real by its bits; every NaN is ``nan``."""
    return "nan" if math.isnan(value) else struct.pack(">d", value).hex()


def attempt(compute: Callable[[], int]) -> int | None:
    """The result, or None where the interpreter refuses."""
    try:
        return compute()
    except EvalError:
        return None


def texts(rng: random.Random) -> list[str]:
    """The fixed texts and random ones over an alphabet of trouble."""
    return [*TEXTS, *("".join(rng.choices(ALPHABET, k=rng.randrange(1, 24))) for _ in range(300))]


def of_text(source: str) -> dict[str, Any]:
    """Every function of one text."""
    return {
        "in": source,
        "upper": text.upper(source),
        "lower": text.lower(source),
        "strip": text.strip(source),
        "digits": text.digits(source),
        "alnum": text.alnum(source),
        "normalize": text.normalize(source),
        "left": [text.left(source, count) for count in (0, 1, 3)],
        "right": [text.right(source, count) for count in (0, 1, 3)],
        "replace": [source.replace("a", "bb"), source.replace("aa", ""), source.replace(" ", "-")],
        "split": [text.split(source, sep, index) for sep, index in product((" ", "-", "aa"), (0, 1, 5))],
        "tokens": [text.tokens(source, length, digit) for length, digit in product((1, 3), (False, True))],
        "ngrams": [text.ngrams(source, size) for size in (1, 2, 3)],
    }


PATTERNS = (
    *("INV-([0-9]+)", r"\b[A-Z]{2,4}[-/ ]?\d{3,10}\b", "^a", "a$", "^a.*b$", r"\bab", r"ab\b", r"\s+(\w+)\W*", "(a*)b"),
    *(r"0*(\d+)", r"(?:a|ab)(?:c|bcd)?(d*)", "(?:a|a)*b", "(?:a|b)*a(?:a|b){20}", "(?:(?:a*)*)*b", "a.*b|a", "[^a-z]+"),
    *("[東a-zé]{2,}(.?)", r"[\w/-]+", r"\D\S", "😀|é", "a{60}b?", "(?:ab|cd|ef){1,40}", r"[\d.,]+(?:-|)", "x{0}a", "."),
)


def part(rng: random.Random, depth: int) -> str:
    """A random part of a pattern."""
    kind = rng.randrange(9)
    if depth <= 0 or kind < 4:
        return rng.choice(
            [*"ab1- .é", "[ab]", "[^a]", r"\d", r"\w", r"\s", r"[\d-]", "[a-c]", r"\W", r"[\w/]", r"\.", r"[^\s東]"]
        )
    inner = part(rng, depth - 1)
    if kind < 6:
        return inner + part(rng, depth - 1)
    if kind < 7:
        return f"(?:{inner}|{part(rng, depth - 1)})"
    return f"(?:{inner}){rng.choice(['*', '+', '?', '{2}', '{1,3}', '{,2}', '{2,}'])}"


def random_pattern(rng: random.Random) -> str:
    """A random pattern in the subset."""
    while True:
        before, group, after = (part(rng, 2) for _ in range(3))
        body = rng.choice([group, f"({group})", f"{before}({group})", f"{before}({group}){after}", f"({group}){after}"])
        made = rng.choice(["", "", "", "^", r"\b"]) + body + rng.choice(["", "", "", "$", r"\b"])
        try:
            automaton_of(made)
        except PatternError:  # it matches the empty text
            continue
        return made


READ = (
    *(
        "7",
        " -007 ",
        "+5",
        "7.0",
        "",
        "-",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "٣",
        "1_0",
    ),
    *(
        "1/12/2025",
        "01/12/2025",
        "31/02/2024",
        "29/2/2024",
        "29/02/2025",
        "1/1/0000",
        "1/1/0001",
        "31/12/9999",
        "1/12/25",
    ),
    *(
        "1/12/2025x",
        " 1/12/2025\u3000",
        "001/2/2025",
        "0/1/2025",
        "1/13/2025",
        "010125",
        "69%1%1",
        "68%12%31",
        "2024-2-29",
    ),
    *(
        "1.234,50-",
        "1.234,5",
        "-1.234,567",
        "1.234,500",
        "1,234.50",
        "+12",
        "12-",
        "-12-",
        "1'234'567,8",
        "1 234",
        "1.23",
    ),
    *(
        "1.234 567",
        "1234.567",
        ",5",
        "5,",
        "\u22127,1",
        "1\u202f000,00",
        "92233720368547758,07",
        "92233720368547758,08",
        "1,2,3",
    ),
    *("inv-0042, PO/7- --", "-a/-b c/d", "0", "000", "0042", "0a0"),
)
CALENDARS = (
    ("", "5 6"),
    ("", ""),
    ("2023-12-25 2024-01-01 2024-05-01", "5 6"),
    ("2024-02-29", "4"),
    ("", "0 1 2 3 4 5"),
)


def of_reading(source: str) -> list[Any]:
    """A text, and the numbers, dates and words that it is or has."""
    return [
        source,
        text.to_integer(source),
        [dates.parse(source, format) for format in ("%d/%m/%Y", "%d/%m/%y", "%d%m%y", "%y%%%m%%%d", "%Y-%m-%d")],
        [money.parse(source, scale, decimal) for scale, decimal in ((2, ","), (2, "."), (0, ","))],
        text.strip_left(source, "0i"),
        text.tokens_keeping(source, 2, False, "-/"),
        text.tokens_keeping(source, 1, True, "-"),
    ]


def of_calendar(holidays: str, weekend: str) -> list[Any]:
    """A calendar, and the ordinals of days around 1970 and 2024."""
    days = [*range(-10, 11), *range(19_700, 19_790), -(2**31), 2**31 - 1]
    return [holidays, weekend, [[day, dates.business_day(day, holidays, weekend)] for day in days]]


def of_pattern(source: str, rng: random.Random, sources: list[str]) -> dict[str, Any]:
    """A pattern, its table, and what it finds in some texts."""
    short = ["".join(rng.choices("aab1-  .é/c東", k=rng.randrange(0, 12))) for _ in range(6)]
    found = [
        [
            where,
            pattern.matches(where, source),
            pattern.extract(where, source, 0),
            pattern.extract(where, source, 1),
            pattern.extract_all(where, source),
        ]
        for where in (*short, *rng.sample(sources, 4), "a" * 70, "ab" * 30)
    ]
    return {"pattern": source, "table": automaton_of(source).table().hex(), "found": found}


def of_pair(left: str, right: str) -> dict[str, Any]:
    """Every function of two texts."""
    return {
        "a": left,
        "b": right,
        "less": left < right,
        "dice": bits(similarity.dice(left, right)),
        "jaro_winkler": bits(similarity.jaro_winkler(left, right)),
        "token_set": bits(similarity.token_set(left, right)),
        "prefix": bits(similarity.prefix(left, right)),
        "overlaps": not set(text.tokens(left, 1, False)).isdisjoint(text.tokens(right, 1, False)),
    }


def of_block(start: int) -> str:
    """A digest of what every character of a block becomes: FNV-1a-64 over upper, lower, strip, normalize and tokens."""
    digest = 0xCBF29CE484222325
    for code in range(start, start + BLOCK):
        if 0xD800 <= code < 0xE000:
            continue
        char = chr(code)
        padded = f"a{char}1"
        parts = [text.upper(char), text.lower(char), text.strip(char), text.normalize(padded)]
        for byte in "\0".join([*parts, *text.tokens(padded, 1, False)]).encode():
            digest = (digest ^ byte) * 0x100000001B3 % 2**64
    return f"{digest:016x}"


def of_ints(a: int, b: int) -> list[int | None]:
    """Two integers and what comes of them, None where it leaves 64 bits or the divisor is not positive."""
    checked = numbers.checked
    return [
        a,
        b,
        attempt(lambda: checked(a + b)),
        attempt(lambda: checked(a - b)),
        attempt(lambda: checked(a * b)),
        attempt(lambda: checked(-a)),
        attempt(lambda: checked(abs(a))),
        attempt(lambda: checked(abs(a - b))),
        attempt(lambda: numbers.amount(a)),
        a // b if b > 0 else None,
        a % b if b > 0 else None,
        numbers.sign(a),
        min(a, b),
        max(a, b),
    ]


def of_date(days: int) -> list[int | str]:
    """A date and its parts."""
    return [days, *dates.civil(days), dates.month_end(days), dates.iso(days)]


def of_reals(a: float, b: float) -> list[str | int]:
    """Two reals and what comes of them."""
    return [
        bits(a),
        bits(b),
        bits(numbers.least(a, b)),
        bits(numbers.greatest(a, b)),
        bits(numbers.divide(a, b)),
        numbers.sign(a),
        bits(numbers.round_half_away(a)),
    ]


def build() -> dict[str, list[Any]]:
    """All vectors, the same on every run."""
    rng = random.Random(20240229)
    sources = texts(rng)
    pairs = [(rng.choice(sources), rng.choice(sources)) for _ in range(400)]
    pairs += [(a, a[: rng.randrange(len(a) + 1)] + rng.choice(sources)) for a in sources[:200]]
    pairs += [*product(TEXTS[:10], repeat=2), ("MARTHA", "MARHTA"), ("DIXON", "DICKSONX"), ("crate", "trace")]
    ints = [rng.randrange(-(2**k), 2**k) for k in range(1, 64) for _ in range(2)]
    days = [
        *range(-800_000, 3_000_000, 9_973),
        *range(-800, 800, 7),
        -(2**31),
        2**31 - 1,
        -719_163,
        2_932_896,
        2_932_897,
    ]
    days += [
        *(11_016 + step for step in range(-40, 40)),
        *(-25_509 + step for step in range(-3, 63)),
        2**63 - 1,
        -(2**63),
    ]
    majors = [*REALS, *(rng.uniform(-1, 1) * 10 ** rng.randrange(-3, 20) for _ in range(300))]
    majors += [rng.randrange(-(10**6), 10**6) / 100 + 0.005 for _ in range(300)]
    drawn = random.Random(42)
    written = ["".join(drawn.choices("0123456789/.,-+' ", k=drawn.randrange(1, 9))) for _ in range(300)]
    patterned = random.Random(1961)
    patterns = [*PATTERNS, *(random_pattern(patterned) for _ in range(150))]
    return {
        "texts": [of_text(source) for source in sources],
        "readings": [of_reading(source) for source in (*READ, *written)],
        "calendars": [of_calendar(holidays, weekend) for holidays, weekend in CALENDARS],
        "pairs": [of_pair(left, right) for left, right in pairs],
        "patterns": [of_pattern(source, patterned, sources) for source in patterns],
        "blocks": [of_block(start) for start in range(0, 0x110000, BLOCK)],
        "ints": [of_ints(a, b) for a, b in [*product(EDGES, repeat=2), *zip(ints, reversed(ints), strict=True)]],
        "dates": [of_date(day) for day in days],
        "reals": [of_reals(a, b) for a, b in product(REALS, repeat=2)],
        "from_int": [[value, bits(float(value))] for value in (*EDGES, *ints)],
        "minor_units": [
            [bits(a), s, attempt(lambda a=a, s=s: money.minor_units(a, s))] for a in majors for s in (0, 2, 3)
        ],
        "money_text": [
            [value, s, money.money_text(value, s)] for value in (*EDGES, *ints[:60]) for s in (0, 1, 2, 4, 18)
        ],
    }


def dump(vectors: dict[str, list[Any]]) -> str:
    """The vectors as JSON, one a line."""
    sections: list[str] = []
    for name, entries in vectors.items():
        lines = ",\n".join(json.dumps(entry, ensure_ascii=True, separators=(",", ":")) for entry in entries)
        sections.append(f'"{name}":[\n{lines}\n]')
    return "{\n" + ",\n".join(sections) + "\n}\n"


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(dump(build()), encoding="ascii")
