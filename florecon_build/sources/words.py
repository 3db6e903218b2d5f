"""Words of headers, in the languages of the exports that people have, folded to plain letters.

>>> sorted(words("Betrag (EUR)")), words("Débit") <= DEBIT
(['betrag', 'eur'], True)
"""

from __future__ import annotations

import re
import unicodedata

_LETTERS = str.maketrans({"ß": "ss", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "\u0131": "i"})


def folded(text: str) -> str:
    """A text in lower case without accents."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def words(header: str) -> set[str]:
    """The words of a header; its capitals in the middle divide it as well (``bookingDate``)."""
    divided = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header)
    return {word for word in re.split(r"[^\w]+|_", folded(divided)) if word}


def _set(text: str) -> frozenset[str]:
    return frozenset(folded(text).split())


AMOUNT = _set(
    "amount amounts amt betrag betraege umsatz montant montants importe monto belopp kwota bedrag beløb beløp importo"
    " summa summe sum castka částka osszeg összeg iznos tutar määrä maara valor valore value wert total net gross netto"
    " brutto сумма 金額 金额"
)
"""Words of a column of signed amounts."""
CREDIT = _set(
    "credit credits cr haben gutschrift gutschriften zugang eingang einzahlung einzahlungen crédit crédits crédito"
    " créditos abono abonos haber ingreso ingresos kredit insättning inbetalning innskudd inn indbetaling bij ontvangst"
    " uznanie uznania wpływ wpływy avere accredito accrediti entrata entrate recette recettes deposit deposits"
    " lodgement lodgements receipt receipts in credito prijem příjem bevetel jóváírás кредит приход"
)
"""Words of a column of incoming amounts."""
DEBIT = _set(
    "debit debits dr soll belastung belastungen lastschrift abgang ausgang auszahlung auszahlungen débit débits débito"
    " débitos cargo cargos debe gasto gastos uttag utbetalning uttak ut udbetaling af uitgave obciążenie obciążenia"
    " wydatek wydatki dare addebito addebiti uscita uscite dépense dépenses withdrawal withdrawals payment payments out"
    " debito debet vydaj výdaj terhelés дебет расход"
)
"""Words of a column of outgoing amounts."""
BALANCE = _set(
    "balance saldo solde kontostand bakiye egyenleg zůstatek zustatek stan bal saldot running остаток 残高 kontosaldo"
)
"""Words of a running balance."""
NOT_AMOUNT = _set(
    "rate kurs taux cours qty quantity menge anzahl quantité cantidad antal ilość number no nr nummer num numéro número"
    " id line zeile ligne position pos year jahr année ano año år rok month monat mois mes account konto compte cuenta"
    " rachunek siren siret iban bic blz zip plz phone telefon tel percent pct prozent code page seq sequence period"
    " periode week woche batch customer kunde client cliente vendor lieferant fournisseur key uuid ref reference"
    " referenz document doc beleg index row size"
)
"""Words of numbers that are no amounts."""
ID = (
    *("row_id", "id", "uuid", "key", "lineno", "line", "transaction", "transactionid", "entry", "document", "doc"),
    *("beleg", "belegnummer", "belegnr", "buchungsnummer", "number", "no", "nr", "nummer", "numero", "lp", "siren"),
)
"""Words of a column of ids, the surest first."""
DAY = (
    *("day", "booking", "booked", "buchungstag", "buchungsdatum", "posting", "posted", "date", "datum", "tag", "fecha"),
    *("data", "dato", "datoen", "pvm", "tarih", "created", "ts", "timestamp", "time"),
)
"""Words of the day of a row, that of the booking first."""
VALUE_DAY = _set(
    "value valuta valeur valor valore waluty wertstellung valutadatum due fällig fälligkeit échéance vencimiento"
)
"""Words of a day that is not that of the booking."""
CURRENCY = _set(
    "currency ccy curr currencycode waehrung währung devise moneda valuta waluta divisa mena pénznem валюта"
)
"""Words of a column of currencies."""
_TOTAL_WORDS = """
    total totals totale totaux subtotal grand summe gesamt gesamtsumme endsumme zwischensumme suma sumario razem
    łącznie sum summa yhteensä totaal samlet celkem összesen итого 合計 somme
"""
TOTAL = frozenset(_TOTAL_WORDS.split())
"""Words that begin a line of totals."""
SIGN = _set(
    "s h sh sign signe signo segno sens vorzeichen kennzeichen indicator indikator type typ tipo dc d c cr dr debit"
    " credit soll haben debe haber dare avere af bij znak tecken"
)
"""Words of a column of signs."""
SIGNS: tuple[tuple[frozenset[str], frozenset[str]], ...] = (
    (_set("h haben"), _set("s soll")),
    (_set("cr credit c kredit"), _set("dr debit d debet")),
    (_set("credit crédit c cr"), _set("debit débit d db dr")),
    (_set("h haber abono a"), _set("d debe cargo c")),
    (_set("bij"), _set("af")),
    (_set("c avere a"), _set("d dare")),
    (_set("gutschrift"), _set("lastschrift belastung")),
    (_set("uznanie"), _set("obciążenie obciazenie")),
    (frozenset({"+"}), frozenset({"-"})),
    (_set("in incoming crdt"), _set("out outgoing dbit")),
    (_set("entree entrée recette"), _set("sortie depense dépense")),
    (_set("entrada ingreso receita"), _set("salida saida saída gasto despesa")),
    (_set("entrata accredito"), _set("uscita addebito")),
    (_set("einnahme eingang"), _set("ausgabe ausgang")),
    (_set("income received deposit receipt"), _set("expense sent withdrawal payment")),
    (_set("in insattning insättning"), _set("ut uttag")),
)
"""What stands in a column of signs: words of positive and of negative amounts."""
