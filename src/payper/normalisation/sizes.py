"""Read sizes: how many people work at a company, and what it earns, from free text to a range of whole numbers.

The grammar is strict: a text with a word that is not known gives nothing, so that a date mangled by a spreadsheet ("10-Jan") is never
a size. docs/normalising-companies.md tells the forms.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from functools import cache, lru_cache
from typing import NamedTuple

import polars as pl

from payper.money import currency_codes, round_half_away
from payper.normalisation.folding import by_unique, fold_text
from payper.normalisation.remembered import FEW, Row, of_texts
from payper.normalisation.size_words import ABOVE, ALONE, BELOW, FILLERS, FROM, OPEN, SIGNS, UNIT, UP_TO

EMPLOYEES_MAX = 10_000_000
"""More employees than any company has; beyond it a text is not read."""
REVENUE_MAX = 10**16
"""More revenue than any company has in any currency; beyond it a text is not read."""

_NUMBER = r"(?:\d{1,3}(?:[,.'’\s]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?)"
_TOKEN = re.compile(
    rf"(?P<number>{_NUMBER})|(?P<dash>-|\.\.+|\bto\b|\ba\b|\bbis\b|\buntil\b|\bthrough\b|\btot\b|\bate\b|\bund\b|\band\b|\by\b|\be\b|\bet\b)"
    r"|(?P<word>[^\W\d_]+)|(?P<other>\S)"
)


class _Amount(NamedTuple):
    value: Decimal
    unit: int | None


def read_sizes(texts: pl.Series) -> pl.DataFrame:
    """Read numbers of employees.

    Args:
        texts: String, as sent: `1,000-5,000`, `1k+`, `> 500`, `up to 200`, `10.000+`, `5000`, `self-employed`.

    Returns:
        `employees_min`, `employees_max`: Int64, both ends included; a null maximum beside a minimum is open above; both null where the
        text is empty, says nothing that can be read, or nothing that can be (zero, negative, over `EMPLOYEES_MAX`).
    """
    if len(texts) <= FEW:
        return SIZES.recall(texts.cast(pl.String).to_list())
    return by_unique(texts.cast(pl.String), _read_sizes)


def read_revenues(texts: pl.Series) -> pl.DataFrame:
    """Read revenues.

    Args:
        texts: String, as sent: `$50M to $100M`, `50-100M` (a unit at the end is of both), `10 Mio. €`, `INR 5 Cr`, `< $1M`.

    Returns:
        `revenue_min`, `revenue_max`: Int64, whole units, both ends included, a null maximum beside a minimum open above, both null where
        nothing can be read; `revenue_currency`: String, the ISO 4217 code of the sign or code written, `$` being USD; null: none written,
        so it is the contract's (RULES 22).
    """
    if len(texts) <= FEW:
        return REVENUES.recall(texts.cast(pl.String).to_list())
    return by_unique(texts.cast(pl.String), _read_revenues)


def parse_range(text: str) -> tuple[int | None, int | None]:
    """Parse a contract's range: `200..5000`, `50M..`, `..200`, `1k..5k`, `1_000..`; a single number is a range of itself.

    Returns:
        Both ends, included; None is open. Their order is not checked: a contract check tells that `200..50` admits nobody.

    Raises:
        ValueError: The text is no range of whole numbers.
    """
    match = re.fullmatch(r"\s*([^.\s]*(?:\.\d+[kmb])?)\s*(\.\.)?\s*(\S*)\s*", str(text), flags=re.IGNORECASE)
    if match is None or not (match[1] or match[3]) or (match[2] is None and match[3]):
        raise ValueError(f"{text!r} is no range: write both ends as in 200..5000, or one as in 200.. or ..5000")
    low = _end_of_range(match[1], text) if match[1] else None
    if match[2] is None:
        return low, low
    return low, _end_of_range(match[3], text) if match[3] else None


def _end_of_range(end: str, text: str) -> int:
    match = re.fullmatch(r"(\d[\d_]*(?:\.\d+)?)([kmb]?)", end, flags=re.IGNORECASE)
    if match is None:
        raise ValueError(
            f"{end!r} in the range {text!r} is no whole number: write digits, with k, M or B for thousands, millions, billions"
        )
    value = Decimal(match[1].replace("_", "")) * {"": 1, "k": 1_000, "m": 1_000_000, "b": 1_000_000_000}[match[2].lower()]
    if value != value.to_integral_value():
        raise ValueError(f"{end!r} in the range {text!r} is no whole number")
    return int(value)


def _read_sizes(texts: pl.Series) -> pl.DataFrame:
    plain = _plain_numbers(texts, largest=EMPLOYEES_MAX)
    rows = [(value, value) if value else _read_size(text) for text, value in zip(texts, plain, strict=True)]
    return pl.DataFrame(rows, schema={"employees_min": pl.Int64, "employees_max": pl.Int64}, orient="row")


def _plain_numbers(texts: pl.Series, *, largest: int) -> pl.Series:
    """Read the texts that are one plain number (`5000`, `5,000`, `5,000.0`), which need no grammar; null for all others."""
    number = texts.str.strip_chars(" ").str.extract(r"^(\d{1,16}|\d{1,3}(?:,\d{3})+)(?:\.0+)?$")
    value = number.str.replace_all(",", "", literal=True).cast(pl.Int64, strict=False)
    # Three digits after the only dot part thousands (10.000), so such a text is left to the grammar.
    is_left = texts.str.contains(r"^[^,]*\.\d{3}\s*$")
    return value.to_frame("value").select(pl.when((pl.col("value") <= largest) & ~pl.lit(is_left)).then("value")).to_series()


@lru_cache(maxsize=1 << 14)
def _read_size(text: str) -> tuple[int | None, int | None]:
    plain = _plain(text)
    if re.sub("[^a-z]+", " ", plain).strip() in ALONE.split("|"):
        return 1, 1
    ends = _ends(plain)
    if ends is None:
        return None, None
    low, high = ends
    if (high == 0) or low > EMPLOYEES_MAX or (high or 0) > EMPLOYEES_MAX:
        return None, None
    return max(low, 1), high


def _read_revenues(texts: pl.Series) -> pl.DataFrame:
    sign = texts.str.extract(r"^\s*([$€£])")
    plain = _plain_numbers(texts.str.replace(r"^\s*[$€£]\s*", ""), largest=REVENUE_MAX)
    schema = {"revenue_min": pl.Int64, "revenue_max": pl.Int64, "revenue_currency": pl.String}
    is_rest = plain.is_null()
    rest = pl.DataFrame([_read_revenue(text) for text in texts.filter(is_rest).to_list()], schema=schema, orient="row")
    place_of_rest = pl.select(pl.when(pl.lit(is_rest)).then(pl.lit(is_rest).cum_sum() - 1)).to_series()
    code = sign.replace_strict(list(SIGNS), list(SIGNS.values()), default=None, return_dtype=pl.String)
    easy = pl.DataFrame([plain.alias("revenue_min"), plain.alias("revenue_max"), code.alias("revenue_currency")])
    hard = rest.select(pl.all().gather(place_of_rest)) if rest.height else easy.clear(easy.height)
    return easy.select(pl.when(pl.lit(is_rest)).then(hard[name]).otherwise(pl.col(name)).alias(name) for name in schema)


@lru_cache(maxsize=1 << 16)
def _read_revenue(text: str) -> tuple[int | None, int | None, str | None]:
    plain, currency, is_single = _currency(_plain(text))
    if plain.strip() in ("pre-revenue", "pre revenue", "no revenue"):
        return 0, 0, currency
    ends = _ends(plain, has_fractions=True) if is_single else None
    if ends is None or ends[0] > REVENUE_MAX or (ends[1] or 0) > REVENUE_MAX:
        return None, None, None
    return *ends, currency


def _plain(text: str) -> str:
    """Fold a text, every dash being one character and "plus or minus" gone."""
    dashed = text
    if not text.isascii():
        dashed = "".join("-" if unicodedata.category(mark) == "Pd" or mark == "−" else mark for mark in text)
    return re.sub(r"[~≈*()\[\]\"]", " ", fold_text(dashed)).strip()


@cache
def _fillers() -> frozenset[str]:
    return frozenset(FILLERS.split())


@cache
def _sign_pattern() -> re.Pattern[str]:
    words = sorted(
        [code.lower() for code in currency_codes()] + [sign for sign in SIGNS if sign[-1].isalpha() and sign.isalpha()],
        key=len,
        reverse=True,
    )
    signs = sorted((sign for sign in SIGNS if not sign.isalpha()), key=len, reverse=True)
    return re.compile(rf"(?:{'|'.join(map(re.escape, signs))})|(?<![a-z])(?:{'|'.join(map(re.escape, words))})(?![a-z])")


def _currency(plain: str) -> tuple[str, str | None, bool]:
    """Take the signs and codes of currencies out of a text; tell which it names, and whether that is at most one."""
    found = {SIGNS.get(sign, sign.upper()) for sign in _sign_pattern().findall(plain)}
    found = found - {"USD"} if found & {"CAD", "AUD", "NZD", "HKD", "SGD"} and "$" in plain else found
    return _sign_pattern().sub(" ", plain), next(iter(found), None), len(found) < 2


def _ends(plain: str, *, has_fractions: bool = False) -> tuple[int, int | None] | None:
    """Read both ends of a range out of a folded text, or None where it cannot be read whole."""
    match = _BETWEEN.match(plain)
    plain = match[1] if match else plain
    prefix, rest = _prefix(plain)
    suffix = _OPEN_AFTER.search(rest) if prefix is None else None
    if suffix is not None:
        prefix, rest = "from", rest[: suffix.start()] + " " + rest[suffix.end() :]
    amounts = _amounts(rest)
    if amounts is None or len(amounts) > 2 or (len(amounts) == 2 and prefix is not None):
        return None
    values = _values(amounts)
    if any(value > _LARGEST for value in values):
        return None
    if not has_fractions and any(value != value.to_integral_value() for value in values):
        return None
    low, high = round_half_away(values[0]), round_half_away(values[-1])
    match prefix:
        case "above":
            return low + 1, None
        case "from":
            return low, None
        case "below":
            return (0, high - 1) if high else None
        case "up to":
            return 0, high
    return (low, high) if low <= high else None


_LARGEST = Decimal(10) ** 18
"""More is no size of anything, and no whole number that columns hold."""

_BETWEEN = re.compile(r"(?:between|zwischen|entre|tra|tussen|from|von|de)\s+(?=.*\d.*\d)(.*)")
_OPEN_AFTER = re.compile(rf"(?<=[\w.])\s*(?:{OPEN})(?=\W|$)")
_UNIT_AFTER = re.compile(r"\s*(?:" + "|".join(UNIT) + r")\b")
_BEFORE = tuple(
    (kind, re.compile(rf"(?:[^\d<>≤≥]*?\b)?\s*(?:{words})(?![a-z=])\s*(?=[\d.])"), re.compile(rf"(?:{words})\s*$"))
    for kind, words in (("from", FROM), ("up to", UP_TO), ("above", ABOVE), ("below", BELOW))
)


def _prefix(plain: str) -> tuple[str | None, str]:
    if plain[:1].isdigit():
        return None, plain
    for kind, before, last in _BEFORE:
        match = before.match(plain)
        if match and all(word in _fillers() for word in re.findall(r"[a-z]+", last.sub("", match[0]))):
            return kind, plain[match.end() :]
    return None, plain


def _amounts(text: str) -> list[_Amount] | None:
    """List the numbers of a text, each with its unit; None where anything else is in it, or two numbers lack a dash or a word between."""
    amounts: list[_Amount] = []
    can_follow = True
    for token in _TOKEN.finditer(text):
        if token["number"]:
            if not can_follow:
                return None
            has_unit = _UNIT_AFTER.match(text, token.end()) is not None
            amounts.append(_Amount(_number(token["number"], has_unit=has_unit), None))
            can_follow = False
        elif token["dash"]:
            # A dash before the first number is a minus.
            if not amounts and token["dash"] == "-":
                return None
            can_follow = True
        elif token["word"]:
            if token["word"] in UNIT and amounts and not can_follow:
                factor = UNIT[token["word"]] * (amounts[-1].unit or 1)
                amounts[-1] = amounts[-1]._replace(unit=factor)
            elif token["word"] not in _fillers():
                return None
        elif token["other"] not in ".,:":
            return None
    return None if can_follow else amounts


def _values(amounts: list[_Amount]) -> list[Decimal]:
    """Multiply out; a unit on the last number alone is of both, unless that would turn the range round (500-1k)."""
    values = [amount.value * (amount.unit or 1) for amount in amounts]
    last = amounts[-1].unit
    if len(amounts) == 2 and last is not None and amounts[0].unit is None and amounts[0].value * last <= values[1]:
        values[0] = amounts[0].value * last
    return values


def _number(text: str, *, has_unit: bool) -> Decimal:
    """Read a number with either decimal sign: a last mark before exactly three digits parts thousands, unless a unit follows (1.250M)."""
    bare = re.sub(r"[\s'’]", "", text)
    marks = [mark for mark in bare if mark in ".,"]
    if not marks:
        return Decimal(bare)
    whole, _, tail = bare.rpartition(marks[-1])
    is_decimal = len(tail) != 3 or (has_unit and len(marks) == 1) or (len(set(marks)) == 2 and marks.count(marks[-1]) == 1)
    whole = re.sub("[.,]", "", whole)
    return Decimal(f"{whole}.{tail}") if is_decimal else Decimal(whole + tail)


_COMMON = re.compile("[ -~€£]*")
_PLAIN_NUMBER = re.compile(r"([0-9]{1,16}|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.0+)?")
_LEFT = re.compile(r"[^,]*\.[0-9]{3} *")


def _plain_number(text: str, *, largest: int) -> int | None:
    """As `_plain_numbers`, of one text of common signs."""
    number = _PLAIN_NUMBER.fullmatch(text.strip(" "))
    if number is None or _LEFT.fullmatch(text) is not None:
        return None
    value = int(number[1].replace(",", ""))
    return value if value <= largest else None


def _read_size_alone(text: str) -> Row | None:
    if _COMMON.fullmatch(text) is None:
        return None
    value = _plain_number(text, largest=EMPLOYEES_MAX)
    return (value, value) if value else _read_size(text)


def _read_revenue_alone(text: str) -> Row | None:
    if _COMMON.fullmatch(text) is None:
        return None
    bare = text.lstrip(" ")
    sign = bare[:1] if bare[:1] in ("$", "€", "£") else ""
    plain = _plain_number(bare[1:].lstrip(" ") if sign else text, largest=REVENUE_MAX)
    return _read_revenue(text) if plain is None else (plain, plain, SIGNS.get(sign))


SIZES = of_texts(_read_sizes, {"employees_min": pl.Int64, "employees_max": pl.Int64}, one=_read_size_alone)
REVENUES = of_texts(
    _read_revenues, {"revenue_min": pl.Int64, "revenue_max": pl.Int64, "revenue_currency": pl.String}, one=_read_revenue_alone
)
