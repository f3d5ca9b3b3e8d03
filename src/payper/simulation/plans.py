"""What a simulated programme buys: four contracts of three providers, as contract texts, senders' habits and rates of faults."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from payper.simulation.contracts import EMEA, MEETINGS, REACH_1, REACH_2, SYNDICATE
from payper.simulation.files import Sender

RECORD_FAULTS: dict[str, float] = {
    "EMAIL_SYNTAX": 1.2,
    "EMAIL_FREE": 2.0,
    "EMAIL_DISPOSABLE": 0.5,
    "EMAIL_ROLE": 0.8,
    "PHONE_INVALID": 1.6,
    "PHONE_COUNTRY": 0.7,
    "FIELD_MISSING": 1.5,
    "ROW_MALFORMED": 0.4,
    "CONSENT_MISSING": 1.0,
    "CONSENT_EXPIRED": 0.7,
    "STALE": 1.4,
    "IMPLAUSIBLE": 0.4,
    "TITLE_UNKNOWN": 0.5,
    "SENIORITY_OUTSIDE": 3.0,
    "FUNCTION_OUTSIDE": 2.2,
    "COUNTRY_OUTSIDE": 1.0,
    "SIZE_OUTSIDE": 2.0,
    "SUPPRESSED": 1.2,
    "DUPLICATE_SELF": 1.6,
    "DUPLICATE_OTHER": 1.0,
    "DUPLICATE_CRM": 1.2,
    "RESENT": 0.6,
}
"""Rows in a hundred that get each fault, for a provider of ordinary care."""


@dataclass(frozen=True, slots=True)
class ContractPlan:
    """One contract and how its provider works.

    Attributes:
        id: Contract id.
        provider: Party.
        zone: Zone of the contract.
        currency: Of its money.
        share: Part of the programme's deliveries.
        days: Length of the contract; it starts `offset` days after the programme.
        texts: Contract files, one per version, as `string.Template` (see `contracts`).
        senders: How its files look, used in turn.
        countries: Of the audience.
        functions: Of the audience.
        sizes: Fewest and most employees of the audience.
        care: 1 is ordinary; 0.5 halves the rate of faults.
        quality: Chance-like measure of how good its leads are, 0 to 1.
        meetings: Share of deliveries that are appointments.
        burst: Accepted deliveries per day that the contract takes (its cap), which the provider once overruns; 0: never.
        per_company: Accepted deliveries per company that the contract takes; 0: any number.
        targets: The contract takes companies of a list only.
        attendee: Seniority that an appointment's attendee needs beyond the audience's; empty: none.
        extra: Further faults, in rows of a hundred.
        without: Faults that the contract does not look for.
        returns: Reasons that the buyer returns for.
        replaces: The contract's remedy is a replacement.
        questions: Answers to the question `timeframe` that the contract accepts.
        rule_size: Fewest employees outside finance by the contract's rule; 0: none.
    """

    id: str
    provider: str
    zone: str
    currency: str
    share: float
    offset: int
    days: int
    texts: tuple[str, ...]
    senders: tuple[Sender, ...]
    countries: tuple[str, ...]
    functions: tuple[str, ...]
    sizes: tuple[int, int]
    care: float = 1.0
    quality: float = 0.5
    meetings: float = 0.0
    burst: int = 0
    per_company: int = 0
    targets: bool = False
    attendee: tuple[str, ...] = ()
    extra: dict[str, float] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    returns: tuple[str, ...] = ("EMAIL_BOUNCED", "PHONE_WRONG", "LEFT_COMPANY")
    replaces: bool = False
    questions: tuple[str, ...] = ()
    rule_size: int = 0

    def faults(self) -> dict[str, float]:
        """Give the rates of all faults, in rows of a hundred."""
        kept = {name: rate * self.care for name, rate in RECORD_FAULTS.items() if name not in self.without}
        return kept | self.extra


PLANS: tuple[ContractPlan, ...] = (
    ContractPlan(
        id="northwind-reach",
        provider="intentreach",
        zone="America/New_York",
        currency="USD",
        share=0.36,
        offset=0,
        days=120,
        texts=(REACH_1, REACH_2),
        senders=(Sender("hubspot"), Sender("hubspot", formats=("xlsx",))),
        countries=("US", "CA"),
        functions=("it", "engineering", "security", "operations"),
        sizes=(200, 10_000),
        quality=0.62,
        care=0.8,
        meetings=0.12,
        burst=24,
        per_company=3,
        attendee=("director", "vp", "c-level"),
        extra={"RULE_FAILED": 1.5},
        without=("DUPLICATE_OTHER",),
        returns=("EMAIL_BOUNCED", "PHONE_WRONG", "LEFT_COMPANY", "DUPLICATE_CRM", "SENIORITY_OUTSIDE"),
        replaces=True,
        rule_size=300,
    ),
    ContractPlan(
        id="northwind-syndicate",
        provider="leadharbour",
        zone="Europe/London",
        currency="GBP",
        share=0.38,
        offset=6,
        days=110,
        texts=(SYNDICATE,),
        senders=(
            Sender("salesforce", encoding="utf-16", delimiter="\t"),
            Sender("marketo"),
            Sender("linkedin", delimiter=";", encoding="utf-8-sig"),
        ),
        countries=("GB", "IE", "FR", "NL", "SE"),
        functions=("it", "engineering", "security", "finance", "marketing"),
        sizes=(100, 20_000),
        quality=0.30,
        care=1.6,
        burst=30,
        per_company=4,
        extra={"ANSWER_DISQUALIFIES": 2.5, "ANSWER_MISSING": 1.0},
        without=("CONSENT_EXPIRED",),
        returns=("EMAIL_BOUNCED", "PHONE_WRONG", "LEFT_COMPANY", "DENIES_REQUEST", "PERSON_WRONG"),
        replaces=True,
        questions=("0-3 months", "3-6 months"),
    ),
    ContractPlan(
        id="northwind-meetings",
        provider="terminwerk",
        zone="Europe/Berlin",
        currency="EUR",
        share=0.08,
        offset=0,
        days=140,
        texts=(MEETINGS,),
        senders=(Sender("german", delimiter=";", encoding="cp1252"),),
        countries=("DE", "AT", "CH"),
        functions=("it", "engineering", "security", "finance", "operations", "procurement"),
        sizes=(100, 60_000),
        quality=0.7,
        care=0.6,
        meetings=1.0,
        per_company=2,
        attendee=("manager", "director", "vp", "c-level"),
        extra={"NOTICE_TOO_SHORT": 2.5, "BEYOND_HORIZON": 2.5, "NOT_DECISION_MAKER": 4.0},
        without=("SENIORITY_OUTSIDE", "DUPLICATE_CRM", "CONSENT_EXPIRED", "STALE", "DUPLICATE_OTHER"),
        returns=("PERSON_WRONG", "LEFT_COMPANY", "NO_SHOW_PROSPECT", "TOO_SHORT"),
    ),
    ContractPlan(
        id="northwind-reach-emea",
        provider="intentreach",
        zone="Europe/London",
        currency="EUR",
        share=0.18,
        offset=27,
        days=100,
        texts=(EMEA,),
        senders=(Sender("plain", formats=("ndjson", "csv")),),
        countries=("GB", "DE", "FR", "ES", "IT", "PL"),
        functions=("it", "engineering", "security"),
        sizes=(200, 60_000),
        quality=0.55,
        meetings=0.15,
        per_company=12,
        targets=True,
        extra={"DUPLICATE_POSSIBLE": 2.0, "COMPANY_NOT_TARGETED": 3.0},
        without=("DUPLICATE_OTHER",),
        returns=("EMAIL_BOUNCED", "PHONE_WRONG", "LEFT_COMPANY"),
    ),
)
"""The programme of a buyer; a further buyer, and contracts beyond four, repeat them under other ids."""


def plans_for(buyer: str, count: int) -> tuple[ContractPlan, ...]:
    """Give `count` contracts of a buyer: the four of `PLANS`, then again under numbered ids and providers; shares add up to 1."""
    chosen = []
    for number in range(count):
        plan, turn = PLANS[number % len(PLANS)], number // len(PLANS)
        ending = "" if turn == 0 else f"-{turn + 1}"
        chosen.append(replace(plan, id=plan.id.replace("northwind", buyer) + ending, provider=plan.provider + ending))
    total = sum(plan.share for plan in chosen)
    return tuple(replace(plan, share=plan.share / total) for plan in chosen)
