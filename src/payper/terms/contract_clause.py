"""The table [contract]: parties, currency, zone, dates, version, business days."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from payper.money import currency_codes, is_currency, nearest_currency
from payper.parties import is_identifier
from payper.periods import Calendar
from payper.terms.contract import Contract, Pause
from payper.terms.findings import nearest
from payper.terms.kinds import FindingKind
from payper.terms.positions import Path
from payper.terms.public_holidays import public_holidays
from payper.terms.tables import Table, show
from payper.terms.vocabulary import is_zone, nearest_zone

_HOURS = re.compile(r"^\s*([0-2][0-9]:[0-5][0-9])\s*-\s*([0-2][0-9]:[0-5][0-9])\s*$")
_YEARS_AFTER = 3
_YEAR_FIRST = 1990
_YEARS_MAX = 20


@dataclass(frozen=True, slots=True)
class _Holidays:
    days: frozenset[date] = frozenset()
    source: str = ""


def read_contract_clause(table: Table) -> Contract | None:
    """Read [contract] into a contract without clauses, or None where a required key is missing or unreadable."""
    table.check_keys()
    complete = table.require("id", "buyer", "provider", "currency", "timezone", "starts")
    ids = {key: _identifier(table, key) for key in ("id", "buyer", "provider")}
    if ids["buyer"] and ids["buyer"] == ids["provider"]:
        table.note(
            FindingKind.BUYER_IS_PROVIDER, "provider", f'Buyer and provider are both "{ids["buyer"]}".', "Write the party that delivers."
        )
    currency, zone = _currency(table), _zone(table)
    starts, ends = table.day("starts"), table.day("ends")
    version = table.count("version", kind=FindingKind.VERSION_BELOW_ONE) or 1
    pauses = _pauses(table)
    opens, closes = _hours(table)
    if starts is None:
        return None
    last = ends or starts + timedelta(days=365 * 3)
    holidays = _holidays(table, range(starts.year, min(last.year, starts.year + _YEARS_MAX) + _YEARS_AFTER + 1))
    _check_dates(table, starts, ends)
    _check_pauses(table, pauses, starts, ends)
    if not (complete and all(ids.values()) and currency and zone):
        return None
    contract = Contract(
        id=ids["id"] or "",
        buyer=ids["buyer"] or "",
        provider=ids["provider"] or "",
        currency=currency,
        zone=zone,
        starts=starts,
        ends=ends,
        version=version,
        holidays=holidays.days,
        holidays_source=holidays.source,
        opens=opens,
        closes=closes,
        pauses=pauses,
    )
    return replace(contract, holds_from=_holds_from(table, contract.calendar, starts, ends))


def _identifier(table: Table, key: str) -> str | None:
    value = table.text(key)
    if value is not None and not is_identifier(value):
        fit = re.sub(r"[^a-z0-9._-]+", "-", value.lower()).strip("-._") or "name"
        seen = f'`{key} = "{value}"` is not only lower-case letters, digits, dots, dashes and underscores.'
        table.note(FindingKind.ID_UNFIT, key, seen, f'Write "{fit[:100]}".')
        return None
    return value


def _currency(table: Table) -> str | None:
    value = table.text("currency")
    if value is None:
        return None
    if value in currency_codes() or (value.upper() == value and is_currency(value)):
        return value
    near = nearest_currency(value)
    mend = f'Write "{near}".' if near else 'Write the three letters of ISO 4217, as in "USD" or "EUR".'
    table.note(FindingKind.CURRENCY_UNKNOWN, "currency", f'"{value}" is no currency of ISO 4217.', mend)
    return None


def _zone(table: Table) -> str | None:
    value = table.text("timezone")
    if value is None or is_zone(value):
        return value
    near = nearest_zone(value)
    mend = f'Write "{near}".' if near else 'Write an IANA name, as in "Europe/Berlin".'
    table.note(FindingKind.ZONE_UNKNOWN, "timezone", f'"{value}" is no time zone.', mend)
    return None


def _hours(table: Table) -> tuple[time, time]:
    text = table.text("business_hours")
    if text is not None:
        match = _HOURS.match(text)
        hours = tuple(time.fromisoformat(part) for part in match.groups() if part < "24:00") if match else ()
        if len(hours) == 2 and hours[0] < hours[1]:
            return hours
        seen = f'`business_hours = "{text}"` is no span of a day.'
        table.note(
            FindingKind.HOURS_UNREADABLE, "business_hours", seen, 'Write opening and closing time, the earlier first: "09:00-17:00".'
        )
    return time(9), time(17)


def _pauses(table: Table) -> tuple[Pause, ...]:
    pauses = []
    for pause in table.tables("pauses"):
        complete = pause.require("from", "until")
        first, last = pause.day("from"), pause.day("until")
        if not complete or first is None or last is None:
            continue
        if last < first:
            mend = f"Write the earlier date first: `{{ from = {last}, until = {first} }}`."
            pause.note(FindingKind.PAUSE_UPSIDE_DOWN, "until", f"The pause from {first} until {last} ends before it begins.", mend)
            continue
        pauses.append(Pause(first=first, last=last))
    return tuple(sorted(pauses, key=lambda pause: (pause.first, pause.last)))


def _check_pauses(table: Table, pauses: tuple[Pause, ...], starts: date, ends: date | None) -> None:
    for pause in pauses:
        if pause.last < starts or (ends and pause.first > ends):
            seen = f"The pause {pause.first} to {pause.last} lies outside the contract, {starts} to {ends or 'open'}."
            table.note(FindingKind.PAUSE_OUTSIDE, "pauses", seen, "Take it out, or correct its dates.")
    covered = starts
    for place, pause in enumerate(pauses):
        if place and pause.first <= pauses[place - 1].last:
            seen = f"The pause from {pause.first} begins before the one until {pauses[place - 1].last} is over."
            table.note(FindingKind.PAUSES_OVERLAP, "pauses", seen, "Write them as one pause.")
        if pause.first <= covered <= pause.last:
            covered = pause.last + timedelta(days=1)
    if ends and starts <= ends < covered:
        table.note(
            FindingKind.PAUSED_THROUGHOUT,
            "pauses",
            f"Pauses cover every day from {starts} to {ends}.",
            "Leave days on which deliveries are taken.",
        )


def _check_dates(table: Table, starts: date, ends: date | None) -> None:
    if ends and ends < starts:
        mend = f"Write a later end, or the dates the other way: `starts = {ends}`, `ends = {starts}`."
        table.note(FindingKind.ENDS_BEFORE_STARTS, "ends", f"The contract ends on {ends}, before it starts on {starts}.", mend)
    elif starts.year < _YEAR_FIRST or (ends and ends.year - starts.year > _YEARS_MAX):
        seen = f"The contract runs from {starts} to {ends or 'open'}."
        table.note(FindingKind.DATES_ABSURD, "starts" if starts.year < _YEAR_FIRST else "ends", seen, "Check the year.")


def _holds_from(table: Table, calendar: Calendar, starts: date, ends: date | None) -> datetime:
    """Give the instant from which the version holds; local without an offset (RULES 1), `starts` when absent (RULES 8)."""
    moment = table.moment("holds_from")
    if moment is None:
        return calendar.localise(datetime.combine(starts, time()))
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    instant = moment.astimezone(UTC) if moment.tzinfo else calendar.localise(moment)
    day = calendar.local_date(instant)
    if ends and day > ends:
        seen = f"This version holds from {day}, after the contract's end on {ends}."
        table.note(FindingKind.HOLDS_AFTER_END, "holds_from", seen, f"Write a time from {starts} to {ends}, or a later `ends`.")
    elif day < starts:
        seen = f"This version holds from {day}, before the contract's start on {starts}."
        table.note(FindingKind.HOLDS_BEFORE_START, "holds_from", seen, f"Write `holds_from = {starts}T00:00:00`, or an earlier `starts`.")
    return instant


def _holidays(table: Table, years: range) -> _Holidays:
    value = table.values.get("holidays")
    if value is None:
        return _Holidays()
    if isinstance(value, str):
        return _calendar_holidays(table, value.strip(), years)
    if not isinstance(value, list):
        table.wrong("holidays", value, 'a country code ("US", "US-NY") or a list of dates')
        return _Holidays()
    days = set()
    for place, entry in enumerate(value):
        path: Path = (*table.at("holidays"), place)
        try:
            day = date.fromisoformat(entry) if isinstance(entry, str) else entry
        except ValueError:
            day = None
        if not isinstance(day, date) or isinstance(day, datetime):
            table.note(FindingKind.DATE_UNREADABLE, path, f"`{show(entry)}` is no date.", "Write it as 2026-12-25, without quotes.")
            continue
        if day.weekday() >= 5:
            seen = f"{day} is a {day:%A}, no business day anyway."
            table.note(FindingKind.HOLIDAY_ON_WEEKEND, path, seen, "Take it out, or write the day that is given off instead.")
        days.add(day)
    return _Holidays(days=frozenset(days), source="dates" if days else "")


def _calendar_holidays(table: Table, code: str, years: range) -> _Holidays:
    """Look up public holidays in the package `holidays`, from the first year to three after the last."""
    country, _, subdivision = code.upper().partition("-")
    try:
        days = public_holidays(code.upper(), years)
    except LookupError:
        table.note(
            FindingKind.HOLIDAYS_UNKNOWN, "holidays", f'No holiday calendar is known for "{code}".', _known_calendar(country, subdivision)
        )
        return _Holidays()
    return _Holidays(days=days, source=code.upper())


def _known_calendar(country: str, subdivision: str) -> str:
    """Say which holiday calendar is nearest; listing them all loads every country, so only a mistake does."""
    import holidays

    supported = holidays.list_supported_countries()
    if country not in supported:
        near = nearest(country, supported)
        return f'Write {f"{chr(34)}{near}{chr(34)}, " if near else ""}an ISO 3166 code such as "US" or "DE-BY", or a list of dates.'
    close = nearest(subdivision, supported[country])
    return f'Write "{country}-{close}".' if close else f'Write "{country}" for the whole country, or a list of dates.'
