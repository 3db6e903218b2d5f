"""Identity of a person: the spellings of one name are one person.

Names are compared as the PRECIS framework (RFC 8264 to 8266) prepares nicknames, and then by the skeleton of UTS #39:
compatibility forms, case, spaces and characters that are not seen make no difference, and letters that look alike are
one letter. Two persons whose names look alike are therefore taken for one: a wrong refusal is seen, a wrong approval
is not.

>>> is_same("Anna Li", "\\u0410nn\\u0430\\u200b  LI"), is_same("anna", "hanna")
(True, False)
>>> people = People()
>>> people.rename("anna li", "Anna Meyer")
>>> people.is_same("ANNA LI", "anna meyer")
True
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from florecon_build.host.decisions.confusables import IGNORABLE, PROTOTYPES
from florecon_build.host.errors import BadCommand

UNSEEN = ("Cc", "Cf", "Zl", "Zp", "Zs")
"""General categories of controls, formats and spaces."""
BLANK = "\u2800"
"""The braille pattern without dots, a symbol that looks like a space."""
DOT_ABOVE = "\u0307"


@lru_cache(maxsize=4096)
def keys_of(name: str) -> frozenset[str]:
    """The keys of a name; two names are of one person if they share one.

    One key is folded in case before letters are taken for those that they look like, the other after it: `Paul` is
    `paul`, and `PauI` with a capital i looks like it.
    """
    plain = _seen(unicodedata.normalize("NFKC", name))
    return frozenset(key for key in (_settled(plain.casefold()), _settled(_skeleton(_seen(name)))) if key)


def is_same(one: str, other: str) -> bool:
    """True for two spellings of one name."""
    return not keys_of(one).isdisjoint(keys_of(other))


def check_name(name: object) -> str:
    """A person's name, as it was given. Errors: `BadCommand` for what is no name, or one in which nothing is seen."""
    if not isinstance(name, str):
        raise BadCommand(f"a person's name is text, not {name!r}")
    if not keys_of(name):
        raise BadCommand("every entry says who made it; give who='...'")
    return name


class People:
    """Persons of a book, each under every name that the book says is theirs."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}

    def rename(self, old: str, new: str) -> None:
        """Makes two names one person, with every spelling of both."""
        first, *others = sorted(keys_of(old) | keys_of(new))
        for other in others:
            one, two = self._root(first), self._root(other)
            self._parents[max(one, two)] = min(one, two)

    def is_same(self, one: str, other: str) -> bool:
        """True for two names of one person."""
        return not self.keys_of(one).isdisjoint(self.keys_of(other))

    def keys_of(self, name: str) -> frozenset[str]:
        """The keys of a name's person; two names are of one person if they share one."""
        return frozenset(map(self._root, keys_of(name)))

    def _root(self, key: str) -> str:
        while (parent := self._parents.get(key, key)) != key:
            key = parent
        return key


def _settled(text: str) -> str:
    """The skeleton in lower case, of which a further pass changes nothing."""
    before = ""
    while text != before:
        before = text
        folded = unicodedata.normalize("NFKC", _skeleton(text)).casefold()
        text = _seen(unicodedata.normalize("NFKC", folded))
    return text


def _skeleton(text: str) -> str:
    """UTS #39, section 4: characters by their prototypes, in canonical decomposition."""
    parts = unicodedata.normalize("NFD", text).translate(IGNORABLE).translate(PROTOTYPES)
    return unicodedata.normalize("NFD", parts)


def _seen(text: str) -> str:
    """What is seen of a text; the dot above that a Turkish capital i leaves in lower case is that of every i."""
    visible = "".join(char for char in text.translate(IGNORABLE) if unicodedata.category(char) not in UNSEEN)
    return visible.replace(BLANK, "").replace("i" + DOT_ABOVE, "i")
