"""Records that look like test data: a closed list of patterns, and nothing outside it (RULES 17).

docs/normalising.md publishes every pattern below; a test compares the two. A word stands here only if no person and no company is
known to be called so: Bar, Tester, Null, Sample, Wert and Abcde are names, AAA and 3M are companies.
"""

from __future__ import annotations

import re
from functools import cache

import polars as pl

from payper.normalisation.remembered import is_common

RESERVED_DOMAINS: tuple[str, ...] = ("example.com", "example.net", "example.org", "test", "example", "invalid", "localhost")
"""Domains that RFC 2606 and RFC 6761 keep for tests and examples, with every name below them."""

_ROW_WORDS = """
    qwertyuiop qwertzuiop azertyuiop asdfghjkl qsdfghjklm zxcvbnm yxcvbnm wxcvbn qwer qwert qwerty qwertyu qwertz qwertzu
    azerty asdf asdfg asdfgh asdfghj asdfjkl zxcv zxcvb zxcvbn yxcv yxcvb qsdf wxcv asdasd asdasdasd asdfasdf qweqwe
    qwerqwer qweasd zxczxc sdfsdf sdfg sdfgh dfgdfg dfgh dfghj fghfgh fghj ghjk hjkl jkljkl lkjh lkjhg poiuy poiuyt fdsa
    fdsafdsa rewq asdfqwer qwerasdf asd qwe 1234 12345 123456 1234567 12345678 123456789 1234567890
"""

ROWS: tuple[str, ...] = tuple(_ROW_WORDS.split())
"""Rows of the keyboard, and pieces of them, as a whole name, company or local part."""

NAMES: tuple[str, ...] = (
    "test",
    "test test",
    "testing",
    "test user",
    "test name",
    "test lead",
    "test contact",
    "first name",
    "firstname",
    "first_name",
    "last name",
    "lastname",
    "last_name",
    "full name",
    "your name",
    "no name",
    "noname",
    "n/a",
    "n.a.",
    "not available",
    "not applicable",
    "not provided",
    "tbd",
    "foobar",
    "foo bar",
    "blah",
    "blah blah",
    "lorem",
    "lorem ipsum",
    "dummy",
    "undefined",
    "vorname",
    "nachname",
    "[not provided]",
)
"""Words that, as a whole first or last name, are none."""

PAIRS: tuple[tuple[str, str], ...] = (
    ("first", "last"),
    ("foo", "bar"),
    ("foo", "foo"),
    ("bar", "foo"),
    ("lorem", "ipsum"),
    ("none", "none"),
    ("null", "null"),
    ("na", "na"),
    ("no", "name"),
    ("no", "no"),
    ("demo", "demo"),
    ("demo", "user"),
    ("fake", "fake"),
    ("fake", "name"),
    ("sample", "sample"),
    ("sample", "user"),
    ("tester", "tester"),
    ("unknown", "unknown"),
    ("your", "name"),
    ("mickey", "mouse"),
    ("donald", "duck"),
    ("abc", "abc"),
    ("abc", "xyz"),
    ("aaa", "bbb"),
)
"""First and last names that are names apart and not together."""

LOCAL_PARTS: tuple[str, ...] = (
    "test",
    "testing",
    "test1",
    "test2",
    "test12",
    "test123",
    "test1234",
    "testtest",
    "testuser",
    "test.user",
    "test.test",
    "test-user",
    "noemail",
    "no-email",
    "no.email",
    "nomail",
    "fakeemail",
    "fake",
    "foobar",
    "foo.bar",
    "dummy",
)
"""Local parts, before a `+tag`, that are no mailbox of a person."""

COMPANIES: tuple[str, ...] = (
    "test",
    "test test",
    "testing",
    "test company",
    "test co",
    "test corp",
    "test inc",
    "test inc.",
    "test llc",
    "test ltd",
    "test gmbh",
    "test account",
    "company name",
    "your company",
    "no company",
    "fake company",
    "dummy company",
    "example company",
    "sample company",
    "foobar",
    "foo bar",
    "n/a",
    "n.a.",
    "not available",
    "not applicable",
    "not provided",
    "[not provided]",
    "lorem ipsum",
    "blah",
    "undefined",
)
"""Words that, as a whole company name, are none."""

SEQUENCES: tuple[str, ...] = ("0123456789", "1234567890", "123456789", "12345678", "1234567", "9876543210", "987654321", "0987654321")
"""Runs of digits that are no phone number, alone or after a calling code of one to three digits."""

REPEATS: dict[str, int] = {"name": 3, "local part": 4, "company": 4, "phone": 7}
"""How often one character must be repeated, with nothing else, to be none: letters and digits in a name, a company or a local part;
digits in a phone, after a calling code of at most three."""

FIELDS: tuple[str, ...] = ("first_name", "last_name", "email", "email_host", "phone", "company")


def find_implausible(frame: pl.DataFrame) -> pl.Series:
    """Say which pattern of test data a delivery shows.

    Args:
        frame: Any of `first_name`, `last_name`, `email` (as sent), `email_host` (as `read_emails` gives it), `phone`, `company`, strings.

    Returns:
        Strings named `implausible`, one per row: the first pattern found, in words, with the value; null when there is none.
    """
    absent = [pl.lit(None, dtype=pl.String).alias(field) for field in FIELDS if field not in frame.columns]
    # Names and companies are compared in lower case; addresses are long, and cheaper matched in any case than rewritten.
    lowered = (pl.col(field).cast(pl.String).str.to_lowercase().str.strip_chars() for field in ("first_name", "last_name", "company"))
    read = frame.with_columns(absent).select(*lowered, *(pl.col(field).cast(pl.String) for field in ("email", "email_host", "phone")))
    is_hit = read.select(_is_any()).to_series()
    # Words are written for the few rows that show a pattern; a million texts for nobody would take as long as all the rest.
    if not is_hit.any():
        return pl.Series("implausible", [None], dtype=pl.String).new_from_index(0, read.height)
    said = read.filter(is_hit).select(_words().alias("said"))["said"]
    return _put(said, is_hit)


UNSAID = "\0"
"""Said of a delivery of which only `find_implausible` can tell."""


def find_alone(
    first_name: str | None, last_name: str | None, email: str | None, email_host: str | None, phone: str | None, company: str | None
) -> str | None:
    """As `find_implausible`, of one delivery; `UNSAID` where its texts are not common (`remembered.is_common`).

    Args:
        first_name: As sent, as are the others but one.
        last_name: As sent.
        email: As sent.
        email_host: As `read_emails` gives it.
        phone: As sent.
        company: As sent.
    """
    if not all(text is None or is_common(text) for text in (first_name, last_name, email, email_host, phone, company)):
        return UNSAID
    first, last, firm = ("" if text is None else text.lower().strip(" ") for text in (first_name, last_name, company))
    if (first, last) in _PAIRS:
        return f"the name is `{first} {last}`, a well-known stand-in"
    for name, words in ((first, "first name"), (last, "last name")):
        if name in _FAKE_NAMES:
            return f"the {words} is `{name}`, test data or a keyboard row"
        if _is_repeated(name, REPEATS["name"]):
            return f"the {words} is one character repeated, `{name}`"
    said = _find_in_email(email or "", email_host or "") or _find_in_phone(phone or "")
    if said is None and firm in _FAKE_COMPANIES:
        return f"the company is `{firm}`, test data or a keyboard row"
    if said is None and _is_repeated(firm, REPEATS["company"]):
        return f"the company is one character repeated, `{firm}`"
    return said


def _find_in_email(email: str, host: str) -> str | None:
    if not _RESERVED_WORDS.search(email) and not _RESERVED_WORDS.search(host):
        pass
    elif _reserved_form("[@.]").search(email):
        return f"the e-mail address `{email}` is at a domain kept for tests and examples (RFC 2606)"
    elif _reserved_form(r"(?:^|\.)").search(host):
        return f"the e-mail host `{host}` is a domain kept for tests and examples (RFC 2606)"
    local, at, _ = email.lstrip(" ").lower().partition("@")
    local = local.partition("+")[0]
    if at and local in _FAKE_LOCALS:
        return f"the e-mail address `{email}` begins with test data or a keyboard row"
    if at and _is_repeated(local, REPEATS["local part"]):
        return f"the e-mail address `{email}` begins with one character repeated"
    return None


def _find_in_phone(phone: str) -> str | None:
    digits = phone.translate(_GAPS)
    if len(digits) < REPEATS["phone"] or not digits.isdigit() or not digits.isascii():
        return None
    if digits[3:] == digits[-1] * (len(digits) - 3) and any(_is_repeated(digits[cut:], REPEATS["phone"]) for cut in range(4)):
        return f"the phone number is one digit repeated, `{phone}`"
    if digits in SEQUENCES or any(len(digits[cut:]) > 8 and digits[cut:] in SEQUENCES for cut in range(4)):
        return f"the phone number is a run of digits, `{phone}`"
    return None


def _is_repeated(text: str, times: int) -> bool:
    return len(text) >= times and text[0] == text[1] and text[0] * len(text) == text and text[0] in _SIGNS


_RESERVED_WORDS = re.compile("example|test|invalid|localhost", re.IGNORECASE)


@cache
def _reserved_form(before: str) -> re.Pattern[str]:
    return re.compile(rf"{before}(?:{'|'.join(map(re.escape, RESERVED_DOMAINS))})\.? *$", re.IGNORECASE)


@cache
def _is_any() -> pl.Expr:
    return pl.any_horizontal(fault.fill_null(value=False) for fault, _, _ in _patterns())


@cache
def _words() -> pl.Expr:
    return pl.coalesce(pl.when(fault).then(pl.format(text, *values)) for fault, text, values in _patterns())


def _put(said: pl.Series, is_hit: pl.Series) -> pl.Series:
    places = (is_hit.cum_sum().cast(pl.Int64) - 1).set(~is_hit, None)
    return said.gather(places).rename("implausible")


_Pattern = tuple[pl.Expr, str, tuple[pl.Expr, ...]]


@cache
def _patterns() -> list[_Pattern]:
    """List what is looked for: when it holds, and the words and values that say so."""
    return [*_names(), *_email(), *_phone(), *_company()]


def _names() -> list[_Pattern]:
    first, last = pl.col("first_name"), pl.col("last_name")
    pairs = [(first == one) & (last == other) for one, other in PAIRS if one != other]
    twice = first.is_in([one for one, other in PAIRS if one == other]) & (first == last)
    found: list[_Pattern] = [(pl.any_horizontal(twice, *pairs), "the name is `{} {}`, a well-known stand-in", (first, last))]
    for name, words in ((first, "first name"), (last, "last name")):
        fakes = name.is_in(_FAKE_NAMES)
        found.append((fakes, "the " + words + " is `{}`, test data or a keyboard row", (name,)))
        found.append((name.str.contains(_repeated(REPEATS["name"])), "the " + words + " is one character repeated, `{}`", (name,)))
    return found


def _email() -> list[_Pattern]:
    email, host = pl.col("email"), pl.col("email_host")
    reserved = rf"(?:{'|'.join(_in_any_case(domain) for domain in RESERVED_DOMAINS)})\.?[ \t]*$"
    locals_ = rf"^[ \t]*(?:{'|'.join(_in_any_case(local) for local in sorted(_FAKE_LOCALS))})(?:\+[^@]*)?@"
    letters = "|".join(f"{_in_any_case(sign)}{{{REPEATS['local part']},}}" for sign in _SIGNS)
    repeated = rf"^[ \t]*(?:{letters})(?:\+[^@]*)?@"
    return [
        (email.str.contains(rf"[@.]{reserved}"), "the e-mail address `{}` is at a domain kept for tests and examples (RFC 2606)", (email,)),
        (host.str.contains(rf"(?:^|\.){reserved}"), "the e-mail host `{}` is a domain kept for tests and examples (RFC 2606)", (host,)),
        (email.str.contains(locals_), "the e-mail address `{}` begins with test data or a keyboard row", (email,)),
        (email.str.contains(repeated), "the e-mail address `{}` begins with one character repeated", (email,)),
    ]


def _phone() -> list[_Pattern]:
    phone = pl.col("phone")
    gap, times = r"[ \-().+/]*", REPEATS["phone"]
    code = rf"^{gap}(?:[0-9]{gap}){{0,3}}"
    repeated = "|".join(rf"(?:{digit}{gap}){{{times},}}" for digit in "0123456789")
    spaced = [(len(run), "".join(digit + gap for digit in run)) for run in SEQUENCES]
    runs = rf"{code}(?:{'|'.join(run for length, run in spaced if length > 8)})$|^{gap}(?:{'|'.join(run for _, run in spaced)})$"
    return [
        (phone.str.contains(rf"{code}(?:{repeated})$"), "the phone number is one digit repeated, `{}`", (phone,)),
        (phone.str.contains(runs), "the phone number is a run of digits, `{}`", (phone,)),
    ]


def _company() -> list[_Pattern]:
    company = pl.col("company")
    repeated = company.str.contains(_repeated(REPEATS["company"]))
    return [
        (company.is_in(_FAKE_COMPANIES), "the company is `{}`, test data or a keyboard row", (company,)),
        (repeated, "the company is one character repeated, `{}`", (company,)),
    ]


def _in_any_case(text: str) -> str:
    """Write a text of ASCII as a pattern of both cases."""
    return "".join(f"[{sign}{sign.upper()}]" if sign.isalpha() else f"[{sign}]" for sign in text)


def _repeated(times: int) -> str:
    """Match one letter or digit repeated; the engine has no back references."""
    return f"^(?:{'|'.join(f'{sign}{{{times},}}' for sign in _SIGNS)})$"


_SIGNS = "abcdefghijklmnopqrstuvwxyz0123456789"
_PAIRS = frozenset(PAIRS)
_GAPS = str.maketrans("", "", " -().+/")
_FAKE_NAMES = frozenset(NAMES + ROWS)
_FAKE_LOCALS = frozenset(LOCAL_PARTS + ROWS)
_FAKE_COMPANIES = frozenset(COMPANIES + tuple(row for row in ROWS if not row.isdigit() and len(row) > 3))
