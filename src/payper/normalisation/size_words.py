# ruff: noqa: E501 - tables of words; a line is one meaning and its spellings
"""The words of sizes and revenues in several languages, folded: units, bounds, fillers, and the signs of currencies."""

from __future__ import annotations

UNITS = {
    1_000: "k thousand thousands tsd tausend mille mila duizend th",
    100_000: "lakh lakhs lac lacs",
    1_000_000: "m mm mn mio mln mil million millions millionen millones milhoes milioni milione millon miljoen mios",
    10_000_000: "cr crore crores",
    1_000_000_000: "b bn bil billion billions mrd mrds mld milliard milliards milliarde milliarden miliardi miljard g",
    1_000_000_000_000: "t tn trillion trillions billionen billones biliones",
}
UNIT = {word: factor for factor, words in UNITS.items() for word in words.split()}
FILLERS = """employees employee emp emps people persons person staff headcount fte ftes workers team members member about approx approximately circa ca around roughly
    company companies business size range enterprise smb sme small medium mid large midsize market total full time in of per year annual annually yearly
    revenue revenues sales turnover p a pa yr usd mitarbeiter mitarbeitende beschaftigte angestellte umsatz jahresumsatz rund etwa employes salaries personnes effectif chiffre
    affaires d environ empleados trabajadores personas ventas facturacion funcionarios colaboradores dipendenti addetti fatturato medewerkers werknemers omzet and the no number micro corporate startup
    de"""
ABOVE = "more than|greater than|larger than|mehr als|uber|plus de|mas de|mais de|piu di|oltre|meer dan|over|above|>"
FROM = "at least|minimum|min|ab|mindestens|from|au moins|al menos|pelo menos|almeno|vanaf|starting at|>=|≥"
BELOW = "less than|fewer than|smaller than|lower than|weniger als|unter|moins de|menos de|meno di|minder dan|under|below|<"
UP_TO = "up to|bis zu|bis|maximum|max|at most|jusqu a|jusque|hasta|ate|fino a|tot|<=|≤"
OPEN = "or more|and more|and above|and over|and up|or above|or over|or greater|plus|oder mehr|und mehr|ou plus|et plus|o mas|y mas|ou mais|o piu|of meer|\\+|up"
ALONE = "myself only|just me|only me|self employed|selfemployed|solo|solopreneur|freelancer|freelance|sole proprietor|sole trader|myself|individual|one person"
SIGNS = {
    "us$": "USD", "ca$": "CAD", "c$": "CAD", "cad$": "CAD", "au$": "AUD", "a$": "AUD", "nz$": "NZD", "hk$": "HKD", "s$": "SGD", "r$": "BRL", "nt$": "TWD", "mx$": "MXN",
    "usd$": "USD", "cn¥": "CNY", "jp¥": "JPY", "$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₩": "KRW", "₺": "TRY", "₽": "RUB", "₪": "ILS", "zł": "PLN", "zl": "PLN",
    "rs.": "INR", "rs": "INR", "rmb": "CNY", "euro": "EUR", "euros": "EUR", "dollars": "USD", "dollar": "USD", "pounds": "GBP", "yen": "JPY", "rupees": "INR", "sfr": "CHF", "sfr.": "CHF",
}  # fmt: skip
