"""Kinds of finding: number, severity and explanation of everything that `payper contract check` can say.

Numbers are never reused. docs/findings.md is generated from here; each kind has a case in tests/terms.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum


class Severity(StrEnum):
    """How grave a finding is, the gravest first."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class _Meaning:
    number: int
    severity: Severity
    text: str


_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

_SECTIONS = {
    1: "The file",
    2: "Contract",
    3: "Audience",
    4: "Record",
    5: "Duplicate",
    6: "Caps",
    7: "Price",
    8: "Review",
    9: "Appointment",
    10: "Follow-up",
    11: "Examples",
    12: "Versions",
}
"""Titles of the hundreds."""


class FindingKind(Enum):
    """A kind of finding, by its stable code."""

    TOML_SYNTAX = _Meaning(101, _E, "The file is not TOML: a missing quote, bracket or equals sign, or a value that is none.")
    KEY_TWICE = _Meaning(102, _E, "A key or table is written twice, so it cannot be told which is meant.")
    TABLE_UNKNOWN = _Meaning(103, _E, "A table that the language does not have.")
    KEY_UNKNOWN = _Meaning(104, _E, "A key that the table does not have; the nearest known one is named.")
    KEY_REQUIRED = _Meaning(105, _E, "A key that every contract, or this clause, needs is missing.")
    TYPE_WRONG = _Meaning(106, _E, "A value of another type than the key takes, such as a number where text belongs.")
    LIST_ASKS_NOTHING = _Meaning(107, _W, "An empty list, which asks nothing; leave the key out or name what is asked.")
    ENTRY_TWICE = _Meaning(108, _W, "An entry stands twice in a list.")
    NOT_UTF8 = _Meaning(109, _E, "The file is not UTF-8 text.")
    FILE_EMPTY = _Meaning(110, _E, "The file has no terms in it.")
    PERIOD_UNREADABLE = _Meaning(111, _E, "A span of time is not written as 30m, 24h, 7d, 5bd or 4bh.")
    WORD_UNKNOWN = _Meaning(112, _E, "A word that is none of those the key takes; the nearest is named.")
    COUNT_TOO_LOW = _Meaning(113, _E, "A count that is zero or negative where at least one is needed.")
    PERIOD_ABSURD = _Meaning(114, _W, "A span of time longer than twenty years.")

    ID_UNFIT = _Meaning(201, _E, "An id that is not lower-case letters, digits, dots, dashes and underscores.")
    BUYER_IS_PROVIDER = _Meaning(202, _E, "Buyer and provider are the same party.")
    CURRENCY_UNKNOWN = _Meaning(203, _E, "The currency is no code of ISO 4217 that money is kept in.")
    ZONE_UNKNOWN = _Meaning(204, _E, "The time zone is no IANA name; the nearest is named.")
    ENDS_BEFORE_STARTS = _Meaning(205, _E, "The contract ends before it starts, so it is never in force.")
    HOLDS_AFTER_END = _Meaning(206, _E, "The version holds only from after the contract's end, so it never judges anything.")
    HOLDS_BEFORE_START = _Meaning(207, _W, "The version holds from before the contract's start; nothing is in force before the start.")
    VERSION_BELOW_ONE = _Meaning(208, _E, "Versions are counted from 1.")
    DATE_AS_TEXT = _Meaning(209, _W, "A date or time stands in quotes; it is read, but TOML has dates of its own.")
    DATE_UNREADABLE = _Meaning(210, _E, "A value that is no date or time.")
    HOLIDAYS_UNKNOWN = _Meaning(211, _E, "No holiday calendar is known for the country or subdivision.")
    HOLIDAY_ON_WEEKEND = _Meaning(212, _N, "A listed holiday falls on a Saturday or Sunday, which is no business day anyway.")
    HOURS_UNREADABLE = _Meaning(213, _E, "Business hours are not written as 09:00-17:00, or end before they begin.")
    PAUSE_UPSIDE_DOWN = _Meaning(214, _E, "A pause ends before it begins.")
    PAUSE_OUTSIDE = _Meaning(215, _W, "A pause lies wholly outside the contract's dates.")
    PAUSES_OVERLAP = _Meaning(216, _W, "Two pauses overlap.")
    PAUSED_THROUGHOUT = _Meaning(217, _E, "Pauses cover the whole contract, so nothing is ever taken.")
    MONEY_AS_FLOAT = _Meaning(218, _E, "An amount stands as a decimal number without quotes, which computers keep inexactly.")
    AMOUNT_UNREADABLE = _Meaning(219, _E, "An amount that is no number.")
    DECIMALS_TOO_MANY = _Meaning(220, _E, "An amount has more decimals than its currency (none for JPY, two for USD, three for BHD).")
    AMOUNT_NEGATIVE = _Meaning(221, _E, "An amount below zero.")
    AMOUNT_ABSURD = _Meaning(222, _E, "An amount larger than payper keeps.")
    DATES_ABSURD = _Meaning(223, _W, "The contract runs longer than twenty years or starts before 1990; a year is likely mistyped.")

    COUNTRY_UNKNOWN = _Meaning(301, _E, "A country that is no ISO 3166 code; the nearest is named.")
    RANGE_UNREADABLE = _Meaning(302, _E, "A range that is not written as 200..5000, 50M.. or ..200.")
    RANGE_UPSIDE_DOWN = _Meaning(303, _E, "A range whose first number is the larger, so that it admits nobody.")
    RANGE_NEGATIVE = _Meaning(304, _E, "A range that lies below zero.")
    RANGE_ASKS_NOTHING = _Meaning(305, _W, "A range that admits everybody.")
    FUNCTION_UNKNOWN = _Meaning(306, _E, "A job function that is not on the list of functions; the nearest is named.")
    SENIORITY_UNKNOWN = _Meaning(307, _E, "A rung that is not on the seniority ladder; the nearest is named.")
    SENIORITY_UPSIDE_DOWN = _Meaning(308, _E, "A seniority range whose first rung is the higher, so that it admits nobody.")
    INDUSTRY_CODE_UNKNOWN = _Meaning(309, _E, "An industry code that begins no code of its system.")
    INDUSTRY_TITLE_UNKNOWN = _Meaning(310, _E, "An industry title that is in none of NAICS, SIC, NACE and ISIC.")
    INDUSTRY_SYSTEM_UNKNOWN = _Meaning(311, _E, "An industry system other than naics, sic, nace and isic.")
    INDUSTRY_COVERED = _Meaning(312, _N, "An industry prefix that a shorter one on the list already covers.")
    LIST_UNREADABLE = _Meaning(313, _E, "A list file is missing or cannot be read.")
    TARGETS_EMPTY = _Meaning(314, _E, "The target list has no entry, so that it admits nobody.")
    SUPPRESSION_EMPTY = _Meaning(315, _W, "A suppression list has no entry.")
    LIST_ENTRY_UNREADABLE = _Meaning(
        316,
        _W,
        "Entries of a list file are neither e-mail, domain, company nor SHA-256 digest, or its columns are not known.",
    )
    TARGETS_SUPPRESSED = _Meaning(317, _E, "Every entry of the target list is suppressed as well, so that nobody is admitted.")
    TARGETS_PARTLY_SUPPRESSED = _Meaning(318, _W, "Some entries of the target list are suppressed as well.")
    RULE_SYNTAX = _Meaning(319, _E, "A SQL expression does not parse.")
    RULE_COLUMN_UNKNOWN = _Meaning(320, _E, "A SQL expression names a column that deliveries do not have; the nearest is named.")
    RULE_WORD_UNKNOWN = _Meaning(321, _E, "A SQL expression uses a function or construct outside the language.")
    RULE_NOT_BOOLEAN = _Meaning(322, _E, "A SQL expression gives a value instead of true or false.")
    RULE_TYPES_MIXED = _Meaning(323, _E, "A SQL expression compares values of different types, such as text with a number.")
    RULE_RUNG_UNKNOWN = _Meaning(324, _E, "A SQL expression compares seniority with a rung that is not on the ladder.")
    RULE_ALWAYS_TRUE = _Meaning(325, _W, "A SQL expression is true whatever is delivered.")
    RULE_ALWAYS_FALSE = _Meaning(326, _E, "A SQL expression is false whatever is delivered.")
    RULE_OUTSIDE_AUDIENCE = _Meaning(327, _E, "The rule is false for everybody whom the rest of the audience admits.")
    RULE_REPEATS_AUDIENCE = _Meaning(328, _N, "The rule is true for everybody whom the rest of the audience admits.")
    RULE_RAW_COLUMN = _Meaning(
        329,
        _W,
        "A SQL expression compares the sender's own text (country, industry) with a code; the derived column is meant.",
    )
    RULE_CODE_UNKNOWN = _Meaning(330, _W, "A SQL expression compares function or country_code with a word that is no such code.")

    REQUIRED_UNKNOWN = _Meaning(401, _E, "A required column that deliveries do not have; the nearest is named.")
    REQUIRED_DERIVED = _Meaning(402, _E, "A required column that payper derives itself and no provider can fill; its source is named.")
    EMAIL_CHECKS_UNREQUIRED = _Meaning(403, _W, "The e-mail is checked but not required, so that a delivery without one passes.")
    PHONE_CHECKS_UNREQUIRED = _Meaning(404, _W, "The phone is checked but not required, so that a delivery without one passes.")
    PHONE_COUNTRY_UNREQUIRED = _Meaning(405, _W, "The phone is checked against the country, but the country is not required.")
    CONSENT_FIELD_UNKNOWN = _Meaning(406, _E, "Consent names a column that deliveries do not have.")
    CONSENT_FIELDS_EMPTY = _Meaning(407, _E, "Consent is required but no field shows it.")
    CONSENT_AGE_WITHOUT_DATE = _Meaning(408, _E, "Consent may be only so old, but consent_at is not among its fields.")
    CONSENT_NOT_REQUIRED = _Meaning(409, _W, "Consent has clauses but is not required, so that they do nothing.")
    FRESH_LONGER_THAN_CONTRACT = _Meaning(410, _W, "Freshness allows more time than the whole contract runs.")
    QUESTION_WITHOUT_ACCEPT = _Meaning(411, _E, "A question accepts no answer, so that every delivery fails it.")
    QUESTION_TWICE = _Meaning(412, _E, "Two questions ask the same field.")
    ANSWER_TWICE = _Meaning(413, _W, "Two accepted answers are the same after folding case, blanks and dashes.")
    QUESTION_FIELD_PREFIXED = _Meaning(414, _W, "A question's field begins with answer_, which payper adds itself.")
    UNCERTAIN_ACCEPTED = _Meaning(
        415,
        _W,
        "What the audience asks is not required, and unknown values are accepted, so that leaving a field empty passes.",
    )

    MATCH_PERSON_UNREQUIRED = _Meaning(501, _W, "Duplicates are matched by person, but name or company is not required.")
    MATCH_KEY_UNREQUIRED = _Meaning(502, _W, "Duplicates are matched by e-mail or phone, but the field is not required.")
    WITHIN_WITHOUT_MATCH = _Meaning(503, _E, "A window for duplicates without a key to match on.")
    CRM_WITHOUT_MATCH = _Meaning(504, _E, "Comparing with the CRM without a key to match on.")
    ACROSS_WITHOUT_MATCH = _Meaning(505, _W, "A scope for duplicates without a key to match on.")
    MATCH_ONLY_FUZZY = _Meaning(506, _W, "Duplicates are matched by likeness alone, so that an exact repeat only goes to review.")

    CAP_NEVER_REACHED = _Meaning(
        601,
        _W,
        "A cap is larger than one that is reached before it (a day's above the month's, a month's above the total).",
    )
    BUDGET_BELOW_PRICE = _Meaning(602, _E, "The budget does not pay for one delivery.")
    PACE_WITHOUT_PLAN = _Meaning(603, _W, "An even pace without total or end does nothing.")
    OVER_WITHOUT_CAP = _Meaning(604, _W, "What happens over a cap is said, but there is no cap.")
    BUDGET_WITHOUT_ACCEPTANCE = _Meaning(605, _W, "A budget counts charges that acceptance makes, and no price stands on acceptance.")
    BUDGET_NEVER_REACHED = _Meaning(606, _N, "The total at the dearest price stays within the budget.")

    PRICE_MISSING = _Meaning(701, _E, "The contract has no price, so nothing is ever owed.")
    MILESTONE_UNKNOWN = _Meaning(702, _E, "A milestone that is none; the nearest is named.")
    MILESTONE_UNPRICEABLE = _Meaning(703, _E, "A milestone that no price may stand on.")
    AMOUNT_AND_PERCENT = _Meaning(704, _E, "A price has both an amount and a percentage.")
    AMOUNT_OR_PERCENT_MISSING = _Meaning(705, _E, "A price has neither an amount nor a percentage.")
    PERCENT_OUT_OF_RANGE = _Meaning(706, _E, "A percentage that is not above 0 and at most 100.")
    PERCENT_WITHOUT_AMOUNTS = _Meaning(707, _E, "A percentage on a milestone that carries no amount; only opportunity and won do.")
    TIERS_NOT_ASCENDING = _Meaning(708, _E, "Tiers that do not stand in rising order.")
    TIER_FROM_BELOW_TWO = _Meaning(709, _E, "A tier that begins at the first charge or before, so that the row's amount never applies.")
    TIER_NEVER_REACHED = _Meaning(710, _W, "A tier that begins above the total that the contract takes.")
    TIERS_ON_PERCENT = _Meaning(711, _E, "Tiers on a percentage.")
    TIER_DEARER = _Meaning(712, _N, "A tier that costs more than the one before.")
    PRICE_UNREACHABLE = _Meaning(713, _E, "A price row that an earlier row of the milestone without a condition hides.")
    PRICE_WHEN_TWICE = _Meaning(714, _E, "Two rows of a milestone have the same condition, so that the second never applies.")
    PRICE_NEVER_APPLIES = _Meaning(715, _E, "A price's condition is false for everybody whom the audience admits.")
    PRICE_LEAVES_GAP = _Meaning(
        716,
        _W,
        "Every row of a milestone has a condition, and somebody whom the audience admits meets none of them and costs nothing.",
    )
    OFFSET_WITHOUT_PRICE = _Meaning(717, _E, "An offset names a milestone without a price.")
    OFFSET_NOT_EARLIER = _Meaning(718, _E, "An offset names its own milestone or a later one.")
    OFFSET_SWALLOWS_PRICE = _Meaning(719, _W, "An offset is at least as large as the price, so that nothing is ever left to pay.")
    PRICE_ZERO = _Meaning(720, _W, "A price of nothing.")

    REVIEW_WINDOW_ZERO = _Meaning(801, _E, "A review window of no length, in which nothing can be returned.")
    REASON_UNKNOWN = _Meaning(802, _E, "A reason code that is none; the nearest is named.")
    REASON_NOT_RETURNABLE = _Meaning(803, _E, "A reason that no return may give.")
    EVIDENCE_NOT_IN_REASONS = _Meaning(804, _E, "Evidence is asked for a reason that is not among the reasons.")
    WINDOW_SHORTER_THAN_BOUNCE = _Meaning(
        805,
        _W,
        "The window ends before a mail server must have given up and sent the bounce (RFC 5321, section 4.5.4.1: four days).",
    )
    WINDOW_SHORTER_THAN_PROOF = _Meaning(806, _E, "The window ends before the silence that proves a meeting has passed.")
    RETURN_CAP_OUT_OF_RANGE = _Meaning(807, _E, "A cap on returns that is not above 0% and at most 100%.")
    REPLACE_WITHOUT_WITHIN = _Meaning(808, _E, "Returns are replaced, but no deadline for the replacement is set.")
    REPLACE_WITHIN_UNUSED = _Meaning(809, _W, "A deadline for replacements, but nothing is replaced.")
    PARTIAL_OUT_OF_RANGE = _Meaning(810, _E, "A partial credit that is not above 0% and below 100%.")
    REMEDY_UNKNOWN = _Meaning(811, _E, "A remedy other than credit, replace or partial with its percentage.")
    CONTEST_LONGER_THAN_WINDOW = _Meaning(812, _W, "The provider may contest for longer than the review window itself.")
    UNDECIDED_WITHOUT_CONTEST = _Meaning(813, _W, "Who is right when nobody decides is said, but nothing can be contested.")
    REVIEW_WITHOUT_REASONS = _Meaning(814, _W, "A review window without a reason, so that no return is ever admissible.")
    REASON_OF_MEETINGS = _Meaning(815, _W, "A reason about meetings in a contract that prices none.")

    APPOINTMENT_MISSING = _Meaning(901, _W, "Meetings are priced, but no clause says when one was held.")
    APPOINTMENT_UNUSED = _Meaning(902, _W, "Clauses about meetings in a contract that prices none.")
    NOTICE_BEYOND_HORIZON = _Meaning(903, _E, "The notice is longer than the horizon, so that no meeting fits between.")
    HELD_AFTER_EXCEEDS_DURATION = _Meaning(904, _E, "A meeting counts as held only after longer than it lasts.")
    RESCHEDULES_WITHOUT_RULE = _Meaning(905, _W, "Reschedules are counted, but no_show does not allow any.")
    RESCHEDULE_WITHOUT_COUNT = _Meaning(906, _W, "no_show allows a reschedule, but reschedules is 0.")
    RESCHEDULE_WITHOUT_HORIZON = _Meaning(907, _W, "no_show allows a reschedule, but no horizon says until when it must follow.")
    PROOF_UNKNOWN = _Meaning(908, _E, "A proof other than attendance, rep or silence with its span.")
    PROOF_AFTER_SILENCE = _Meaning(909, _W, "A proof stands behind silence, which always comes about, so that it never weighs.")
    NO_SHOW_UNREADABLE = _Meaning(910, _E, "A rule for no-shows that is not void, charge or replace, with or without reschedule before.")
    NO_SHOW_REPLACE_WITHOUT_WITHIN = _Meaning(911, _W, "A missed meeting is replaced, but review.replace_within sets no deadline.")
    ATTENDEE_OUTSIDE_AUDIENCE = _Meaning(912, _E, "The attendee rule is false for everybody whom the audience admits.")

    FOLLOWUP_SHORTER_THAN_TOUCH = _Meaning(1001, _E, "All attempts must be made before the first touch is due.")
    ATTEMPTS_WITHOUT_WITHIN = _Meaning(1002, _W, "Attempts are counted, but no span says until when.")

    EXAMPLE_COLUMN_UNKNOWN = _Meaning(1101, _E, "An example gives a column that deliveries do not have; the nearest is named.")
    EXAMPLE_COLUMN_DERIVED = _Meaning(1102, _E, "An example gives a column that payper derives itself; its source is named.")
    EXAMPLE_VERDICT_UNKNOWN = _Meaning(1103, _E, "An example expects a verdict that is none.")
    EXAMPLE_OWES_UNACCEPTED = _Meaning(1104, _E, "An example owes money for a delivery that is not accepted.")
    EXAMPLE_VALUE_UNFIT = _Meaning(1105, _E, "An example gives a value that its column cannot hold.")
    EXAMPLE_GIVES_NOTHING = _Meaning(1106, _E, "An example gives no column.")
    EXAMPLE_REASONS_CONTRADICT = _Meaning(1107, _E, "An example is rejected without any reason, or for a reason that does not reject.")
    EXAMPLES_ABSENT = _Meaning(1108, _N, "The contract has no example that shows both sides what it means.")
    EXAMPLE_FAILED = _Meaning(1109, _E, "An example was judged, and the verdict, reasons or amount are others than it says.")
    EXAMPLE_TWICE = _Meaning(1110, _W, "Two examples give the same columns.")

    VERSION_TWICE = _Meaning(1201, _E, "Two files have the same id and version.")
    HOLDS_NOT_RISING = _Meaning(1202, _E, "A later version holds from the same instant as an earlier one or before it.")
    PARTY_CHANGED = _Meaning(1203, _E, "Buyer or provider differ between versions.")
    CURRENCY_CHANGED = _Meaning(1204, _E, "The currency differs between versions.")
    ZONE_CHANGED = _Meaning(1205, _W, "The time zone differs between versions, so that days and windows shift.")
    VERSION_SKIPPED = _Meaning(1206, _W, "A version number is left out between two versions.")
    VERSIONS_APART = _Meaning(1207, _W, "A version ends before the next one holds, so that nothing is in force between.")
    VERSION_IDENTICAL = _Meaning(1208, _W, "Two versions say the same.")
    CONTRACT_IDS_MIXED = _Meaning(1209, _E, "Files that should be versions of one contract have different ids.")

    def __str__(self) -> str:
        return self.name

    @property
    def number(self) -> int:
        """Give the stable number, never reused."""
        return self.value.number

    @property
    def severity(self) -> Severity:
        """Give how grave it is."""
        return self.value.severity

    @property
    def text(self) -> str:
        """Give the kind in words."""
        return self.value.text

    @property
    def section(self) -> str:
        """Give the title of the part of the language it speaks of."""
        return _SECTIONS[self.value.number // 100]


assert len({kind.number for kind in FindingKind}) == len(FindingKind), "a kind's number is used twice"
