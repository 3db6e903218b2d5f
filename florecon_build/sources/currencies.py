"""Codes of currencies (ISO 4217)."""

from __future__ import annotations

_CODES = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF
    CHF CLP CNY COP CRC CUP CVE CZK DEM DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD
    HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD
    LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP
    PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT
    TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XAG XAU XCD XOF XPF YER ZAR ZMW ZWL
"""
SIGNS = (
    "kr.",
    "kr",
    "z\u0142",
    "K\u010d",
    "Ft",
    "R$",
    "US$",
    "A$",
    "C$",
    "NZ$",
    "HK$",
    "Rs.",
    "Rs",
    "lei",
    "Fr.",
    "SFr.",
    "TL",
)
"""Signs of currencies that are written in letters."""
CODES = frozenset(_CODES.split())
"""Codes that may stand beside an amount; three capitals that are none of them are no part of one."""
