"""The contract language as a table: every key with what it takes, its default and its meaning.

`tables` knows keys from here, so that a key missing here is an unknown key; docs/terms.md is made from it, `explain` tested against it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the language.

    Attributes:
        table: Dotted name of the table it stands in.
        name: Its own name.
        takes: What may be written.
        default: What holds when it is absent; `required` where the language needs it.
        rule: What it means.
    """

    table: str
    name: str
    takes: str
    default: str
    rule: str

    @property
    def path(self) -> str:
        """Give the dotted name."""
        return f"{self.table}.{self.name}"


_REQUIRED = "required"
_KEYS: tuple[tuple[str, str, str, str, str], ...] = (
    ("contract", "id", '"northwind-reach-2026q1"', _REQUIRED, "Names the contract; its versions are separate files with the same id."),
    ("contract", "buyer", '"northwind"', _REQUIRED, "The party that pays."),
    ("contract", "provider", '"intentreach"', _REQUIRED, "The party that delivers."),
    ("contract", "currency", "an ISO 4217 code", _REQUIRED, "All amounts of the contract are in it."),
    ("contract", "timezone", "an IANA zone", _REQUIRED, "Dates, days, windows and times without an offset are local to it (RULES 1)."),
    ("contract", "starts", "a date", _REQUIRED, "First day, included, on which deliveries are taken (RULES 5)."),
    ("contract", "ends", "a date", "open", "Last day, included (RULES 5)."),
    ("contract", "version", "a whole number from 1", "1", "Counts the versions (RULES 8)."),
    (
        "contract",
        "holds_from",
        "a date, or a local or offset time",
        "`starts`",
        "The version judges what was generated from then on (RULES 8).",
    ),
    ("contract", "holidays", '"US", "US-NY" or a list of dates', "none", "Days that are no business days besides weekends (RULES 4)."),
    ("contract", "business_hours", '"09:00-17:00"', '"09:00-17:00"', "What `bh` counts on business days (RULES 4)."),
    ("contract", "pauses", "a list of { from, until }", "none", "Dates, both included, on which nothing is taken (RULES 11)."),
    ("contract.pauses", "from", "a date", _REQUIRED, "First day of the pause."),
    ("contract.pauses", "until", "a date", _REQUIRED, "Last day of the pause."),
    ("audience", "countries", "a list of ISO 3166 codes", "any", "Where the prospect must be."),
    ("audience", "employees", '"200..5000", "..50" or "1000.."', "any", "Size of the company, both ends included (RULES 18)."),
    ("audience", "revenue", '"50M..", in the contract\'s currency', "any", "Revenue of the company (RULES 22)."),
    (
        "audience",
        "industries",
        "a list of code prefixes or titles",
        "any",
        "NAICS, SIC, NACE or ISIC prefixes such as `naics:52`, or titles.",
    ),
    ("audience", "functions", "a list of job functions", "any", "What the prospect works in (RULES 47)."),
    ("audience", "seniority", '"manager..", "..director" or "vp"', "any", "Rungs of the seniority ladder, both included (RULES 18)."),
    ("audience", "companies", "{ only = FILE }", "any", "The target account list."),
    ("audience.companies", "only", "a file", "none", "Only companies on this list are taken (RULES 21)."),
    ("audience", "suppress", "a list of files", "none", "Nobody on these lists is taken (RULES 21)."),
    ("audience", "rule", "a SQL boolean", "none", "Must be true; unknown follows `record.uncertain` (RULES 20)."),
    ("record", "required", "a list of columns", "none", "Columns that must be filled."),
    ("record", "email", "of syntax, business, not_disposable, not_role, mx", "none", "Checks of the e-mail (RULES 13, 46)."),
    ("record", "phone", "of valid, matches_country", "none", "Checks of the phone (RULES 13, 46)."),
    ("record", "consent", "{ required, fields, max_age }", "none", "Proof of consent (RULES 14)."),
    ("record.consent", "required", "true or false", "true", "Whether consent must be shown."),
    ("record.consent", "fields", "a list of columns", '["consent_at", "consent_text"]', "Columns that show it."),
    ("record.consent", "max_age", "a span", "any age", "How old consent may be at delivery."),
    ("record", "fresh", "a span", "any age", "Generated at most so long before delivery (RULES 6, 14)."),
    ("record", "uncertain", '"review", "reject" or "accept"', '"review"', "What becomes of a delivery that cannot be decided (RULES 23)."),
    ("record", "question", "an array of tables", "none", "Qualifying questions (RULES 16)."),
    ("record.question", "field", "a name", _REQUIRED, "The answer is in column `answer_<field>`."),
    ("record.question", "accept", "a list of answers", _REQUIRED, "One of these must be given."),
    ("duplicate", "match", "of email, person, phone, fuzzy", "none", "What makes two deliveries the same prospect (RULES 25, 48)."),
    ("duplicate", "within", "a span", "without limit", "How far back is looked (RULES 27)."),
    ("duplicate", "across", '"buyer", "contract" or "provider"', '"buyer"', "Among whose deliveries."),
    ("duplicate", "crm", "true or false", "false", "Also against the buyer's CRM (RULES 29)."),
    ("caps", "total", "a whole number", "none", "Deliveries accepted in all (RULES 30)."),
    ("caps", "per_day", "a whole number", "none", "Deliveries accepted on a local day."),
    ("caps", "per_month", "a whole number", "none", "Deliveries accepted in a calendar month."),
    ("caps", "per_company", "a whole number", "none", "Deliveries accepted from one company."),
    ("caps", "budget", "an amount", "none", "What acceptance may cost in all (RULES 31)."),
    ("caps", "over", '"quarantine" or "reject"', '"quarantine"', "What becomes of a delivery over a cap."),
    ("caps", "pace", '"even" or "asap"', '"asap"', "Whether the total is spread over the days (RULES 32)."),
    ("price", "on", "a milestone", _REQUIRED, "What makes the charge."),
    ("price", "amount", "an amount", "this or percent", "The charge."),
    ("price", "percent", '"1.5"', "this or amount", "Share of the milestone's own amount (RULES 35)."),
    ("price", "when", "a SQL boolean", "always", "The first row of a milestone whose condition is true applies (RULES 20)."),
    ("price", "tiers", "a list of { from, amount }", "none", "Other amounts from a running number on (RULES 33)."),
    ("price.tiers", "from", "a whole number from 2", _REQUIRED, "First charge on the milestone that costs the tier's amount."),
    ("price.tiers", "amount", "an amount", _REQUIRED, "The amount from there on."),
    ("price", "offset", "a list of milestones", "none", "Charges on these are credited against this one (RULES 36)."),
    ("review", "window", "a span", _REQUIRED, "How long a charge may be returned (RULES 3, 37)."),
    ("review", "silence", '"accept" or "return"', '"accept"', "What it means when the buyer says nothing in the window."),
    ("review", "reasons", "a list of reason codes", "none", "Reasons a return may give (RULES 42)."),
    ("review", "evidence", "a list of reason codes", "none", "Reasons that need a proof attached."),
    ("review", "cap", '"15%"', "none", "Share of accepted deliveries that may be returned (RULES 43)."),
    ("review", "remedy", '"credit", "replace" or "partial:85%"', '"credit"', "What a granted return gives (RULES 44)."),
    ("review", "replace_within", "a span", "none", "By when a replacement must be accepted (RULES 44)."),
    ("review", "contest_within", "a span", "not contestable", "How long the provider may contest a return (RULES 42)."),
    ("review", "undecided", '"buyer" or "provider"', '"buyer"', "Who is right when nobody decides in time."),
    ("appointment", "duration", "a span", "none", "How long a meeting is booked for."),
    ("appointment", "notice", "a span", "none", "How long before a meeting it must be delivered."),
    ("appointment", "horizon", "a span", "none", "How far ahead a meeting may lie."),
    ("appointment", "held_after", "a span", "none", "Both sides present so long counts as held."),
    ("appointment", "proof", "of attendance, rep, silence:SPAN", "none", "What proves a meeting, in order of weight."),
    ("appointment", "reschedules", "a whole number from 0", "0", "How often a missed meeting may be set again (RULES 39)."),
    (
        "appointment",
        "no_show",
        '"void", "charge", "replace", or "reschedule, then ..."',
        '"void"',
        "What a missed meeting costs (RULES 39).",
    ),
    ("appointment", "attendee", "a SQL boolean", "none", "Who must attend (RULES 20)."),
    ("followup", "first_touch", "a span", "none", "By when the buyer first contacts the prospect."),
    ("followup", "attempts", "a whole number", "none", "How often the buyer tries."),
    ("followup", "within", "a span", "none", "By when all attempts are made."),
    ("example", "given", "a table of columns", _REQUIRED, "The delivery."),
    ("example", "gives", "a verdict", _REQUIRED, "What it must be judged."),
    ("example", "reasons", "a list of reason codes", "not checked", "All its reasons."),
    ("example", "owes", "an amount", "not checked", "What its acceptance charges."),
)

KEYS: tuple[Key, ...] = tuple(Key(*row) for row in _KEYS)
"""Every key, in the order of the reference."""

TABLES: tuple[str, ...] = ("contract", "audience", "record", "duplicate", "caps", "price", "review", "appointment", "followup", "example")
"""Tables that stand at the top, in the order of the reference; `price` and `example` are arrays."""


def keys_of(table: str) -> tuple[str, ...]:
    """List the keys of a table by its dotted name."""
    return tuple(key.name for key in KEYS if key.table == table)
