"""Identity of a person: spellings of one name are one person, other names are not."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from florecon_build.host import BadCommand
from florecon_build.host.decisions import confusables
from florecon_build.host.decisions.identity import People, check_name, is_same, keys_of
from scripts import generate_confusables as script

SPELLINGS = {
    "case": "ANNA Lind",
    "outer spaces": "  anna lind\t",
    "inner spaces": "anna   lind",
    "no space": "annalind",
    "no-break space": "anna\u00a0lind",
    "ideographic space": "anna\u3000lind",
    "zero-width space": "an\u200bna lind",
    "zero-width joiner": "anna\u200d lind",
    "byte-order mark": "\ufeffanna lind",
    "soft hyphen": "an\u00adna lind",
    "word joiner": "anna\u2060 lind",
    "right-to-left mark": "anna lind\u200f",
    "bidirectional override": "\u202danna lind\u202c",
    "variation selector": "anna\ufe0f lind",
    "tag character": "anna lind\U000e0061",
    "Hangul filler": "anna\u3164lind",
    "braille blank": "anna\u2800lind",
    "full width": "\uff41\uff4e\uff4e\uff41 \uff4c\uff49\uff4e\uff44",
    "mathematical": "\U0001d41a\U0001d427\U0001d427\U0001d41a lind",
    "circled": "\u24d0nn\u24d0 lind",
    "Cyrillic": "\u0430nn\u0430 lind",
    "Cyrillic capitals": "\u0410NN\u0410 LIND",
    "Greek alpha": "\u03b1nn\u03b1 lind",
    "dotless i": "anna l\u0131nd",
    "Turkish capital i": "ANNA L\u0130ND",
    "digit one": "anna 1ind",
    "capital i for l": "anna Iind",
    "vertical bar": "anna |ind",
}


@pytest.mark.parametrize("how", SPELLINGS)
def test_spellings_of_one_name(how: str) -> None:
    assert is_same("Anna Lind", SPELLINGS[how]), [ascii(key) for key in keys_of(SPELLINGS[how])]


def test_composed_and_decomposed_letters() -> None:
    assert is_same("J\u00f6rg Mu\u0308ller", "Jo\u0308rg M\u00fcller")
    assert is_same("Gro\u00df", "GROSS")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("anna", "hanna"),
        ("anna", "ann"),
        ("u1", "u2"),
        ("user10", "user11"),
        ("kai", "kal"),
        ("M\u00fcller", "Muller"),
        ("anna.lind", "anna.berg"),
        ("\u0431\u0435\u043d", "ben"),
        ("\u674e", "\u738b"),
    ],
)
def test_names_of_two_persons(one: str, other: str) -> None:
    assert not is_same(one, other)


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=12))
def test_a_name_is_itself_in_every_form_and_case(name: str) -> None:
    if not keys_of(name):
        with pytest.raises(BadCommand, match="says who"):
            check_name(name)
        return
    forms = [unicodedata.normalize(form, name) for form in ("NFC", "NFD", "NFKC", "NFKD")]
    for spelling in (*forms, name.casefold(), f" {name} ", "\u200b".join(name)):
        assert is_same(name, spelling), ascii(spelling)


@pytest.mark.parametrize("name", ["", "  ", "\u200b", "\u2800\u3164", "\u00ad\ufeff"])
def test_a_name_in_which_nothing_is_seen(name: str) -> None:
    with pytest.raises(BadCommand, match="says who"):
        check_name(name)


@pytest.mark.parametrize("name", [None, 7, b"anna", ["anna"]])
def test_a_name_is_text(name: object) -> None:
    with pytest.raises(BadCommand, match="name is text"):
        check_name(name)


def test_renamed_persons() -> None:
    people = People()
    people.rename("anna", "Anna Lind")
    people.rename("ANNA LIND", "anna berg")
    assert people.is_same("Anna", "\u0410nna Berg")
    assert not people.is_same("anna", "ben")
    people.rename("ben", "anna berg")
    assert people.is_same("Anna", "BEN")


def test_the_table_is_what_the_script_makes_of_its_data() -> None:
    made = script.generate(script.DATA_FILE.read_text(encoding="utf-8"))
    assert made == script.PYTHON_FILE.read_text(encoding="utf-8")


def test_the_data_are_read_as_they_were_written() -> None:
    text = script.DATA_FILE.read_text(encoding="utf-8")
    data = script.read_data(text)
    assert script.data_text(data) == text
    assert data.prototypes == confusables.PROTOTYPES
    assert {code for each in data.ignorable for code in each} == set(confusables.IGNORABLE)


def test_data_from_the_tables_of_the_crate() -> None:
    source = """
        pub const UNICODE_VERSION: (u64, u64, u64) = (18, 0, 0);
        pub mod default_ignorable_code_point {
            const DEFAULT_IGNORABLE: &'static [(char, char)] = &[
                ('\\u{ad}', '\\u{ad}'), ('\\u{200b}',
                '\\u{200d}'), ('\\u{200e}', '\\u{200f}')\n    ];
        }
            const CONFUSABLES: &'static [(char, &'static [char])] = &[
                ('\\u{30}',  &['\\u{4f}']), ('\\u{6d}',  &['\\u{72}',
                 '\\u{6e}']), ('\\u{1d41a}', &['\\u{61}'])\n    ];
    """
    data = script.from_crate(source)
    assert data == script.Data("18.0.0", {0x30: "O", 0x6D: "rn"}, (range(0xAD, 0xAE), range(0x200B, 0x2010)))
