"""The audience stage: is this who the contract is for (RULES 18 to 22)."""

from __future__ import annotations

import hashlib

import polars as pl

from payper.adjudication.late import Late
from payper.adjudication.record import missing, required_fields
from payper.adjudication.values import ALWAYS, NEVER, Read, Row, Value, any_of, column, constant
from payper.deliveries import SOURCES
from payper.normalisation import industries
from payper.normalisation.remembered import is_common
from payper.normalisation.titles import seniority_rank
from payper.reasons import Reason
from payper.terms.contract import Contract, ListEntries, Range, SeniorityRange
from payper.terms.expressions import compile_condition, evaluate
from payper.terms.expressions_alone import read_condition

_RANKS = {word: seniority_rank(word) for word in ("intern", "entry", "senior", "manager", "director", "vp", "c-level", "owner")}


def audience_faults(late: Late, contract: Contract) -> dict[Reason, Value]:
    """Give, per reason of the audience stage, the value that holds where the delivery has the fault."""
    audience = contract.audience
    faults: dict[Reason, Value] = {}
    if audience.countries:
        faults[Reason.COUNTRY_UNKNOWN] = column("country_code").is_null() & ~missing(contract, "country")
        faults[Reason.COUNTRY_OUTSIDE] = ~column("country_code").is_in(audience.countries)
    if audience.employees is not None:
        inside, outside = _range(audience.employees, "employees")
        faults[Reason.SIZE_UNKNOWN] = ~inside & ~outside & ~missing(contract, "employees")
        faults[Reason.SIZE_OUTSIDE] = outside
    if audience.revenue is not None:
        inside, outside = _range(audience.revenue, "revenue")
        faults[Reason.REVENUE_UNKNOWN] = ~inside & ~outside & ~missing(contract, "revenue")
        faults[Reason.REVENUE_OUTSIDE] = outside
    if audience.industries:
        wanted = [(each.system, each.code) for each in audience.industries]
        asked = late.of(
            "asked industry",
            lambda frame: industries.is_asked(frame.select("industry_code", "industry_codes"), wanted),
            lambda row: industries.are_asked(row["industry_codes"], wanted),
        )
        faults[Reason.INDUSTRY_UNKNOWN] = asked.is_null() & ~missing(contract, "industry")
        faults[Reason.INDUSTRY_OUTSIDE] = ~asked
    faults |= _title_faults(late, contract)
    if audience.only is not None:
        known = any_of(column(name).is_not_null() for name in ("email", "website", "company"))
        excused = any_of(missing(contract, name) for name in ("email", "website", "company")) & ~known
        faults[Reason.COMPANY_NOT_TARGETED] = ~_listed(late, "only", (audience.only,)) & ~excused
    if audience.suppress or audience.everywhere:
        faults[Reason.SUPPRESSED] = _listed(late, "suppress", (*audience.suppress, *audience.everywhere))
    if audience.rule is not None:
        holds = condition_of(late, "rule", audience.rule, contract)
        names = compile_condition(audience.rule).names
        required = set(required_fields(contract, kind="appointment")) & {SOURCES.get(name, name) for name in names}
        excused = any_of(missing(contract, name) for name in sorted(required))
        faults[Reason.RULE_UNKNOWN] = holds.is_null() & ~excused
        faults[Reason.RULE_FAILED] = ~holds
    return faults


def condition_of(late: Late, name: str, sql: str, contract: Contract) -> Value:
    """Give the value of a SQL condition of the contract."""
    condition = compile_condition(sql)
    return late.of(name, lambda frame: evaluate(condition, frame, zone=contract.zone), read_condition(condition, zone=contract.zone))


def _range(asked: Range, name: str) -> tuple[Value, Value]:
    """Tell where a size lies inside, and where outside, an asked range; neither when it is unknown or lies across a bound (RULES 18)."""
    low, high = column(f"{name}_min"), column(f"{name}_max")
    is_known = low.is_not_null() | high.is_not_null()
    above = ALWAYS if asked.low is None else (low >= constant(asked.low)).surely()
    below = ALWAYS if asked.high is None else (high <= constant(asked.high)).surely()
    outside = NEVER
    if asked.low is not None:
        outside = outside | (high < constant(asked.low)).surely()
    if asked.high is not None:
        outside = outside | (low > constant(asked.high)).surely()
    return is_known & above & below, outside


def _title_faults(late: Late, contract: Contract) -> dict[Reason, Value]:
    """Test what is recognised of a title, and give TITLE_UNKNOWN once for what is asked and not recognised (RULES 19 and 20)."""
    audience = contract.audience
    faults: dict[Reason, Value] = {}
    unknown: list[Value] = []
    if audience.functions:
        unknown.append(column("function").is_null())
        faults[Reason.FUNCTION_OUTSIDE] = ~column("function").is_in(audience.functions)
    if audience.seniority is not None:
        unknown.append(column("seniority").is_null())
        faults[Reason.SENIORITY_OUTSIDE] = ~_on_ladder(audience.seniority)
    elif any(price.when is not None and "seniority" in compile_condition(price.when).columns for price in contract.prices):
        unknown.append(column("seniority").is_null())
    attendee = contract.appointment.attendee if contract.appointment is not None else None
    if attendee is not None:
        holds = condition_of(late, "attendee", attendee, contract)
        is_appointment = column("kind").equals("appointment")
        unknown.append(holds.is_null() & is_appointment)
        faults[Reason.NOT_DECISION_MAKER] = ~holds & is_appointment
    if unknown:
        faults[Reason.TITLE_UNKNOWN] = any_of(unknown) & ~missing(contract, "title")
    return faults


def _on_ladder(asked: SeniorityRange) -> Value:
    """Tell whether a word of seniority lies on the asked part of the ladder; null where it is no word of the ladder."""
    low = 0 if asked.low is None else seniority_rank(asked.low)
    high = max(_RANKS.values()) if asked.high is None else seniority_rank(asked.high)
    inside = [word for word, rank in _RANKS.items() if low <= rank <= high]

    def read(row: Row) -> bool | None:
        word = row["seniority"]
        return word in inside if word in _RANKS else None

    return Value(pl.when(pl.col("seniority").is_in(list(_RANKS))).then(pl.col("seniority").is_in(inside)), read)


def _listed(late: Late, name: str, lists: tuple[ListEntries, ...]) -> Value:
    """Tell whether e-mail, a registrable domain or the company key stands on one of the lists, plain or as SHA-256 (RULES 21)."""
    listed = NEVER
    for field, entries in (
        ("email_normal", frozenset[str]().union(*(each.emails for each in lists))),
        ("email_domain", frozenset[str]().union(*(each.domains for each in lists))),
        ("website_domain", frozenset[str]().union(*(each.domains for each in lists))),
        ("company_key", frozenset[str]().union(*(each.company_keys for each in lists))),
    ):
        if entries:
            listed = listed | column(field).is_in(entries).surely()
    digests = frozenset[str]().union(*(each.digests for each in lists))
    if digests:
        kept = _as_column(digests)
        listed = listed | late.of(f"digest of {name}", lambda frame: _has_digest(frame, kept), _read_digest(digests))
    return listed


def _as_column(entries: frozenset[str]) -> pl.Series:
    """Give entries as a column of one row, the form in which `is_in` takes them without making a column of them at every call."""
    return pl.Series(sorted(entries), dtype=pl.String).implode()


def _has_digest(frame: pl.DataFrame, digests: pl.Series) -> pl.Series:
    """Compare the SHA-256 of the trimmed lower-case texts, as sent and as normalised, with a list's digests."""
    import polars_hash as plh

    hashed = frame.select(
        plh.col(name).chash.sha2_256().is_in(digests).fill_null(value=False).alias(name)
        for name in ("email_normal", "email_domain", "website_domain", "company_key")
    )
    sent = frame.select(
        pl.col("email").str.strip_chars().str.to_lowercase(), pl.col("company").str.strip_chars().str.to_lowercase()
    ).select(plh.col(name).chash.sha2_256().is_in(digests).fill_null(value=False).alias(f"{name}_sent") for name in ("email", "company"))
    return hashed.hstack(sent).select(pl.any_horizontal(pl.all()).alias("listed"))["listed"]


def _read_digest(digests: frozenset[str]) -> Read:
    """As `_has_digest`, of one delivery."""

    def read(row: Row) -> bool:
        texts = [row[name] for name in ("email_normal", "email_domain", "website_domain", "company_key")]
        texts += [None if row[name] is None else _lower(row[name]) for name in ("email", "company")]
        return any(text is not None and hashlib.sha256(text.encode()).hexdigest() in digests for text in texts)

    return read


def _lower(text: str) -> str:
    if is_common(text):
        return text.strip(" ").lower()
    return str(pl.select(pl.lit(text).str.strip_chars().str.to_lowercase()).item())
