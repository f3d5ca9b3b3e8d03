"""Phone numbers in E.164, and whether they belong to the delivery's country, by libphonenumber's metadata.

The verdict is always that of the package `phonenumbers`. A million numbers one by one would take it half a minute, so its metadata
is compiled once into two large regular expressions that decide the plain cases (RULES 13, 46); whatever is not plain, such as an
extension, letters or a carrier code, goes to the package itself, once per distinct number and country.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import polars as pl

from payper.normalisation.remembered import FEW, Memory, Row

if TYPE_CHECKING:
    from phonenumbers import PhoneMetadata

COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "phone_e164": pl.String,
    "is_valid": pl.Boolean,
    "phone_countries_match": pl.Boolean,
}

_FEW = 400
"""Up to so many numbers, asking the package one by one is quicker than compiling its metadata."""

_MANY = 30_000
"""Up to so many numbers, compiling only the plans of the calling codes they have is quicker than compiling all."""

_NEVER = "@^"
"""An expression that matches nothing."""

_LENGTH_MAX = 250
"""Longer text is no phone number; libphonenumber refuses it for the same reason."""

_ASK_ALWAYS = frozenset({"212", "267", "290", "599"})
"""Calling codes whose regions or general pattern overlap so that one expression cannot tell what the package would say. A test
draws numbers from every pattern of the metadata and would name a further one."""

_PLAIN = r"^[ (]*\+?[ ().\-/\x{a0}]*[0-9][0-9 ().\-/\x{a0}]{3,38}$"
"""Digits and the punctuation that libphonenumber skips; no letters, `#`, `;`, `,` or `~`, which may begin an extension."""

_EXTENSION = r" ?(?:x|ext\.?) ?[0-9]{1,6}$"
"""An extension written in the two commonest ways; libphonenumber drops it."""

_PUNCTUATION = [" ", "-", "(", ")", ".", "/", "+", "\u00a0"]

_NON_GEOGRAPHIC = "001"
_TYPES = ("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail")


def read_phones(phones: pl.Series, country_codes: pl.Series) -> pl.DataFrame:
    """Read phone numbers as written in the countries of their deliveries.

    Args:
        phones: Strings as sent, any shape.
        country_codes: ISO 3166 alpha-2 in upper case; null or a code libphonenumber does not know: the number must then be
            international, beginning with `+` or `00`.

    Returns:
        One row per phone: `phone_e164` (null: empty or not valid); `is_valid` (null: empty), as libphonenumber's
        `is_valid_number`; `phone_countries_match` (null: empty, not valid, or no country), as its `is_valid_number_for_region`:
        a number shared by several countries (+1 800) matches each, one of no country (+800) matches all.
    """
    if len(phones) <= FEW:
        keys = zip(phones.cast(pl.String).to_list(), country_codes.cast(pl.String).to_list(), strict=True)
        return MEMORY.recall([None if phone is None else (phone, country) for phone, country in keys])
    return _read(phones, country_codes)


def _read(phones: pl.Series, country_codes: pl.Series) -> pl.DataFrame:
    frame = pl.DataFrame({"phone": phones.cast(pl.String), "country": country_codes.cast(pl.String)}).with_columns(
        pl.col("phone").str.strip_chars().replace("", None)
    )
    if frame.height <= _FEW:
        return _by_package(frame, frame.unique())
    judged = _by_pattern(frame)
    rest = frame.filter(judged["is_open"])
    return _with_rest(judged, rest) if rest.height else judged.select(*COLUMNS)


def _with_rest(judged: pl.DataFrame, rest: pl.DataFrame) -> pl.DataFrame:
    """Put the package's answers where the patterns left the question open."""
    answers = _by_package(rest, rest.unique()).with_columns(place=judged["is_open"].arg_true())
    closed = judged.with_row_index("place").filter(~pl.col("is_open")).select(*COLUMNS, "place")
    return pl.concat([closed, answers.select(*COLUMNS, "place")], how="vertical").sort("place").select(*COLUMNS)


def _by_package(frame: pl.DataFrame, distinct: pl.DataFrame) -> pl.DataFrame:
    """Ask `phonenumbers` about each distinct (phone, country), and answer for every row of the frame."""
    answers = [_ask(phone, country) for phone, country in distinct.iter_rows()]
    table = pl.DataFrame(answers, schema=COLUMNS, orient="row")
    known = distinct.hstack(table)
    return frame.join(known, on=["phone", "country"], how="left", nulls_equal=True, maintain_order="left").select(*COLUMNS)


@lru_cache(maxsize=1 << 16)
def _ask(phone: str | None, country: str | None) -> tuple[str | None, bool | None, bool | None]:
    import phonenumbers

    if phone is None:
        return None, None, None
    if len(phone) > _LENGTH_MAX:
        return None, False, None
    if country is None and phone.startswith("00"):
        phone = "+" + phone[2:]
    try:
        number = phonenumbers.parse(phone, country)
    except phonenumbers.NumberParseException:
        return None, False, None
    # As `is_valid_number` does, but the region is looked for once.
    region = phonenumbers.region_code_for_number(number)
    if region is None or not phonenumbers.is_valid_number_for_region(number, region):
        return None, False, None
    number.extension = None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if country is None:
        return e164, True, None
    if region in (_NON_GEOGRAPHIC, country):
        return e164, True, True
    return e164, True, phonenumbers.is_valid_number_for_region(number, country)


def _ask_whole(phone: str, country: str | None) -> Row | None:
    """Ask about a number as it was sent; None where the column's reader trims it otherwise than Python would."""
    if not (phone.isascii() and phone.isprintable()):
        return None
    bare = phone.strip(" ")
    if not bare:
        return None, None, None
    return _by_pattern_alone(bare, country) or _ask(bare, country)


def _by_pattern(frame: pl.DataFrame) -> pl.DataFrame:
    """Decide the plain numbers; `is_open` marks the rows that the package must decide."""
    plans = _plans(_codes_met(frame) if frame.height <= _MANY else None)
    marked = _keyed(frame, plans)
    own = pl.col("own_key").str.contains(plans.own)
    any_ = pl.col("key").str.contains(plans.any_)
    marked = marked.with_columns(matches=own.fill_null(value=False))
    # Only what is not plainly a number of the row's own country is held against the whole world.
    elsewhere = marked.select(pl.when(~pl.col("matches") & pl.col("is_plain")).then(pl.col("key")).alias("key")).select(
        any_.fill_null(value=False)
    )["key"]
    marked = marked.with_columns(elsewhere=elsewhere)
    # A stripped trunk prefix is sure only where the number that remains is valid in the country whose prefix it was.
    is_sure = pl.col("matches") | ~pl.col("is_stripped")
    is_open = pl.col("phone").is_not_null() & ~(pl.col("is_plain") & is_sure)
    valid = (pl.col("matches") | pl.col("elsewhere")) & ~is_open
    is_worldwide = pl.col("key").str.contains(plans.worldwide)
    return marked.select(
        pl.when(valid).then(pl.col("key")).alias("phone_e164"),
        pl.when(pl.col("phone").is_not_null()).then(valid).alias("is_valid"),
        pl.when(valid & pl.col("country").is_not_null()).then(pl.col("matches") | is_worldwide).alias("phone_countries_match"),
        is_open.alias("is_open"),
    )


def _keyed(frame: pl.DataFrame, plans: _Plans) -> pl.DataFrame:
    """Give each plain number its calling code and drop the trunk prefix: `key` is `+` and digits, `own_key` the country before it."""
    # Each step's columns are used several times by the next: apart, they are computed once.
    read = frame.with_columns(pl.col("phone").str.replace(_EXTENSION, "").alias("bare"))
    bare = pl.col("bare")
    read = read.with_columns(
        pl.when(bare.str.contains(_PLAIN)).then(bare.str.replace_many(_PUNCTUATION, [""] * len(_PUNCTUATION))).alias("digits"),
        pl.col("phone").str.contains("+", literal=True).alias("has_plus"),
        pl.col("country").replace_strict(plans.code_of, default=None, return_dtype=pl.String).alias("code"),
    )
    dials_00 = pl.col("country").is_null() | pl.col("country").is_in(plans.dials_00)
    has_00 = ~pl.col("has_plus") & dials_00 & pl.col("digits").str.contains(r"^00[1-9]")
    read = read.with_columns(
        pl.when(has_00).then(pl.col("digits").str.slice(2)).otherwise(pl.col("digits")).alias("digits"),
        (pl.col("has_plus") | has_00).alias("is_abroad"),
    )
    raw = pl.format("+{}{}", pl.when("is_abroad").then(pl.lit("")).otherwise("code"), "digits")
    read = read.with_columns(raw=raw, local=pl.when(~pl.col("is_abroad")).then(pl.format("{}{}", "country", "digits")))
    read = read.with_columns(
        pl.col("raw").str.replace(plans.trunk, "${1}${2}${3}${4}").alias("key"),
    )
    is_stripped = pl.col("key").str.len_bytes() != pl.col("raw").str.len_bytes()
    is_tangled = pl.col("local").str.contains(plans.tangled_local) | (
        pl.col("is_abroad") & pl.col("raw").str.contains(plans.tangled_abroad)
    )
    # A prefix dropped abroad is the main country's; one dropped at home must be the row's own.
    strips_wrongly = is_stripped & ~pl.col("is_abroad") & ~pl.col("country").is_in(plans.strips_plainly)
    is_plain = pl.col("raw").str.contains(plans.known) & ~is_tangled.fill_null(value=False) & ~strips_wrongly.fill_null(value=True)
    strips_abroad_of_another = is_stripped & pl.col("is_abroad") & ~pl.col("country").is_in(plans.mains).fill_null(value=False)
    return read.select(
        "phone",
        "country",
        "key",
        is_stripped.fill_null(value=False).alias("is_stripped"),
        (is_plain & ~strips_abroad_of_another).fill_null(value=False).alias("is_plain"),
        pl.when(is_plain & ~strips_abroad_of_another).then(pl.format("{}{}", "country", "key")).alias("own_key"),
    )


@dataclass(frozen=True)
class _Plans:
    """libphonenumber's metadata as expressions over `+` and digits.

    Attributes:
        own: A country's code followed by a number valid in it.
        any_: A number valid anywhere.
        worldwide: A number of no country.
        known: Begins with a calling code that exists and may be decided here.
        trunk: A calling code and the trunk prefix after it, four groups, one per prefix.
        tangled_local, tangled_abroad: Numbers with a prefix that is more than a plain trunk prefix.
        code_of: Calling code per country.
        dials_00: Countries whose international prefix is 00.
        strips_plainly: Countries whose trunk prefix is that of their calling code's main country.
        mains: Countries that are their calling code's main country.
    """

    own: str
    any_: str
    worldwide: str
    known: str
    trunk: str
    tangled_local: str
    tangled_abroad: str
    code_of: dict[str, str]
    dials_00: list[str]
    strips_plainly: list[str]
    mains: list[str]


def _codes_met(frame: pl.DataFrame) -> frozenset[int]:
    """List the calling codes of the countries and of the international numbers of a frame; of others no plan is needed for it."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    digits = pl.col("phone").str.replace_all("[^0-9]", "")
    is_abroad = pl.col("phone").str.contains("+", literal=True) | digits.str.starts_with("00")
    codes = "|".join(str(number) for number in COUNTRY_CODE_TO_REGION_CODE)
    dialled = frame.filter(is_abroad).select(digits.str.strip_prefix("00").str.extract(f"^({codes})").unique().drop_nulls()).to_series()
    countries = set(frame["country"].unique())
    at_home = (number for number, regions in COUNTRY_CODE_TO_REGION_CODE.items() if not countries.isdisjoint(regions))
    return frozenset([44, *map(int, dialled), *at_home])  # one plan at least, so that no expression is empty


@lru_cache(maxsize=4)
def _plans(met: frozenset[int] | None) -> _Plans:
    """Compile the plans of the calling codes met, or of all where None."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

    own: list[str] = []
    any_: list[str] = []
    local: list[str] = []
    abroad: list[str] = []
    trunks: dict[str, list[str]] = {}
    code_of: dict[str, str] = {}
    dials_00: list[str] = []
    strips_plainly: list[str] = []
    mains: list[str] = []
    for number, regions in COUNTRY_CODE_TO_REGION_CODE.items():
        if met is not None and number not in met:
            continue
        code = str(number)
        found = {region: PhoneMetadata.metadata_for_region_or_calling_code(number, region) for region in regions}
        plans = {region: plan for region, plan in found.items() if plan is not None}
        types = {region: _numbers(plan) for region, plan in plans.items()}
        any_.append(f"{code}(?:{'|'.join(filter(None, types.values()))})")
        main_trunk, main_tangles = _prefixes(plans[regions[0]])
        if main_trunk:
            trunks.setdefault(main_trunk, []).append(code)
        abroad.extend(f"{code}{tangle}" for tangle in main_tangles)
        if regions[0] == _NON_GEOGRAPHIC:
            continue
        mains.append(regions[0])
        for region, plan in plans.items():
            code_of[region] = code
            if types[region]:
                own.append(rf"{region}\+{code}(?:{types[region]})")
            trunk, tangles = _prefixes(plan)
            if trunk == main_trunk:
                strips_plainly.append(region)
            idd = plan.international_prefix
            dials_00.extend([region] if idd == "00" else [])
            # Digits that begin with the country's own calling code may or may not be without their plus; +1 is its own trunk prefix.
            own_code = [] if code == "1" else [code]
            local.extend(f"{region}(?:{start})" for start in [idd, *own_code, *tangles] if start)
    assert len(trunks) <= 4, "libphonenumber knows a fifth trunk prefix"
    codes = "|".join(str(number) for number in COUNTRY_CODE_TO_REGION_CODE if str(number) not in _ASK_ALWAYS)
    groups = [rf"^(\+(?:{'|'.join(of)})){trunk}" for trunk, of in trunks.items()] + ["(@)"] * (4 - len(trunks))
    worldwide = "|".join(str(code) for code, regions in COUNTRY_CODE_TO_REGION_CODE.items() if regions[0] == _NON_GEOGRAPHIC)
    return _Plans(
        own=f"^(?:{'|'.join(own)})$",
        any_=rf"^\+(?:{'|'.join(any_)})$",
        worldwide=rf"^\+(?:{worldwide})",
        known=rf"^\+(?:{codes})",
        trunk="|".join(groups),
        tangled_local=_rust(f"^(?:{'|'.join(local) or _NEVER})"),
        tangled_abroad=_rust(rf"^\+(?:{'|'.join(abroad) or _NEVER})"),
        code_of=code_of,
        dials_00=dials_00,
        strips_plainly=strips_plainly,
        mains=mains,
    )


def _numbers(plan: PhoneMetadata) -> str:
    """Join the patterns of a plan's kinds of number."""
    kinds = [getattr(plan, kind) for kind in _TYPES]
    patterns = [kind.national_number_pattern for kind in kinds if kind is not None and kind.national_number_pattern]
    return _rust("|".join(dict.fromkeys(patterns)))


def _rust(pattern: str) -> str:
    """Write the class of all digits as ASCII digits: Polars' engine would take every script's."""
    return pattern.replace(r"[\d", "[0-9").replace(r"\d", "[0-9]")


def _prefixes(plan: PhoneMetadata) -> tuple[str, list[str]]:
    """Split a plan's national prefix into the plain trunk prefix (or "") and the patterns that are more than that."""
    pattern = plan.national_prefix_for_parsing or ""
    trunk = ""
    tangles: list[str] = []
    for part in _alternatives(pattern):
        if part.isdigit():
            trunk, tangles = (part, tangles) if not trunk and len(part) <= 2 else (trunk, [*tangles, part])
            continue
        optional = re.fullmatch(r"([0-9]*)(\??)(\(.*\))\?", part)
        if optional is None:
            tangles.append(f"(?:{part})")
        elif optional[2]:  # `0?(…)?` can take nothing at all
            tangles += [optional[1], f"{optional[1]}?{optional[3]}"]
        elif optional[1]:  # `0(…)?` is a plain 0 unless the rest follows
            trunk = trunk or optional[1]
            tangles.append(optional[1] + optional[3])
        else:
            tangles.append(f"(?:{part})")
    return trunk, tangles


def _alternatives(pattern: str) -> list[str]:
    """Cut a pattern at the bars that stand outside every bracket."""
    parts, depth, start = [], 0, 0
    for place, sign in enumerate(pattern):
        depth += (sign in "([") - (sign in ")]")
        if sign == "|" and depth == 0:
            parts.append(pattern[start:place])
            start = place + 1
    return [part for part in [*parts, pattern[start:]] if part]


def _of_keys(keys: Sequence[tuple[str, str | None]]) -> pl.DataFrame:
    return _read(pl.Series([phone for phone, _ in keys], dtype=pl.String), pl.Series([country for _, country in keys], dtype=pl.String))


@dataclass(frozen=True)
class _Forms:
    """The expressions of `_Plans`, compiled, for the numbers of one country dialled under one calling code."""

    plans: _Plans
    own: re.Pattern[str]
    any_: re.Pattern[str]
    worldwide: re.Pattern[str]
    known: re.Pattern[str]
    trunk: re.Pattern[str]
    tangled_local: re.Pattern[str]
    tangled_abroad: re.Pattern[str]


_OFTEN = 16
"""A country and calling code that were met so often have their expressions compiled; before, the package is asked."""

_MET: dict[tuple[str | None, str], int] = {}
_MET_MAX = 4096


@lru_cache(maxsize=256)
def _forms(country: str | None, code: str) -> _Forms:
    codes = {int(code), *(number for number, regions in _regions().items() if country in regions)}
    plans = _plans.__wrapped__(frozenset(codes))
    expressions = (plans.own, plans.any_, plans.worldwide, plans.known, plans.trunk, plans.tangled_local, plans.tangled_abroad)
    return _Forms(plans, *(re.compile(expression or _NEVER, re.ASCII) for expression in expressions))


@cache
def _regions() -> dict[int, tuple[str, ...]]:
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    return dict(COUNTRY_CODE_TO_REGION_CODE)


@cache
def _code_of() -> dict[str, str]:
    return {region: str(number) for number, regions in _regions().items() for region in regions if region != _NON_GEOGRAPHIC}


def _calling_code(digits: str) -> str | None:
    """Give the calling code that international digits begin with."""
    return next((digits[:length] for length in (1, 2, 3) if digits[:length].isdigit() and int(digits[:length]) in _regions()), None)


def _by_pattern_alone(phone: str, country: str | None) -> Row | None:
    """As `_by_pattern`, of one number of printable ASCII; None where the package must decide, or has been asked too seldom to compile."""
    bare = _EXTENSION_FORM.sub("", phone) if "x" in phone else phone
    if _PLAIN_FORM.search(bare) is None:
        return None
    digits, has_plus = bare.translate(_NO_PUNCTUATION), "+" in phone
    code = _code_of().get(country or "")
    # 00 is sure to dial abroad only where it does so at home, which the plan of the country says.
    dials = has_plus or digits[:2] == "00"
    dialled = _calling_code(digits if has_plus else digits[2:]) if dials else code
    if dialled is None or (country is not None and code is None):
        return None
    met = _MET.get((country, dialled), 0)
    if met < _OFTEN:
        if len(_MET) < _MET_MAX:
            _MET[country, dialled] = met + 1
        return None
    forms = _forms(country, dialled)
    has_00 = not has_plus and (country is None or country in forms.plans.dials_00) and digits[:2] == "00" and digits[2:3] not in ("", "0")
    digits = digits[2:] if has_00 else digits
    is_abroad = has_plus or has_00
    if not is_abroad and code is None:
        return None
    return _decide_alone(forms, "+" + ("" if is_abroad else str(code)) + digits, digits, country, is_abroad=is_abroad)


def _decide_alone(forms: _Forms, raw: str, digits: str, country: str | None, *, is_abroad: bool) -> Row | None:
    """Decide a plain number by the expressions, as `_by_pattern` does."""
    plans = forms.plans
    key = forms.trunk.sub(lambda found: "".join(part or "" for part in found.groups()), raw, count=1)
    is_stripped = len(key) != len(raw)
    is_tangled = forms.tangled_abroad.search(raw) if is_abroad else forms.tangled_local.search(f"{country}{digits}")
    if is_tangled or forms.known.search(raw) is None:
        return None
    if is_stripped and country not in (plans.mains if is_abroad else plans.strips_plainly):
        return None
    matches = country is not None and forms.own.search(f"{country}{key}") is not None
    if is_stripped and not matches:
        # A stripped trunk prefix is sure only where the number that remains is valid in the country whose prefix it was.
        return None
    if not matches and forms.any_.search(key) is None:
        return None, False, None
    return key, True, None if country is None else matches or forms.worldwide.search(key) is not None


_EXTENSION_FORM, _PLAIN_FORM = re.compile(_EXTENSION), re.compile(_PLAIN.replace(r"\x{a0}", ""))
_NO_PUNCTUATION = str.maketrans("", "", "".join(_PUNCTUATION))

MEMORY = Memory(_of_keys, COLUMNS, one=lambda key: _ask_whole(*key))
