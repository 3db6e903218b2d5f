"""Names of months in the languages of exports, whole or shortened, to English ones, which ``strptime`` reads.

>>> in_english("03 d\u00e9c. 2026"), in_english("1 marca 2026"), in_english("3 Okt 2026", whole=True)
('03 Dec 2026', '1 Mar 2026', '3 October 2026')
"""

from __future__ import annotations

import re

from florecon_build.sources.words import folded

ENGLISH = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_NAMES = """
    january januar janvier enero gennaio januari janeiro stycznia styczen jan janv ene gen sty
    february februar fevrier febrero febbraio februari fevereiro lutego luty feb fev febr lut fevr
    march marz maerz mars marzo maart mart marco marca marzec mar mrz mrt
    april avril abril aprile kwietnia kwiecien apr avr abr kwi
    may mai mayo maggio mei maj maio maja mag
    june juni juin junio giugno junho czerwca czerwiec jun giu cze
    july juli juillet julio luglio julho lipca lipiec jul lug lip juil
    august aout agosto augustus augusti sierpnia sierpien aug ago sie
    september septembre septiembre settembre setembro wrzesnia wrzesien sep sept set wrz
    october oktober octobre octubre ottobre outubro pazdziernika pazdziernik oct okt ott out paz
    november novembre noviembre novembro listopada listopad nov lis
    december dezember decembre diciembre dicembre desember dezembro grudnia grudzien dec dez dic des gru
"""
MONTHS = {name: number for number, line in enumerate(_NAMES.split("\n")[1:-1]) for name in line.split()}


def in_english(text: str, *, whole: bool = False) -> str:
    """A text with the name of a month in English: shortened to three letters, or whole."""

    def named(found: re.Match[str]) -> str:
        number = MONTHS.get(folded(found[1]))
        if number is None:
            return found[0]
        return ENGLISH[number] if whole else ENGLISH[number][:3]

    return re.sub(r"([^\W\d_]{3,})\.?", named, text)
