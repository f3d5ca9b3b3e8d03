"""The questions of a profile, as a marketing lead can answer them in ten minutes; forms, files and documents are made from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from payper.advice.priors import BREADTH, CAUTION, FOLLOW_UP, NURTURE
from payper.advice.profile import BUDGET_EVERY, GOALS, SEGMENTS

AnswerKind = Literal["word", "amount", "amount or count", "share", "count", "days", "months", "day", "flag", "text", "texts"]


@dataclass(frozen=True, slots=True)
class Question:
    """One question.

    Attributes:
        table: `goals`, `sales`, `audience` or `revenue`.
        name: The key in that table.
        words: The question itself.
        kind: What it takes.
        field: The field of the answers' dataclass.
        number: The key of the number the answer stands for; empty where it steers something else.
        choices: The words it takes.
        least: The smallest number that makes sense.
        most: The largest.
    """

    table: str
    name: str
    words: str
    kind: AnswerKind
    field: str = ""
    number: str = ""
    choices: tuple[str, ...] = ()
    least: float = 0.0
    most: float = 1e12

    @property
    def key(self) -> str:
        """Give the key as findings and numbers name it: `sales.cycle_days`."""
        return f"{self.table}.{self.name}"


SENIORITY = ("entry", "senior", "manager", "director", "vp", "c-level")

QUESTIONS: tuple[Question, ...] = (
    Question("goals", "kind", "What do you want to reach first?", "word", "kind", choices=GOALS),
    Question("goals", "amount", "How much of it? Money for revenue or pipeline, else a number.", "amount or count", "amount"),
    Question("goals", "months", "Over how many months do you plan?", "months", "months", least=0.25, most=36),
    Question("goals", "starts", "When does it begin? (with `by`, instead of `months`)", "day"),
    Question("goals", "by", "By when?", "day"),
    Question("goals", "horizon_days", "Within how many days of a delivery must revenue come to count?",
             "days", "horizon_days", "horizon_days", least=1, most=3650),
    Question("sales", "cycle_days", "How many days pass from first contact to a signed deal, typically?",
             "days", "cycle_days", "cycle_days", least=1, most=3650),
    Question("sales", "sdr_count", "How many people follow up leads?", "count", "sdr_count", "sdr_hours"),
    Question("sales", "sdr_hours_per_week", "How many hours a week does each have for bought leads?",
             "count", "sdr_hours_per_week", "sdr_hours_per_week", most=80),
    Question("sales", "sdr_wage", "What does an hour of theirs cost?", "amount", "sdr_wage_minor", "sdr_wage"),
    Question("sales", "ae_count", "How many account executives hold first meetings?", "count", "ae_count", "ae_slots"),
    Question("sales", "ae_meetings_per_week", "For how many more first meetings a week has each of them room?",
             "count", "ae_meetings_per_week", "ae_meetings_per_week", most=60),
    Question("sales", "follow_up", "When is a new lead first contacted?", "word", "follow_up", "follow_up_odds", tuple(FOLLOW_UP)),
    Question("sales", "nurture", "What happens to leads that are not ready?", "word", "nurture", "nurture_odds", tuple(NURTURE)),
    Question("audience", "breadth", "How wide is the audience?", "word", "breadth", "prospects", tuple(BREADTH)),
    Question("audience", "prospects", "How many people are in it, if you know?", "count", "prospects", "prospects"),
    Question("audience", "target_accounts", "How many target accounts, if you work from a list?", "count", "target_accounts", "prospects"),
    Question("audience", "people_per_account", "How many people are worth reaching in each?",
             "count", "people_per_account", "people_per_account", most=1000),
    Question("audience", "already_bought", "How many of them did you buy as leads before?", "count", "already_bought", "already_bought"),
    Question("audience", "industries", "Which industries?", "texts", "industries"),
    Question("audience", "seniority", "From which level on?", "word", "seniority", choices=SENIORITY),
    Question("audience", "segment", "What size of company?", "word", "segment", "opportunity_to_won", SEGMENTS),
    Question("audience", "is_new", "Is it a market or industry you have not sold to?", "flag", "is_new", "history_trust"),
    Question("revenue", "deal_size", "What is a typical first deal worth?", "amount", "deal_minor", "deal_minor"),
    Question("revenue", "margin", "Which share of revenue is gross margin?", "share", "margin", "margin", least=-5, most=1),
    Question("revenue", "expansion", "How much more does a customer buy later, as a share of the first deal?",
             "share", "expansion", "expansion", most=20),
    Question("revenue", "margin_months", "Over how many months does a first deal's margin come in?",
             "months", "margin_months", "margin_months", least=0.25, most=120),
    Question("revenue", "payback_months", "Within how many months must customers pay back what they cost?",
             "months", "payback_months", "payback_months", least=0.25, most=120),
    Question("revenue", "risk", "How do you take risks?", "word", "risk", "caution", tuple(CAUTION)),
    Question("revenue", "budget", "How much can go to providers?", "amount", "budget_minor", "budget"),
    Question("revenue", "budget_every", "How often is there that much?", "word", "budget_every", "budget", tuple(BUDGET_EVERY)),
)  # fmt: skip
"""In the order in which they are asked."""

TABLES: dict[str, str] = {
    "goals": "Goals",
    "sales": "Sales process",
    "audience": "Audience",
    "revenue": "Revenue strategy",
}


def questions_of(table: str) -> tuple[Question, ...]:
    """Give the questions of one table, in order."""
    return tuple(question for question in QUESTIONS if question.table == table)
