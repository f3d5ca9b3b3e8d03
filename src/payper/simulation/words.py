# ruff: noqa: E501  # lists of words, headers and contract texts read best one entry a line
"""The words that invented people, companies and records are made of. Every combination is invented; no list is taken from anywhere."""

from __future__ import annotations

from dataclasses import dataclass

FIRST_NAMES: dict[str, str] = {
    "en": "Abigail Aidan Alice Amber Andrew Blake Brian Caroline Claire Colin Daniel Diana Duncan Eleanor Ethan Fiona Gavin Grace Hannah Harvey "
    "Holly Ian Isabel Jack Jenna Kyle Laura Liam Megan Nathan Nora Oliver Owen Paige Rebecca Ross Sean Tara Violet Wesley",
    "de": "Annika Bernd Birgit Britta Dietmar Elke Friedhelm Gesine Günther Heike Holger Ingrid Jörg Jürgen Katrin Klaus Lieselotte Matthias Norbert "
    "Regina Sönke Sabine Torsten Ulrike Uwe Volker Wiebke Wolfgang",
    "fr": "Adèle Benoît Camille Céline Didier Élodie Étienne Fabrice Geneviève Hélène Hugo Josiane Laurent Léa Mathieu Noémie Océane Pascal René Solène Thierry",
    "es": "Alejandra Begoña Carlos Concepción Diego Esteban Fátima Gonzalo Inés Íñigo Javier José Lucía Manuel Marisol Nuria Óscar Pilar Rocío Santiago",
    "it": "Alessandra Beatrice Corrado Davide Elisabetta Fabrizio Giulia Ilaria Lorenzo Massimo Nicolò Ornella Paola Renato Silvio Tommaso",
    "pt": "Afonso Beatriz Catarina Conceição Duarte Fernanda Gonçalo Inácio Joana João Luís Mafalda Nuno Otávio Rui Tânia",
    "nl": "Annelies Bram Daan Femke Gijs Hendrik Ilse Jeroen Joost Lotte Maarten Marloes Pieter Sanne Thijs Wouter",
    "nordic": "Aino Anders Astrid Birgitte Eero Freja Göran Håkan Ingeborg Jørgen Kaisa Lars Maja Niels Oddvar Pekka Sigrid Søren Tuuli Ylva",
    "pl": "Agnieszka Bartosz Dorota Grzegorz Jadwiga Kazimierz Łukasz Małgorzata Paweł Radosław Stanisław Zofia Ondřej Kateřina Zdeněk Jiřina",
    "in": "Aarav Anjali Deepika Gaurav Harish Ishaan Kavita Manoj Nisha Prakash Rekha Sanjay Sunita Vikram Yash",
    "jp": "Akiko Daisuke Emi Haruka Hiroshi Kazuo Keiko Masaru Naoko Ryota Satoshi Yumi Mei Xiu Jun",
}
"""First names by language group, about 220."""

LAST_NAMES: dict[str, str] = {
    "en": "Ashdown Barlow Birchall Calloway Carrick Chadwick Darnell Draper Ellwood Fairbanks Fenwick Garland Hadley Hargrove Hollis Ingram Jarvis Kendrick "
    "Langley Lockhart Mercer Norwood O'Keefe O'Rourke Pemberton Prescott Quigley Radcliffe Rowntree Sheldon Stanton Thackeray Underhill Vaughan Whitlock Yardley",
    "de": "Ackermann Böhme Brandstätter Dörfler Eichholz Fährmann Gottschalk Grünwald Haberkorn Jäger Kästner Kirchhoff Lüdemann Mühlbach Nußbaum Oehler "
    "Pfannenstiel Röhrig Schäfer Schönfeld Steinbrück Tiedemann Vogelsang Weißgerber Zöllner",
    "fr": "Aubertin Beauchêne Bonnefoy Chevallier Corbière Delacroix Dufrêne Fontanel Garçonnet Hérault Jolivet Lacombe Lefèvre Marchandeau Noël Périgord Rousselot Saint-Clair Tessier Vauquelin",
    "es": "Aguilera Barrionuevo Cárdenas Domínguez Echeverría Fuentes Gallardo Ibáñez Jiménez Lozano Muñoz Navarrete Ordóñez Peñalver Quiroga Saavedra Urquijo Villanueva Zaragoza",
    "it": "Albertazzi Bonifazi Cavalcanti D'Amico Fontanella Giordani Lombardini Montefiore Nardelli Pellegrino Quaranta Rinaldini Sabatini Vescovi",
    "pt": "Albuquerque Brandão Carvalhal Figueiredo Guimarães Leitão Magalhães Nóbrega Quintela Sampaio Teixeira Vasconcelos",
    "nl": "Aalbers Boterman van den Berg Dijkgraaf de Groot Hoekstra Kuipers van der Linden Oosterhuis Schoonhoven Terpstra Vermeulen de Wit Zandstra",
    "nordic": "Aaltonen Bergqvist Dahlström Eklöf Fjeldstad Grønlund Häkkinen Hedegård Kjærgaard Lindqvist Mäkelä Nygård Østergaard Rasmusson Sjöberg Vestergård",
    "pl": "Adamczewski Bielak Czarnecki Dąbrowiecki Gołębiewski Jaśkiewicz Krzemiński Lipowski Olszański Szczepaniak Wróblewski Zieliński Dvořáček Novotník Procházka Růžička",
    "in": "Agarwal Banerji Chaudhari Deshmukh Ganguly Iyengar Joshipura Kulkarni Mehrotra Nambiar Pillai Raghavan Srivastav Trivedi Venkatesan",
    "jp": "Akiyama Endo Fujimori Hayashida Ishikura Kitagawa Matsuzaki Nakahara Okabe Sakuragi Takemura Yoshikawa Tan Lim Goh",
}
"""Last names by language group, about 210; two-word ones are kept together by `last_names`."""

PARTICLES = ("van den", "van der", "van", "de")
STEMS = [
    "Alder",
    "Bora",
    "Calder",
    "Dorn",
    "Elva",
    "Farrow",
    "Glen",
    "Halvo",
    "Ister",
    "Jorda",
    "Kestre",
    "Lumen",
    "Marro",
    "Norda",
    "Orrin",
    "Pelta",
    "Quill",
    "Rovan",
    "Selva",
    "Tarn",
    "Umbra",
    "Velto",
    "Wister",
    "Yarro",
    "Zephy",
]
ENDS = ["bank", "bridge", "crest", "dale", "field", "forge", "gate", "line", "mark", "mont", "ridge", "stone", "vale", "ware", "wick"]
TRADES = [
    "Systems",
    "Software",
    "Analytics",
    "Logistics",
    "Insurance",
    "Capital",
    "Health",
    "Networks",
    "Robotics",
    "Energy",
    "Foods",
    "Materials",
    "Media",
    "Labs",
    "Dynamics",
    "Partners",
    "Components",
    "Retail",
    "Security",
    "Mobility",
]
"""A company is called STEM + ENDS + TRADES + a legal form: 25 x 15 x 20 = 7,500 names before legal forms."""


@dataclass(frozen=True, slots=True)
class Country:
    """What records of one country look like.

    Attributes:
        code: ISO 3166 alpha-2.
        weight: Relative number of companies.
        spellings: How senders write the country.
        tongue: Language group of people's names.
        titles: Language of job titles.
        tld: Endings of companies' domains.
        forms: Legal forms.
        cities: City names.
        postal: Pattern of postal codes: # a digit, @ a letter.
    """

    code: str
    weight: float
    spellings: tuple[str, ...]
    tongue: str
    titles: str
    tld: tuple[str, ...]
    forms: tuple[str, ...]
    cities: tuple[str, ...]
    postal: str


def _country(  # the table below reads best without keywords
    code: str, weight: float, spellings: str, tongue: str, titles: str, tld: str, forms: str, cities: str, postal: str
) -> Country:
    """Make a country of comma lists."""
    parts = [tuple(part.strip() for part in text.split(",")) for text in (spellings, tld, forms, cities)]
    return Country(code, weight, parts[0], tongue, titles, parts[1], parts[2], parts[3], postal)


COUNTRIES: tuple[Country, ...] = (
    _country(
        "US",
        30,
        "US,USA,United States,United States of America,U.S.",
        "en",
        "en",
        "com",
        "Inc.,LLC,Corp.,Inc",
        "Denver,Austin,Columbus,Raleigh,Portland,Tampa",
        "#####",
    ),
    _country("CA", 6, "CA,Canada,CAN", "en", "en", "ca,com", "Inc.,Ltd.,Corporation", "Toronto,Calgary,Halifax,Ottawa", "K#@ #@#"),
    _country(
        "GB",
        12,
        "GB,UK,United Kingdom,Great Britain,England",
        "en",
        "en",
        "co.uk,com",
        "Ltd,Limited,PLC,LLP",
        "Leeds,Bristol,Manchester,Reading,Norwich",
        "LS# #@@",
    ),
    _country("IE", 2, "IE,Ireland,IRL", "en", "en", "ie", "Ltd,DAC", "Dublin,Cork,Galway", "D## @#@#"),
    _country(
        "DE",
        10,
        "DE,Germany,Deutschland,DEU",
        "de",
        "de",
        "de,com",
        "GmbH,AG,GmbH & Co. KG,SE",
        "Köln,Hamburg,Münster,Leipzig,Nürnberg",
        "#####",
    ),
    _country("AT", 2, "AT,Austria,Österreich", "de", "de", "at", "GmbH,AG", "Wien,Graz,Linz", "####"),
    _country("CH", 3, "CH,Switzerland,Schweiz,Suisse", "de", "de", "ch", "AG,GmbH,SA", "Zürich,Basel,Bern,Lausanne", "####"),
    _country("FR", 6, "FR,France,FRA", "fr", "fr", "fr", "SA,SAS,SARL", "Lyon,Nantes,Lille,Orléans", "#####"),
    _country("BE", 2, "BE,Belgium,Belgique,België", "fr", "en", "be", "NV,SA,BV", "Gent,Liège,Antwerpen", "####"),
    _country("NL", 4, "NL,Netherlands,The Netherlands,Nederland", "nl", "en", "nl", "B.V.,N.V.", "Utrecht,Eindhoven,Groningen", "#### @@"),
    _country("ES", 4, "ES,Spain,España", "es", "es", "es", "S.A.,S.L.", "Valencia,Bilbao,Málaga", "#####"),
    _country("IT", 4, "IT,Italy,Italia", "it", "en", "it", "S.p.A.,S.r.l.", "Bologna,Torino,Padova", "#####"),
    _country("SE", 2, "SE,Sweden,Sverige", "nordic", "en", "se", "AB", "Göteborg,Malmö,Uppsala", "### ##"),
    _country("NO", 1.5, "NO,Norway,Norge", "nordic", "en", "no", "AS,ASA", "Bergen,Tromsø,Oslo", "####"),
    _country("DK", 1.5, "DK,Denmark,Danmark", "nordic", "en", "dk", "A/S,ApS", "Aarhus,Odense", "####"),
    _country("FI", 1.5, "FI,Finland,Suomi", "nordic", "en", "fi", "Oy,Oyj", "Tampere,Turku,Espoo", "#####"),
    _country("PL", 3, "PL,Poland,Polska", "pl", "en", "pl", "Sp. z o.o.,S.A.", "Kraków,Gdańsk,Łódź", "##-###"),
    _country("CZ", 1, "CZ,Czechia,Czech Republic,Česko", "pl", "en", "cz", "s.r.o.,a.s.", "Brno,Plzeň,Olomouc", "### ##"),
    _country("AU", 3, "AU,Australia,AUS", "en", "en", "com.au", "Pty Ltd,Limited", "Perth,Adelaide,Hobart", "####"),
    _country("IN", 4, "IN,India,IND", "in", "en", "in,co.in", "Pvt. Ltd.,Limited", "Pune,Chennai,Jaipur", "######"),
    _country("SG", 1.5, "SG,Singapore", "jp", "en", "com.sg", "Pte. Ltd.", "Singapore", "######"),
    _country("JP", 2, "JP,Japan,JPN", "jp", "en", "co.jp", "K.K.,Co. Ltd.", "Osaka,Nagoya,Sapporo", "###-####"),
    _country("BR", 3, "BR,Brazil,Brasil", "pt", "es", "com.br", "Ltda.,S.A.", "Curitiba,Recife,Campinas", "#####-###"),
    _country("MX", 2, "MX,Mexico,México", "es", "es", "com.mx", "S.A. de C.V.", "Monterrey,Puebla,Mérida", "#####"),
)
"""24 countries."""

INDUSTRIES: tuple[tuple[str, str, float], ...] = (
    ("Software", "5132", 3),
    ("Computer Software", "5132", 3),
    ("Information Technology", "5415", 2),
    ("Computer Systems Design Services", "5415", 2),
    ("541512", "5415", 2),
    ("513210", "5132", 1),
    ("Banking", "5221", 2),
    ("Commercial Banking", "5221", 1.5),
    ("Insurance", "5241", 2),
    ("524210", "5242", 1),
    ("Hospitals", "6221", 1.5),
    ("Machinery Manufacturing", "3332", 2),
    ("Food Manufacturing", "3112", 1),
    ("336111", "3361", 1),
    ("Wholesale Trade", "4238", 1),
    ("Retail Trade", "4552", 1),
    ("Telecommunications", "5171", 1.5),
    ("Management Consulting Services", "5416", 1.5),
    ("Construction", "2362", 1),
    ("Education", "6113", 1),
)
"""(as senders write it, NAICS prefix that is meant, weight)."""

FUNCTIONS: dict[str, dict[str, str]] = {
    "it": {"en": "IT", "de": "IT", "fr": "Informatique", "es": "TI", "chief": "CIO"},
    "engineering": {"en": "Engineering", "de": "Entwicklung", "fr": "Ingénierie", "es": "Ingeniería", "chief": "CTO"},
    "security": {
        "en": "Information Security",
        "de": "IT-Sicherheit",
        "fr": "Sécurité informatique",
        "es": "Seguridad Informática",
        "chief": "CISO",
    },
    "finance": {"en": "Finance", "de": "Finanzen", "fr": "Finances", "es": "Finanzas", "chief": "CFO"},
    "marketing": {"en": "Marketing", "de": "Marketing", "fr": "Marketing", "es": "Marketing", "chief": "CMO"},
    "operations": {"en": "Operations", "de": "Betrieb", "fr": "Opérations", "es": "Operaciones", "chief": "COO"},
    "sales": {"en": "Sales", "de": "Vertrieb", "fr": "Ventes", "es": "Ventas", "chief": "Chief Sales Officer"},
    "hr": {
        "en": "Human Resources",
        "de": "Personal",
        "fr": "Ressources humaines",
        "es": "Recursos Humanos",
        "chief": "Chief Human Resources Officer",
    },
    "procurement": {"en": "Procurement", "de": "Einkauf", "fr": "Achats", "es": "Compras", "chief": "Chief Procurement Officer"},
}
"""Functions of the closed list (RULES 47) with their names in the languages of titles, and the chief's title."""

LEVELS: dict[str, dict[str, tuple[str, ...]]] = {
    "c-level": {"en": ("{chief}",), "de": ("{chief}",), "fr": ("{chief}",), "es": ("{chief}",)},
    "vp": {
        "en": ("VP {f}", "Vice President of {f}", "VP, {f}", "SVP {f}"),
        "de": ("Vice President {f}",),
        "fr": ("Vice-président {f}",),
        "es": ("Vicepresidente de {f}",),
    },
    "director": {
        "en": ("Director of {f}", "{f} Director", "Head of {f}", "Senior Director, {f}"),
        "de": ("Leiter {f}", "Bereichsleiter {f}", "Director {f}"),
        "fr": ("Directeur {f}", "Directrice {f}"),
        "es": ("Director de {f}", "Directora de {f}"),
    },
    "manager": {
        "en": ("{f} Manager", "Manager, {f}", "Manager of {f}"),
        "de": ("{f} Manager", "Teamleiter {f}", "{f} Managerin"),
        "fr": ("Responsable {f}",),
        "es": ("Gerente de {f}",),
    },
    "senior": {
        "en": ("Senior {f} Analyst", "Sr. {f} Specialist"),
        "de": ("Senior {f} Specialist",),
        "fr": ("Senior {f} Specialist",),
        "es": ("Senior {f} Specialist",),
    },
    "entry": {
        "en": ("{f} Analyst", "{f} Specialist", "{f} Coordinator"),
        "de": ("{f} Specialist",),
        "fr": ("Assistant {f}",),
        "es": ("Asistente de {f}",),
    },
    "intern": {"en": ("{f} Intern",), "de": ("Praktikant {f}",), "fr": ("Stagiaire {f}",), "es": ("{f} Intern",)},
}
"""Title patterns by step of the ladder and language."""

LEVEL_WEIGHTS: dict[str, float] = {"c-level": 12, "vp": 13, "director": 25, "manager": 30, "senior": 9, "entry": 9, "intern": 2}
FUNCTION_WEIGHTS: dict[str, float] = {
    "it": 24, "engineering": 16, "security": 14, "finance": 12, "marketing": 9, "operations": 9, "sales": 6, "hr": 5, "procurement": 5,
}  # fmt: skip

SIZE_BANDS: tuple[tuple[int, int, float], ...] = (
    (10, 49, 10),
    (50, 199, 17),
    (200, 499, 24),
    (500, 999, 20),
    (1000, 4999, 21),
    (5000, 9999, 5),
    (10000, 60000, 3),
)
"""(fewest, most employees, weight)."""

FREE_DOMAINS = ("gmail.com", "yahoo.com", "hotmail.com", "gmx.de", "outlook.com", "web.de")
DISPOSABLE_DOMAINS = ("mailinator.com", "guerrillamail.com", "yopmail.com", "10minutemail.com")
ROLES = ("info", "sales", "admin", "office", "contact", "support")
KEYBOARD = (("asdf", "asdf"), ("qwerty", "qwerty"), ("test", "test"), ("aaaa", "aaaa"))
STRANGE_TITLES = ("Ninja of Happiness", "Evangelist at large", "Wizard", "See LinkedIn", "n.a.")
ASSETS = ("Zero trust in 30 days", "The cost of tool sprawl", "Buyer's guide 2026", "Cloud bill benchmark", "Playbook: first 90 days")
CHANNELS = ("content syndication", "paid social", "email", "telemarketing", "webinar")
CONSENT = "I agree that {buyer} may contact me by e-mail and phone about this topic."


def last_names(tongue: str) -> list[str]:
    """List the last names of a language group, particles kept with their name."""
    names: list[str] = []
    words = LAST_NAMES[tongue].split()
    at = 0
    while at < len(words):
        held = next((part.split() for part in PARTICLES if words[at : at + len(part.split())] == part.split()), [])
        names.append(" ".join(words[at : at + len(held) + 1]))
        at += len(held) + 1
    return names
