"""A profile to fill in: every question with what it takes, as comments, so that ten minutes are enough."""

from __future__ import annotations

from payper.advice.questions import TABLES, Question, questions_of

_SAMPLES: dict[str, str] = {
    "goals.kind": '"revenue"', "goals.amount": '"400000"', "goals.months": "3", "goals.starts": "2027-01-01", "goals.by": "2027-03-31",
    "goals.horizon_days": "180", "sales.cycle_days": "60", "sales.sdr_count": "2", "sales.sdr_hours_per_week": "15",
    "sales.sdr_wage": '"40"', "sales.ae_count": "3", "sales.ae_meetings_per_week": "4", "sales.follow_up": '"same day"',
    "sales.nurture": '"automated"', "audience.breadth": '"focused"', "audience.prospects": "6000", "audience.target_accounts": "400",
    "audience.people_per_account": "3", "audience.already_bought": "0", "audience.industries": '["software", "banking"]',
    "audience.seniority": '"manager"', "audience.segment": '"mid-market"', "audience.is_new": "false", "revenue.deal_size": '"12000"',
    "revenue.margin": '"0.75"', "revenue.expansion": '"0.2"', "revenue.margin_months": "12", "revenue.payback_months": "12",
    "revenue.risk": '"balanced"', "revenue.budget": '"60000"', "revenue.budget_every": '"quarter"',
}  # fmt: skip
_OPEN = frozenset({"goals.kind", "goals.months", "revenue.deal_size", "revenue.margin", "revenue.budget", "revenue.budget_every"})
"""Answers that the template gives to begin with; the others stand as comments, and are taken from the trade until they are answered."""

_TAKES: dict[str, str] = {
    "word": "one of {choices}",
    "amount": "an amount of money, in quotes",
    "amount or count": "an amount of money, or a number",
    "share": "a share: 0.75 is 75 %",
    "count": "a number",
    "days": "days",
    "months": "months",
    "day": "a date",
    "flag": "true or false",
    "text": "a text in quotes",
    "texts": "texts in brackets",
}

_HEAD = """\
# A profile: what you want, how you sell, to whom, and what revenue is worth to you. Ten minutes.
# Take the # off the lines that you can answer; what stays a comment is taken from the trade, and the advice names it.
currency = "USD"
"""

_OFFERS = """
# What providers offer you. Without any, three offers at the prices of the trade are compared; with --programme, those of its contracts.
# [[offer]]
# provider = "leadworks"
# model = "lead"              # lead, appointment or hybrid
# price = "62.00"             # per accepted lead or booked appointment
# held_price = "260"          # besides, per meeting held, after offsets
# min_units = 50              # the smallest order
# max_units = 800             # the most there is
"""


def profile_template() -> str:
    """Write a profile to fill in; it is valid as it stands."""
    parts = [_HEAD]
    for table, title in TABLES.items():
        parts.append(f"\n# {title}\n[{table}]\n" + "".join(_lines(question) for question in questions_of(table)))
    return "".join(parts) + _OFFERS


def _lines(question: Question) -> str:
    choices = ", ".join(f'"{choice}"' for choice in question.choices)
    takes = _TAKES[question.kind].format(choices=choices)
    mark = "" if question.key in _OPEN else "# "
    return f"# {question.words} ({takes})\n{mark}{question.name} = {_SAMPLES[question.key]}\n"
