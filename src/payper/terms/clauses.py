"""The tables [record], [duplicate], [caps], [followup] and [[example]]."""

from __future__ import annotations

from typing import Any, cast

from payper.deliveries import ANSWER_PREFIX, DERIVED, KINDS, SCHEMA
from payper.reasons import Reason, Verdict
from payper.terms.contract import Caps, Consent, Duplicate, Example, Followup, Question, Record
from payper.terms.findings import list_words, nearest
from payper.terms.kinds import FindingKind
from payper.terms.positions import Path
from payper.terms.tables import Table, known_words, show
from payper.terms.vocabulary import EMAIL_CHECKS, MATCH_KEYS, PHONE_CHECKS

SOURCES: dict[str, str] = {
    "email_normal": "email",
    "phone_e164": "phone",
    "domain": "email",
    "company_key": "company",
    "country_code": "country",
    "function": "title",
    "seniority": "title",
    "employees_min": "employees",
    "employees_max": "employees",
    "revenue_min": "revenue",
    "revenue_max": "revenue",
    "industry_code": "industry",
}
"""The column as sent that a derived one comes from."""


def read_record(table: Table) -> Record:
    """Read [record]."""
    table.check_keys()
    return Record(
        required=_columns(table, "required", FindingKind.REQUIRED_UNKNOWN, FindingKind.REQUIRED_DERIVED),
        email=frozenset(table.words("email", EMAIL_CHECKS)),
        phone=frozenset(table.words("phone", PHONE_CHECKS)),
        consent=_consent(table),
        fresh=table.period("fresh"),
        uncertain=cast(Any, table.word("uncertain", ("review", "reject", "accept"), default="review")),
        questions=_questions(table),
    )


def _columns(table: Table, key: str, unknown: FindingKind, derived: FindingKind) -> tuple[str, ...]:
    """Give a list of columns as sent, or answers."""
    found = []
    for place, entry in table.texts(key):
        if check_column(table, (*table.at(key), place), entry, unknown, derived):
            found.append(entry)
    return tuple(found)


def check_column(table: Table, path: Path, name: str, unknown: FindingKind, derived: FindingKind) -> bool:
    """Tell whether a name is a column as sent or an answer, and add the finding that it is not."""
    if name in SCHEMA or (name.startswith(ANSWER_PREFIX) and len(name) > len(ANSWER_PREFIX)):
        return True
    if name in DERIVED:
        table.note(
            derived, path, f"`{name}` is derived by payper; no provider can fill it.", f'Write "{SOURCES[name]}", from which it comes.'
        )
        return False
    near = nearest(name, SCHEMA)
    mend = f'Write "{near}".' if near else f"Write {list_words(tuple(SCHEMA), limit=40)}, or answer_ and a question's field."
    table.note(unknown, path, f'"{name}" is no column of a delivery.', mend)
    return False


def _consent(table: Table) -> Consent | None:
    clause = table.table("consent")
    if clause is None:
        return None
    required = clause.flag("required", default=True)
    max_age = clause.period("max_age")
    fields: tuple[str, ...] = Consent().fields
    if "fields" in clause:
        unknown = FindingKind.CONSENT_FIELD_UNKNOWN
        fields = tuple(
            name
            for place, name in clause.texts("fields", may_be_empty=True)
            if check_column(clause, (*clause.at("fields"), place), name, unknown, unknown)
        )
        if clause.values["fields"] == [] and required:
            seen = "Consent is required, but no field shows it."
            clause.note(
                FindingKind.CONSENT_FIELDS_EMPTY, "fields", seen, 'Write `fields = ["consent_at", "consent_text"]`, or take the key out.'
            )
    if not required:
        if len(clause.values) > 1:
            seen = "`required = false` makes the other consent clauses do nothing."
            clause.note(FindingKind.CONSENT_NOT_REQUIRED, "required", seen, "Write `required = true`, or take `consent` out.")
        return None
    if max_age is not None and "consent_at" not in fields:
        seen = f"Consent may be {max_age} old, but `consent_at`, which dates it, is not among the fields."
        clause.note(FindingKind.CONSENT_AGE_WITHOUT_DATE, "max_age", seen, 'Add "consent_at" to `fields`.')
    return Consent(fields=fields, max_age=max_age)


def fold_answer(text: str) -> str:
    """Fold an answer for comparison: trimmed, one blank, no case, every dash alike (RULES 16)."""
    dashes = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-"))
    return " ".join(text.casefold().translate(dashes).split())


def _questions(table: Table) -> tuple[Question, ...]:
    questions: list[Question] = []
    for clause in table.tables("question"):
        if "field" not in clause:
            clause.require("field")
        field = clause.text("field")
        if not clause.values.get("accept"):
            seen = f"The question {show(field or '')} accepts no answer, so every delivery fails it."
            clause.note(FindingKind.QUESTION_WITHOUT_ACCEPT, "accept", seen, 'Write the answers: `accept = ["0-3 months"]`.')
            continue
        if field is not None and field.startswith(ANSWER_PREFIX):
            bare = field.removeprefix(ANSWER_PREFIX)
            seen = f'`field = "{field}"` would look for the column `{ANSWER_PREFIX}{field}`.'
            clause.note(FindingKind.QUESTION_FIELD_PREFIXED, "field", seen, f'Write `field = "{bare}"`.')
            field = bare
        accept: dict[str, str] = {}
        for place, answer in clause.texts("accept"):
            folded = fold_answer(answer)
            if folded in accept:
                seen = f'"{answer}" and "{accept[folded]}" are the same answer.'
                clause.note(FindingKind.ANSWER_TWICE, (*clause.at("accept"), place), seen, "Take one of the two out.")
            accept.setdefault(folded, answer)
        if field is None or not accept:
            continue
        if any(question.field == field for question in questions):
            clause.note(FindingKind.QUESTION_TWICE, "field", f'"{field}" is asked twice.', "Put all accepted answers into one question.")
            continue
        questions.append(Question(field=field, accept=tuple(accept.values())))
    return tuple(questions)


def read_duplicate(table: Table) -> Duplicate:
    """Read [duplicate]."""
    table.check_keys()
    duplicate = Duplicate(
        match=frozenset(table.words("match", MATCH_KEYS)),
        within=table.period("within"),
        across=cast(Any, table.word("across", ("buyer", "contract", "provider"), default="buyer")),
        crm=table.flag("crm", default=False),
    )
    if not table.values.get("match"):
        mend = 'Add `match = ["email"]`, or take the key out.'
        if duplicate.within:
            table.note(FindingKind.WITHIN_WITHOUT_MATCH, "within", "A window for duplicates is set, but not by what they match.", mend)
        if duplicate.crm:
            table.note(FindingKind.CRM_WITHOUT_MATCH, "crm", "Deliveries are compared with the CRM, but not by what.", mend)
        if "across" in table:
            table.note(
                FindingKind.ACROSS_WITHOUT_MATCH, "across", "It is said among whom duplicates are sought, but not by what they match.", mend
            )
    elif duplicate.match == {"fuzzy"}:
        seen = "Duplicates are matched by likeness alone, so that an exact repeat only goes to review."
        table.note(FindingKind.MATCH_ONLY_FUZZY, "match", seen, 'Add "email" or "person".')
    return duplicate


def read_caps(table: Table, currency: str | None) -> Caps:
    """Read [caps]."""
    table.check_keys()
    caps = Caps(
        total=table.count("total"),
        per_day=table.count("per_day"),
        per_month=table.count("per_month"),
        per_company=table.count("per_company"),
        budget_minor=table.amount("budget", currency),
        over=cast(Any, table.word("over", ("quarantine", "reject"), default="quarantine")),
        pace=cast(Any, table.word("pace", ("even", "asap"), default="asap")),
    )
    if "over" in table and not table.values.keys() & {"total", "per_day", "per_month", "per_company", "budget"}:
        table.note(
            FindingKind.OVER_WITHOUT_CAP,
            "over",
            "It is said what becomes of a delivery over a cap, but there is none.",
            "Add a cap, such as `total = 1000`.",
        )
    names = [(name, number) for name in ("per_company", "per_day", "per_month", "total") if (number := getattr(caps, name)) is not None]
    for place, (name, number) in enumerate(names):
        smaller = next(
            ((other, limit) for other, limit in names[place + 1 :] if limit < number and (name != "per_company" or other == "total")), None
        )
        if smaller:
            seen = f"`{name} = {number}` is never reached, because `{smaller[0]} = {smaller[1]}` is full before."
            table.note(FindingKind.CAP_NEVER_REACHED, name, seen, f"Write at most {smaller[1]}, or raise `{smaller[0]}`.")
    return caps


def read_followup(table: Table) -> Followup:
    """Read [followup]."""
    table.check_keys()
    followup = Followup(first_touch=table.period("first_touch"), attempts=table.count("attempts"), within=table.period("within"))
    if followup.first_touch and followup.within and followup.within.hours_about < followup.first_touch.hours_about:
        seen = f"All attempts are due within {followup.within.in_words()}, before the first touch is ({followup.first_touch.in_words()})."
        table.note(FindingKind.FOLLOWUP_SHORTER_THAN_TOUCH, "within", seen, "Write a longer `within` or a shorter `first_touch`.")
    if followup.attempts and not followup.within and "within" not in table:
        seen = f"{followup.attempts} attempts are asked for, but not until when."
        table.note(FindingKind.ATTEMPTS_WITHOUT_WITHIN, "attempts", seen, 'Add `within = "10bd"`.')
    return followup


def read_example(table: Table, currency: str | None) -> Example | None:
    """Read one [[example]], or None where it cannot be judged."""
    table.check_keys()
    if not table.require("given", "gives"):
        return None
    given = table.values["given"]
    if not isinstance(given, dict):
        table.wrong("given", given, 'a table of columns: `given = { email = "cio@acme.com", country = "US" }`')
        return None
    if not given:
        table.note(
            FindingKind.EXAMPLE_GIVES_NOTHING,
            "given",
            "The example gives no column.",
            'Write `given = { email = "cio@acme.com", country = "US" }`.',
        )
    # As plain numbers, so that 0.5 and 0.50 give one canonical form.
    columns = {
        name: float(value) if isinstance(value, float) else value for name, value in given.items() if _check_given(table, name, value)
    }
    gives = table.text("gives") or ""
    verdicts = known_words(Verdict)
    if gives not in verdicts:
        near = nearest(gives, verdicts)
        mend = f'Write "{near}".' if near else f"Write {list_words(verdicts)}."
        table.note(FindingKind.EXAMPLE_VERDICT_UNKNOWN, "gives", f'"{gives}" is no verdict.', mend)
    reasons = read_reasons(table, "reasons", may_be_empty=True) if "reasons" in table else None
    owes = table.amount("owes", currency)
    if owes and gives in verdicts and gives != "accepted":
        seen = f"The example is {gives} and owes {show(table.values['owes'])}, but only what is accepted owes anything."
        table.note(FindingKind.EXAMPLE_OWES_UNACCEPTED, "owes", seen, 'Take `owes` out, or write `gives = "accepted"`.')
    if gives == "rejected" and reasons == ():
        seen = "The example is rejected without a reason."
        table.note(
            FindingKind.EXAMPLE_REASONS_CONTRADICT, "reasons", seen, "Name the reasons, or take `reasons` out to leave them unchecked."
        )
    return Example(given=columns, gives=gives, reasons=reasons, owes_minor=owes, line=table.notes.positions.line(table.path))


def _check_given(table: Table, name: str, value: object) -> bool:
    path = (*table.at("given"), name)
    if not check_column(table, path, name, FindingKind.EXAMPLE_COLUMN_UNKNOWN, FindingKind.EXAMPLE_COLUMN_DERIVED):
        return False
    fits = (isinstance(value, str | int | float) and not isinstance(value, bool)) or hasattr(value, "isoformat")
    if name == "meeting_minutes":
        fits = isinstance(value, int) and not isinstance(value, bool)
    if name == "kind":
        fits = value in KINDS
    if not fits:
        takes = {"meeting_minutes": "a whole number", "kind": '"lead" or "appointment"'}.get(name, "text, a number or a date")
        table.note(FindingKind.EXAMPLE_VALUE_UNFIT, path, f"`{name} = {show(value)}` cannot stand in its column.", f"Write {takes}.")
    return fits


def read_reasons(table: Table, key: str, *, may_be_empty: bool = False) -> tuple[str, ...]:
    """Give a list of reason codes; an unknown one is a finding with the nearest."""
    names = tuple(reason.name for reason in Reason)
    found = []
    for place, entry in table.texts(key, may_be_empty=may_be_empty):
        if entry in names:
            found.append(entry)
            continue
        near = nearest(entry, names)
        mend = f'Write "{near}".' if near else "Write a code of docs/reasons.md."
        table.note(FindingKind.REASON_UNKNOWN, (*table.at(key), place), f'"{entry}" is no reason.', mend)
    return tuple(found)
