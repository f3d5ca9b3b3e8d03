"""A small sound contract, and for every kind of finding an edit of it that calls for the finding."""

from __future__ import annotations

SOUND = """
[contract]
id = "northwind-reach"
buyer = "northwind"
provider = "intentreach"
currency = "USD"
timezone = "America/New_York"
starts = 2026-01-01
ends = 2026-03-31

[audience]
countries = ["US", "CA"]
employees = "200..5000"
seniority = "manager.."

[record]
required = ["email", "first_name", "last_name", "company", "title", "country", "phone"]
email = ["syntax", "business"]

[duplicate]
match = ["email", "person"]
within = "180d"

[caps]
total = 1000

[[price]]
on = "accepted"
amount = "48.00"

[review]
window = "5bd"
reasons = ["EMAIL_BOUNCED", "LEFT_COMPANY"]

[[example]]
given = { email = "cio@acme.example", title = "CIO" }
gives = "accepted"
owes = "48.00"
"""

LISTS = {
    "targets.csv": b"company\nAcme Robotics\nBorealis Foods\n",
    "same.csv": b"company\nBorealis Foods\nAcme Robotics\n",
    "one.csv": b"company\nAcme Robotics\n",
    "empty.csv": b"company\n",
    "odd.csv": b"email\nnot an address\nann@acme-robotics.com\n",
}

HELD = '[[price]]\non = "meeting held"\namount = "480.00"'
MEETING = '[appointment]\nduration = "30m"\nhorizon = "10bd"\nheld_after = "10m"\nproof = ["attendance", "rep"]'


def edit(old: str, new: str) -> str:
    """Replace a part of the sound contract that must be there."""
    assert old in SOUND, old
    return SOUND.replace(old, new, 1)


def add(text: str) -> str:
    """Add tables at the end of the sound contract."""
    return f"{SOUND}\n{text}\n"


def contract(line: str) -> str:
    """Add a line to [contract]."""
    return edit("ends = 2026-03-31", f"ends = 2026-03-31\n{line}")


def audience(line: str) -> str:
    """Add a line to [audience]."""
    return edit('seniority = "manager.."', f'seniority = "manager.."\n{line}')


def record(line: str) -> str:
    """Add a line to [record]."""
    return edit('email = ["syntax", "business"]', f'email = ["syntax", "business"]\n{line}')


def caps(line: str) -> str:
    """Add a line to [caps]."""
    return edit("total = 1000", f"total = 1000\n{line}")


def price(line: str) -> str:
    """Add a line to the price."""
    return edit('amount = "48.00"', f'amount = "48.00"\n{line}')


def review(line: str) -> str:
    """Add a line to [review]."""
    return edit('window = "5bd"', f'window = "5bd"\n{line}')


def meeting(line: str, old: str = "", new: str = "") -> str:
    """Add a priced meeting with its clauses, and a line to them."""
    return add(f"{HELD}\n{MEETING.replace(old, new) if old else MEETING}\n{line}")


def example(line: str) -> str:
    """Put another line into the example."""
    return edit('given = { email = "cio@acme.example", title = "CIO" }\ngives = "accepted"\nowes = "48.00"', line)


GIVEN = 'given = { email = "cio@acme.example" }'

CASES: dict[str, str] = {
    "TOML_SYNTAX": edit('buyer = "northwind"', "buyer = northwind"),
    "KEY_TWICE": contract('buyer = "other"'),
    "TABLE_UNKNOWN": add("[prices]"),
    "KEY_UNKNOWN": audience('countrys = ["US"]'),
    "KEY_REQUIRED": edit('currency = "USD"\n', ""),
    "TYPE_WRONG": edit('buyer = "northwind"', "buyer = 7"),
    "LIST_ASKS_NOTHING": audience("functions = []"),
    "ENTRY_TWICE": edit('["US", "CA"]', '["US", "CA", "US"]'),
    "FILE_EMPTY": "# nothing\n",
    "PERIOD_UNREADABLE": edit('within = "180d"', 'within = "6 months"'),
    "WORD_UNKNOWN": record('uncertain = "reviews"'),
    "COUNT_TOO_LOW": edit("total = 1000", "total = 0"),
    "PERIOD_ABSURD": edit('within = "180d"', 'within = "99999d"'),
    "ID_UNFIT": edit('id = "northwind-reach"', 'id = "Northwind Reach"'),
    "BUYER_IS_PROVIDER": edit('provider = "intentreach"', 'provider = "northwind"'),
    "CURRENCY_UNKNOWN": edit('"USD"', '"US Dollar"'),
    "ZONE_UNKNOWN": edit('"America/New_York"', '"America/NewYork"'),
    "ENDS_BEFORE_STARTS": edit("ends = 2026-03-31", "ends = 2025-03-31"),
    "HOLDS_AFTER_END": contract("holds_from = 2026-04-02"),
    "HOLDS_BEFORE_START": contract("holds_from = 2025-12-01"),
    "VERSION_BELOW_ONE": contract("version = 0"),
    "DATE_AS_TEXT": edit("ends = 2026-03-31", 'ends = "2026-03-31"'),
    "DATE_UNREADABLE": edit("ends = 2026-03-31", 'ends = "31 March"'),
    "HOLIDAYS_UNKNOWN": contract('holidays = "US-ZZ"'),
    "HOLIDAY_ON_WEEKEND": contract("holidays = [2026-01-03]"),
    "HOURS_UNREADABLE": contract('business_hours = "17:00-09:00"'),
    "PAUSE_UPSIDE_DOWN": contract("pauses = [{ from = 2026-02-10, until = 2026-02-01 }]"),
    "PAUSE_OUTSIDE": contract("pauses = [{ from = 2026-05-10, until = 2026-05-11 }]"),
    "PAUSES_OVERLAP": contract("pauses = [{ from = 2026-02-01, until = 2026-02-10 }, { from = 2026-02-05, until = 2026-02-12 }]"),
    "PAUSED_THROUGHOUT": contract("pauses = [{ from = 2025-12-01, until = 2026-03-31 }]"),
    "MONEY_AS_FLOAT": edit('"48.00"', "48.50"),
    "AMOUNT_UNREADABLE": edit('"48.00"', '"48 dollars"'),
    "DECIMALS_TOO_MANY": edit('"USD"', '"JPY"').replace("48.00", "48.50"),
    "AMOUNT_NEGATIVE": edit('"48.00"', '"-48.00"'),
    "AMOUNT_ABSURD": edit('"48.00"', '"99999999999999999"'),
    "DATES_ABSURD": edit("ends = 2026-03-31", "ends = 2206-03-31"),
    "COUNTRY_UNKNOWN": edit('["US", "CA"]', '["US", "Germany"]'),
    "RANGE_UNREADABLE": edit('"200..5000"', '"200-5000"'),
    "RANGE_UPSIDE_DOWN": edit('"200..5000"', '"5000..200"'),
    "RANGE_NEGATIVE": edit('"200..5000"', '"-200..5000"'),
    "RANGE_ASKS_NOTHING": edit('"200..5000"', '".."'),
    "FUNCTION_UNKNOWN": audience('functions = ["enginering"]'),
    "SENIORITY_UNKNOWN": edit('"manager.."', '"managr.."'),
    "SENIORITY_UPSIDE_DOWN": edit('"manager.."', '"vp..manager"'),
    "INDUSTRY_CODE_UNKNOWN": audience('industries = ["naics:9999"]'),
    "INDUSTRY_TITLE_UNKNOWN": audience('industries = ["Quidditch brooms"]'),
    "INDUSTRY_SYSTEM_UNKNOWN": audience('industries = ["naisc:52"]'),
    "INDUSTRY_COVERED": audience('industries = ["naics:52", "naics:5241"]'),
    "LIST_UNREADABLE": audience('suppress = ["nowhere.csv"]'),
    "TARGETS_EMPTY": audience('companies = { only = "empty.csv" }'),
    "SUPPRESSION_EMPTY": audience('suppress = ["empty.csv"]'),
    "LIST_ENTRY_UNREADABLE": audience('suppress = ["odd.csv"]'),
    "TARGETS_SUPPRESSED": audience('companies = { only = "targets.csv" }\nsuppress = ["same.csv"]'),
    "TARGETS_PARTLY_SUPPRESSED": audience('companies = { only = "targets.csv" }\nsuppress = ["one.csv"]'),
    "RULE_SYNTAX": audience('rule = "employees >="'),
    "RULE_COLUMN_UNKNOWN": audience('rule = "employes >= 500"'),
    "RULE_WORD_UNKNOWN": audience("rule = \"SOUNDEX(title) = 'x'\""),
    "RULE_NOT_BOOLEAN": audience('rule = "employees + 1"'),
    "RULE_TYPES_MIXED": audience("rule = \"employees >= '500'\""),
    "RULE_RUNG_UNKNOWN": audience("rule = \"seniority >= 'boss'\""),
    "RULE_ALWAYS_TRUE": audience('rule = "employees >= 0"'),
    "RULE_ALWAYS_FALSE": audience('rule = "employees > 500 AND employees < 400"'),
    "RULE_OUTSIDE_AUDIENCE": audience('rule = "employees > 6000"'),
    "RULE_REPEATS_AUDIENCE": audience('rule = "employees >= 200"'),
    "RULE_RAW_COLUMN": audience("rule = \"country = 'US'\""),
    "RULE_CODE_UNKNOWN": audience("rule = \"function <> 'enginering'\""),
    "REQUIRED_UNKNOWN": edit('required = ["email"', 'required = ["e_mail", "email"'),
    "REQUIRED_DERIVED": edit('required = ["email"', 'required = ["domain", "email"'),
    "EMAIL_CHECKS_UNREQUIRED": edit('required = ["email", ', "required = ["),
    "PHONE_CHECKS_UNREQUIRED": edit(', "phone"]', "]").replace("[duplicate]", 'phone = ["valid"]\n[duplicate]'),
    "PHONE_COUNTRY_UNREQUIRED": edit('"country", ', "").replace("[duplicate]", 'phone = ["matches_country"]\n[duplicate]'),
    "CONSENT_FIELD_UNKNOWN": record('consent = { fields = ["consented"] }'),
    "CONSENT_FIELDS_EMPTY": record("consent = { required = true, fields = [] }"),
    "CONSENT_AGE_WITHOUT_DATE": record('consent = { fields = ["consent_text"], max_age = "30d" }'),
    "CONSENT_NOT_REQUIRED": record('consent = { required = false, max_age = "30d" }'),
    "FRESH_LONGER_THAN_CONTRACT": record('fresh = "365d"'),
    "QUESTION_WITHOUT_ACCEPT": record('[[record.question]]\nfield = "timeframe"\naccept = []'),
    "QUESTION_TWICE": record('question = [{ field = "a", accept = ["1"] }, { field = "a", accept = ["2"] }]'),
    "ANSWER_TWICE": record('question = [{ field = "a", accept = ["0-3 Months", "0–3 months"] }]'),
    "QUESTION_FIELD_PREFIXED": record('question = [{ field = "answer_a", accept = ["1"] }]'),
    "UNCERTAIN_ACCEPTED": record('uncertain = "accept"'),
    "MATCH_PERSON_UNREQUIRED": edit('"company", ', ""),
    "MATCH_KEY_UNREQUIRED": edit('match = ["email", "person"]', 'match = ["phone"]').replace(', "phone"]', "]"),
    "WITHIN_WITHOUT_MATCH": edit('match = ["email", "person"]\n', ""),
    "CRM_WITHOUT_MATCH": edit('match = ["email", "person"]\nwithin = "180d"', "crm = true"),
    "ACROSS_WITHOUT_MATCH": edit('match = ["email", "person"]\nwithin = "180d"', 'across = "buyer"'),
    "MATCH_ONLY_FUZZY": edit('["email", "person"]', '["fuzzy"]'),
    "CAP_NEVER_REACHED": caps("per_day = 2000"),
    "BUDGET_BELOW_PRICE": caps('budget = "40.00"'),
    "PACE_WITHOUT_PLAN": edit("total = 1000", 'pace = "even"'),
    "OVER_WITHOUT_CAP": edit("total = 1000", 'over = "reject"'),
    "BUDGET_WITHOUT_ACCEPTANCE": caps('budget = "400.00"').replace('on = "accepted"', 'on = "qualified"'),
    "BUDGET_NEVER_REACHED": caps('budget = "48000.00"'),
    "PRICE_MISSING": edit('[[price]]\non = "accepted"\namount = "48.00"\n', ""),
    "MILESTONE_UNKNOWN": edit('on = "accepted"', 'on = "acepted"'),
    "MILESTONE_UNPRICEABLE": edit('on = "accepted"', 'on = "lost"'),
    "AMOUNT_AND_PERCENT": edit('on = "accepted"', 'on = "won"\npercent = "2"'),
    "AMOUNT_OR_PERCENT_MISSING": edit('amount = "48.00"\n', ""),
    "PERCENT_OUT_OF_RANGE": add('[[price]]\non = "won"\npercent = "150"'),
    "PERCENT_WITHOUT_AMOUNTS": add('[[price]]\non = "qualified"\npercent = "5"'),
    "TIERS_NOT_ASCENDING": price('tiers = [{ from = 501, amount = "41.00" }, { from = 301, amount = "40.00" }]'),
    "TIER_FROM_BELOW_TWO": price('tiers = [{ from = 1, amount = "41.00" }]'),
    "TIER_NEVER_REACHED": price('tiers = [{ from = 2000, amount = "41.00" }]'),
    "TIERS_ON_PERCENT": add('[[price]]\non = "won"\npercent = "5"\ntiers = [{ from = 5, amount = "41.00" }]'),
    "TIER_DEARER": price('tiers = [{ from = 501, amount = "61.00" }]'),
    "PRICE_UNREACHABLE": add('[[price]]\non = "accepted"\namount = "62.00"\nwhen = "seniority >= \'director\'"'),
    "PRICE_WHEN_TWICE": price("when = \"seniority >= 'vp'\"")
    + '\n[[price]]\non = "accepted"\namount = "1"\nwhen = "seniority  >= \'vp\'"\n[[price]]\non = "accepted"\namount = "2"',
    "PRICE_NEVER_APPLIES": price("when = \"seniority < 'manager'\"") + '\n[[price]]\non = "accepted"\namount = "2"',
    "PRICE_LEAVES_GAP": price("when = \"seniority >= 'vp'\""),
    "OFFSET_WITHOUT_PRICE": meeting("").replace('amount = "480.00"', 'amount = "480.00"\noffset = ["qualified"]'),
    "OFFSET_NOT_EARLIER": meeting("").replace('amount = "480.00"', 'amount = "480.00"\noffset = ["meeting held"]'),
    "OFFSET_SWALLOWS_PRICE": meeting("").replace('amount = "480.00"', 'amount = "48.00"\noffset = ["accepted"]'),
    "PRICE_ZERO": edit('amount = "48.00"', 'amount = "0"'),
    "REVIEW_WINDOW_ZERO": edit('"5bd"', '"0d"'),
    "REASON_UNKNOWN": edit('"EMAIL_BOUNCED"', '"EMAIL_BOUNCE"'),
    "REASON_NOT_RETURNABLE": edit('"LEFT_COMPANY"', '"CAP_DAY"'),
    "EVIDENCE_NOT_IN_REASONS": review('evidence = ["PHONE_WRONG"]'),
    "WINDOW_SHORTER_THAN_BOUNCE": review('evidence = ["EMAIL_BOUNCED"]').replace('"5bd"', '"2bd"'),
    "WINDOW_SHORTER_THAN_PROOF": meeting("", '"rep"]', '"rep", "silence:9bd"]'),
    "RETURN_CAP_OUT_OF_RANGE": review("cap = 15"),
    "REPLACE_WITHOUT_WITHIN": review('remedy = "replace"'),
    "REPLACE_WITHIN_UNUSED": review('replace_within = "5bd"'),
    "PARTIAL_OUT_OF_RANGE": review('remedy = "partial:120%"'),
    "REMEDY_UNKNOWN": review('remedy = "refund"'),
    "CONTEST_LONGER_THAN_WINDOW": review('contest_within = "9bd"'),
    "UNDECIDED_WITHOUT_CONTEST": review('undecided = "provider"'),
    "REVIEW_WITHOUT_REASONS": edit('reasons = ["EMAIL_BOUNCED", "LEFT_COMPANY"]\n', ""),
    "REASON_OF_MEETINGS": edit('"LEFT_COMPANY"', '"NO_SHOW_PROSPECT"'),
    "APPOINTMENT_MISSING": add(HELD),
    "APPOINTMENT_UNUSED": add(MEETING),
    "NOTICE_BEYOND_HORIZON": meeting('notice = "40d"'),
    "HELD_AFTER_EXCEEDS_DURATION": meeting("", '"10m"', '"40m"'),
    "RESCHEDULES_WITHOUT_RULE": meeting('reschedules = 1\nno_show = "void"'),
    "RESCHEDULE_WITHOUT_COUNT": meeting('no_show = "reschedule, then void"'),
    "RESCHEDULE_WITHOUT_HORIZON": meeting('reschedules = 1\nno_show = "reschedule, then void"', 'horizon = "10bd"', ""),
    "PROOF_UNKNOWN": meeting("", '"rep"', '"hearsay"'),
    "PROOF_AFTER_SILENCE": meeting("", '"attendance", "rep"', '"silence:1bd", "rep"'),
    "NO_SHOW_UNREADABLE": meeting('no_show = "reschedule"'),
    "NO_SHOW_REPLACE_WITHOUT_WITHIN": meeting('no_show = "replace"'),
    "ATTENDEE_OUTSIDE_AUDIENCE": meeting("attendee = \"seniority < 'manager'\""),
    "FOLLOWUP_SHORTER_THAN_TOUCH": add('[followup]\nfirst_touch = "5bd"\nwithin = "1bd"'),
    "ATTEMPTS_WITHOUT_WITHIN": add("[followup]\nattempts = 6"),
    "EXAMPLE_COLUMN_UNKNOWN": example('given = { e_mail = "a@b.example" }\ngives = "accepted"'),
    "EXAMPLE_COLUMN_DERIVED": example('given = { domain = "b.example" }\ngives = "accepted"'),
    "EXAMPLE_VERDICT_UNKNOWN": example(f'{GIVEN}\ngives = "acceptd"'),
    "EXAMPLE_OWES_UNACCEPTED": example(f'{GIVEN}\ngives = "rejected"\nowes = "48.00"'),
    "EXAMPLE_VALUE_UNFIT": example('given = { meeting_minutes = "many" }\ngives = "accepted"'),
    "EXAMPLE_GIVES_NOTHING": example('given = {}\ngives = "accepted"'),
    "EXAMPLE_REASONS_CONTRADICT": example(f'{GIVEN}\ngives = "rejected"\nreasons = []'),
    "EXAMPLES_ABSENT": edit('[[example]]\ngiven = { email = "cio@acme.example", title = "CIO" }\ngives = "accepted"\nowes = "48.00"', ""),
    "EXAMPLE_TWICE": add('[[example]]\ngiven = { email = "cio@acme.example", title = "CIO" }\ngives = "accepted"'),
}
