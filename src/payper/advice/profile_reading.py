"""Reading profile.toml: every answer of the right kind, everything else a finding with its line and what to write."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from payper.advice.profile import AudienceAnswers, Goals, Offer, Override, Profile, RevenueStrategy, SalesProcess
from payper.advice.questions import TABLES, Question, questions_of
from payper.money import MINOR_MAX, exponent, is_currency, nearest_currency
from payper.terms.findings import list_words, nearest
from payper.terms.kinds import Severity
from payper.terms.positions import Path, Positions, spell
from payper.terms.tables import WrittenFloat, show

MODELS = ("lead", "appointment", "hybrid")
_TOP = ("currency", *TABLES, "offer", "numbers", "rates")
_OFFER_SHARES = ("booked", "held", "opportunity", "won")
_OFFER_COUNTS = ("min_units", "committed_units", "max_units", "sdr_hours")
_OFFER = (
    "name", "provider", "model", "tier", "currency", "price", "held_price", "won_percent", "deal_size", *_OFFER_SHARES, *_OFFER_COUNTS,
)  # fmt: skip
NUMBER_KEYS = (
    "lead_to_booked", "setting_to_booked", "booked_to_held", "held_to_opportunity", "opportunity_to_won", "follow_up_odds", "nurture_odds",
    "setting_odds", "cycle_days", "cycle_spread", "horizon_days", "prospects", "people_per_account", "margin", "expansion",
    "margin_months", "deal_weight", "slot_use", "sdr_hours", "ae_slots", "sdr_hours_per_week", "ae_meetings_per_week", "sdr_wage",
    "sdr_hours_lead", "sdr_hours_appointment", "sdr_hours_hybrid", "lead_price", "appointment_price", "hybrid_lead_price",
    "hybrid_held_price", "touch_worth", "history_trust", "caution",
)  # fmt: skip
"""Numbers that `[numbers]` may set."""
_SHARES = (
    "lead_to_booked", "setting_to_booked", "booked_to_held", "held_to_opportunity", "opportunity_to_won", "slot_use", "caution",
    "history_trust",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProfileFinding:
    """One thing to know about a profile.

    Attributes:
        severity: An error means that no advice can be given; a warning that an answer is likely not meant so; a note is worth knowing.
        seen: What is wrong with the values seen, as a sentence.
        mend: What to do about it, as a sentence.
        key: The question or key, dotted.
        line: The line in the file, from 1.
        file: The file as the caller named it, or empty.
    """

    severity: Severity
    seen: str
    mend: str
    key: str = ""
    line: int = 1
    file: str = ""

    @property
    def where(self) -> str:
        """Give the place as `file:line`."""
        return f"{self.file or 'profile'}:{self.line}"

    @property
    def is_error(self) -> bool:
        """Tell whether no advice can be given."""
        return self.severity is Severity.ERROR

    def __str__(self) -> str:
        return f"{self.where}: {self.seen}\n{self.mend}"

    def to_json(self) -> dict[str, str | int]:
        """Give the finding as JSON-ready values with stable keys."""
        return {
            "severity": str(self.severity),
            "file": self.file,
            "line": self.line,
            "key": self.key,
            "seen": self.seen,
            "mend": self.mend,
        }


@dataclass(frozen=True, slots=True)
class ProfileReading:
    """What a profile file says.

    Attributes:
        profile: None when any finding is an error.
        findings: By line.
        draft: The answers that can be read, whatever else is wrong; None: it is no TOML.
    """

    profile: Profile | None
    findings: tuple[ProfileFinding, ...]
    draft: Profile | None = None

    @property
    def errors(self) -> tuple[ProfileFinding, ...]:
        """Give the findings that stand in the way of advice."""
        return tuple(finding for finding in self.findings if finding.is_error)


def read_profile(text: str, path: str = "") -> ProfileReading:
    """Read the answers of a profile, and tell every slip and contradiction at once.

    Args:
        text: TOML: `currency`; tables `goals`, `sales`, `audience`, `revenue` with the keys of `questions.QUESTIONS`; `[[offer]]`;
            `[numbers]` with numbers written over priors; `[rates]` with units of `currency` for one unit of another.
        path: The file as findings name it.
    """
    from payper.advice.contradictions import contradictions

    try:
        values = tomllib.loads(text, parse_float=WrittenFloat)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        mend = "Write texts in quotes and one `name = value` a line; docs/advice.md shows a whole profile."
        seen = f"This is not TOML: {error}."
        return ProfileReading(None, (ProfileFinding(Severity.ERROR, seen, mend, line=int(line[1]) if line else 1, file=path),))
    reader = _Reader(values, Positions(text), path)
    profile = reader.read()
    found = [*reader.findings]
    if not any(finding.is_error for finding in found):
        found += [
            ProfileFinding(each.severity, each.seen, each.mend, each.key, reader.line(each.key), path) for each in contradictions(profile)
        ]
    ordered = tuple(sorted(found, key=lambda finding: (finding.line, finding.key)))
    return ProfileReading(None if any(finding.is_error for finding in ordered) else profile, ordered, profile)


class _Reader:
    """The values on their way; what cannot stand becomes a finding with its line."""

    def __init__(self, values: Mapping[str, Any], positions: Positions, path: str) -> None:
        self._values = values
        self._positions = positions
        self._path = path
        self._currency = "USD"
        self.findings: list[ProfileFinding] = []

    def line(self, key: str) -> int:
        """Give the line of a dotted key; offers are counted from 1 as in `offer[2].price`."""
        parts: list[str | int] = []
        for part in key.split("."):
            match = re.fullmatch(r"(\w+)\[(\d+)\]", part)
            parts += [match[1], int(match[2]) - 1] if match else [part]
        return self._positions.line(tuple(parts))

    def read(self) -> Profile:
        """Read every table, slips aside."""
        self._check_keys(self._values, _TOP, ())
        self._currency = self._read_currency(("currency",), self._values.get("currency")) or "USD"
        answers = {name: self._answers(name) for name in TABLES}
        self._period(answers["goals"])
        rates = self._rates()
        return Profile(
            currency=self._currency,
            usd_rate=float(rates["USD"]) if "USD" in rates else 1.0 if self._currency == "USD" else None,
            goals=Goals(**answers["goals"]),
            sales=SalesProcess(**answers["sales"]),
            audience=AudienceAnswers(**answers["audience"]),
            revenue=RevenueStrategy(**answers["revenue"]),
            offers=self._offers(rates),
            overrides=self._overrides(),
            path=self._path,
        )

    def _find(self, place: Path, seen: str, mend: str, severity: Severity = Severity.ERROR) -> None:
        self.findings.append(ProfileFinding(severity, seen, mend, spell(place), self._positions.line(place), self._path))

    def _check_keys(self, table: Mapping[str, object], known: tuple[str, ...], place: Path) -> None:
        name = f"[{spell(place)}]" if place else "a profile"
        for key in table:
            if key not in known:
                near = nearest(key, known)
                mend = f"Write `{near}`." if near else f"Take it out; the keys are {list_words(known, joiner='and', limit=40)}."
                self._find((*place, key), f"`{key}` is no key of {name}.", mend)

    def _table(self, name: str) -> Mapping[str, Any]:
        value = self._values.get(name, {})
        if isinstance(value, dict):
            return value
        self._find((name,), f"`{name}` is no table.", f"Write `[{name}]` and below it one `name = value` a line.")
        return {}

    def _answers(self, name: str) -> dict[str, Any]:
        table, questions = self._table(name), questions_of(name)
        self._check_keys(table, tuple(question.name for question in questions), (name,))
        answers: dict[str, Any] = {}
        for question in questions:
            if question.name in table:
                value = self._answer(question, table)
                if value is not None:
                    answers[question.field or question.name] = value
        return answers

    def _answer(self, question: Question, table: Mapping[str, Any]) -> object:
        place, value = (question.table, question.name), table[question.name]
        kind: str = question.kind
        if kind == "amount or count":
            kind = "amount" if table.get("kind", "revenue") in ("revenue", "pipeline") else "count"
        if kind == "word":
            return self._word(place, value, question.choices)
        if kind == "amount":
            return self._amount(place, value, self._currency)
        if kind == "flag":
            return self._flag(place, value)
        if kind == "day":
            return self._day(place, value)
        if kind == "texts":
            return self._texts(place, value)
        if kind == "days":
            number = self._number(place, value, least=question.least, most=question.most)
            return None if number is None else int(number) if question.name == "horizon_days" else number
        return self._number(place, value, least=question.least, most=question.most, is_share=kind == "share")

    def _word(self, place: Path, value: object, words: tuple[str, ...]) -> str | None:
        if isinstance(value, str) and value.strip().casefold() in words:
            return value.strip().casefold()
        near = nearest(value, words) if isinstance(value, str) else None
        mend = f'Write "{near}".' if near else "Write " + list_words([f'"{word}"' for word in words]) + "."
        self._find(place, f"`{place[-1]} = {show(value)}` is none of its answers.", mend)
        return None

    def _text(self, place: Path, value: object) -> str | None:
        if isinstance(value, str) and value.strip():
            return value.strip()
        self._find(place, f"`{place[-1]} = {show(value)}` is no text.", f'Write it in quotes: `{place[-1]} = "..."`.')
        return None

    def _texts(self, place: Path, value: object) -> tuple[str, ...] | None:
        if isinstance(value, list) and all(isinstance(each, str) and each.strip() for each in value):
            return tuple(each.strip() for each in value)
        self._find(place, f"`{place[-1]} = {show(value)}` is no list of texts.", f'Write `{place[-1]} = ["software", "banking"]`.')
        return None

    def _flag(self, place: Path, value: object) -> bool | None:
        if isinstance(value, bool):
            return value
        self._find(place, f"`{place[-1]} = {show(value)}` is neither true nor false.", f"Write `{place[-1]} = true`, without quotes.")
        return None

    def _day(self, place: Path, value: object) -> date | None:
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        self._find(place, f"`{place[-1]} = {show(value)}` is no date alone.", f"Write it without quotes: `{place[-1]} = 2026-12-31`.")
        return None

    def _number(self, place: Path, value: object, *, least: float, most: float, is_share: bool = False) -> float | None:
        number = _decimal(value)
        name = place[-1]
        if number is None:
            shown = f'`{name} = "0.72"`' if is_share else f"`{name} = {least or 1:g}`"
            self._find(place, f"`{name} = {show(value)}` is no number.", f"Write a number, such as {shown}.")
            return None
        if is_share and 1 < number <= 100 and most <= 1:
            self._find(place, f"`{name} = {show(value)}` is more than the whole.", f'Write {number} % as `{name} = "{number / 100}"`.')
            return None
        if not least <= number <= most:
            bounds = f"from {least:g} to {most:,.0f}" if most < 1e12 else f"from {least:g} on"
            self._find(place, f"`{name} = {show(value)}` is out of range.", f"Write a number {bounds}.")
            return None
        return float(number)

    def _amount(self, place: Path, value: object, currency: str) -> int | None:
        name, digits = place[-1], exponent(currency) or 0
        if isinstance(value, float):
            seen = f"`{name} = {value}` is a decimal number without quotes, which computers keep inexactly."
            self._find(place, seen, f'Write it in quotes: `{name} = "{value}"`.')
            return None
        number = _decimal(value)
        if number is None or number < 0 or number.scaleb(digits) > MINOR_MAX:
            self._find(place, f"`{name} = {show(value)}` is no amount.", f'Write an amount of at least 0 in quotes: `{name} = "25000"`.')
            return None
        minor = number.scaleb(digits)
        if minor != minor.to_integral_value():
            self._find(place, f"`{name} = {show(value)}`: {currency} has {digits} decimals.", f'Write "{number:.{digits}f}".')
            return None
        return int(minor)

    def _read_currency(self, place: Path, value: object) -> str | None:
        code = value.strip().upper() if isinstance(value, str) else ""
        if is_currency(code):
            return code
        if value is None:
            note = "`currency` is not written: USD is taken."
            self._find(place, note, 'Write `currency = "USD"`, or your own, at the top.', Severity.NOTE)
            return None
        near = nearest_currency(code)
        mend = f'Write "{near}".' if near else 'Write the three letters of ISO 4217, such as "USD", "EUR" or "GBP".'
        self._find(place, f"`{place[-1]} = {show(value)}` is no currency of ISO 4217.", mend)
        return None

    def _period(self, goals: dict[str, Any]) -> None:
        """Turn `starts` and `by` into months."""
        starts, by = goals.pop("starts", None), goals.pop("by", None)
        if by is None and starts is None:
            return
        if by is None or starts is None:
            missing = "starts" if starts is None else "by"
            at = ("goals", "by" if missing == "starts" else "starts")
            self._find(at, f"`goals.{at[1]}` needs `goals.{missing}`.", f"Add `{missing} = 2026-12-31`, or write `months = 3` instead.")
            return
        if by <= starts:
            self._find(("goals", "by"), f"`by = {by}` is not after `starts = {starts}`.", "Write a later day.")
            return
        months = ((by - starts).days + 1) * 12 / 365.25
        if "months" in goals and abs(goals["months"] - months) > 0.25:
            seen = f"`months = {goals['months']:g}` and the days from {starts} to {by} ({months:.1f} months) contradict each other."
            self._find(("goals", "months"), seen, "Keep one of the two.")
        goals["months"] = goals.get("months", months)

    def _rates(self) -> dict[str, Decimal]:
        rates = {}
        for code, value in self._table("rates").items():
            known, number = self._read_currency(("rates", code), code), _decimal(value)
            if number is None or number <= 0:
                mend = f'Write how many {self._currency} one {code} is worth, in quotes: `{code} = "1.25"`.'
                self._find(("rates", code), f"`{code} = {show(value)}` is no rate.", mend)
            elif known:
                rates[known] = number
        return rates

    def _offers(self, rates: Mapping[str, Decimal]) -> tuple[Offer, ...]:
        tables = self._values.get("offer", [])
        if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
            self._find(("offer",), "`offer` is no list of offers.", "Write `[[offer]]`, in two pairs of brackets, once for every offer.")
            return ()
        offers: list[Offer] = []
        for place, table in enumerate(tables):
            offer = self._offer(("offer", place), table, rates)
            if offer is None:
                continue
            if any(other.name == offer.name for other in offers):
                mend = 'Give each a `name` or a `tier` of its own.'  # fmt: skip
                self._find(("offer", place), f'Two offers are called "{offer.name}".', mend)
            offers.append(offer)
        return tuple(offers)

    def _offer(self, at: Path, table: Mapping[str, Any], rates: Mapping[str, Decimal]) -> Offer | None:
        before = len(self.findings)
        self._check_keys(table, _OFFER, at)
        missing = [key for key in ("provider", "model") if key not in table]
        missing += [] if "price" in table or "held_price" in table or "won_percent" in table else ["price"]
        if missing:
            mend = "Add " + list_words([f"`{key} = ...`" for key in missing], joiner="and") + "."
            self._find(at, f"The offer has no {list_words(missing, joiner='and')}.", mend)
        currency = self._read_currency((*at, "currency"), table["currency"]) if "currency" in table else self._currency
        rate = Decimal(1)
        if currency and currency != self._currency:
            if currency not in rates:
                mend = f'Add `[rates]` and below it `{currency} = "1.25"`, what one {currency} is worth in {self._currency}.'
                self._find((*at, "currency"), f"The offer is in {currency} and there is no rate to {self._currency}.", mend)
            rate = rates.get(currency, rate)
        amounts = {
            key: self._amount_in((*at, key), table[key], currency, rate) for key in ("price", "held_price", "deal_size") if key in table
        }
        shares = {key: self._number((*at, key), table[key], least=0, most=1, is_share=True) for key in _OFFER_SHARES if key in table}
        counts = {key: self._number((*at, key), table[key], least=0, most=1e9) for key in _OFFER_COUNTS if key in table}
        texts = {key: self._text((*at, key), table[key]) or "" for key in ("provider", "name", "tier") if key in table}
        model = self._word((*at, "model"), table["model"], MODELS) if "model" in table else None
        percent = self._number((*at, "won_percent"), table["won_percent"], least=0, most=100) if "won_percent" in table else 0.0
        if len(self.findings) > before and any(finding.is_error for finding in self.findings[before:]):
            return None
        name = texts.get("name") or " ".join(filter(None, (texts["provider"], model, texts.get("tier", ""))))
        return Offer(
            name=name,
            provider=texts["provider"],
            model=model,  # type: ignore[arg-type]  # one of MODELS
            tier=texts.get("tier", ""),
            price_minor=amounts.get("price") or 0,
            held_price_minor=amounts.get("held_price") or 0,
            won_percent=percent or 0.0,
            deal_minor=amounts.get("deal_size"),
            min_units=counts.get("min_units") or 0.0,
            committed_units=counts.get("committed_units") or 0.0,
            max_units=counts.get("max_units"),
            sdr_hours=counts.get("sdr_hours"),
            booked=shares.get("booked"),
            held=shares.get("held"),
            opportunity=shares.get("opportunity"),
            won=shares.get("won"),
        )

    def _amount_in(self, place: Path, value: object, currency: str | None, rate: Decimal) -> int | None:
        minor = self._amount(place, value, currency or self._currency)
        if minor is None or currency in (None, self._currency):
            return minor
        shift = (exponent(self._currency) or 0) - (exponent(currency or self._currency) or 0)
        return round(Decimal(minor).scaleb(shift) * rate)

    def _overrides(self) -> dict[str, Override]:
        table = self._table("numbers")
        self._check_keys(table, NUMBER_KEYS, ("numbers",))
        overrides = {}
        for key, written in table.items():
            if key not in NUMBER_KEYS:
                continue
            place: Path = ("numbers", key)
            most = 1.0 if key in _SHARES else 20.0 if key.endswith("_odds") else 1e12
            if isinstance(written, dict):
                self._check_keys(written, ("value", "weight"), place)
                value = self._number(
                    (*place, "value"), written.get("value"), least=-5 if key == "margin" else 0, most=most, is_share=most == 1
                )
                weight = self._number((*place, "weight"), written["weight"], least=0.1, most=1e6) if "weight" in written else None
            else:
                value, weight = self._number(place, written, least=-5 if key == "margin" else 0, most=most, is_share=most == 1), None
            if value is not None:
                overrides[key] = Override(value=value, weight=weight)
        return overrides


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
