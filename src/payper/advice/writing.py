"""Writing a profile: the answers of a form as the TOML that `read_profile` reads, whatever was typed."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from payper.advice.questions import Question, questions_of

_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,17})(?:\.\d{1,12})?")
_THOUSANDS = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_BARE = re.compile(r"[A-Za-z0-9_-]+")

YES, NO = "yes", "no"


class Written(str):
    """A number as it was written, to be written again as it was."""

    __slots__ = ()


def values_of(text: str) -> dict[str, Any]:
    """Give what a profile's text says, numbers as written.

    Raises:
        tomllib.TOMLDecodeError: It is no TOML.
    """
    return tomllib.loads(text, parse_float=Written)


def written(values: Mapping[str, Any]) -> str:
    """Write values as TOML: plain keys first, then tables, then tables that stand several times. Comments are not kept.

    Args:
        values: Texts, numbers, true and false, dates, lists of texts, and tables of these.
    """
    lines = [f"{_key(key)} = {_value(value)}" for key, value in values.items() if not _is_table(value)]
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            lines += ["", f"[{_key(key)}]", *(f"{_key(name)} = {_value(one)}" for name, one in value.items())]
        elif _is_table(value) and not isinstance(value, Mapping):
            for each in value:
                lines += ["", f"[[{_key(key)}]]", *(f"{_key(name)} = {_value(one)}" for name, one in each.items())]
    return "\n".join(lines).lstrip("\n") + "\n"


def answered(values: Mapping[str, Any], table: str, typed: Mapping[str, str]) -> dict[str, Any]:
    """Put what was typed for the questions of a table into a profile's values; an empty answer takes the answer out.

    What cannot be read as its question asks is kept as a text, so that it is shown again and the reader says what is wrong with it.

    Args:
        values: Of the profile so far; not changed.
        table: `goals`, `sales`, `audience` or `revenue`.
        typed: By the question's name; questions that are not named keep their answers.
    """
    kept = values.get(table)
    answers: dict[str, Any] = dict(kept) if isinstance(kept, Mapping) else {}
    for question in questions_of(table):
        if question.name in typed:
            answer = answer_of(question, typed[question.name])
            answers.pop(question.name, None)
            if answer is not None:
                answers[question.name] = answer
    order = [question.name for question in questions_of(table)]
    answers = dict(sorted(answers.items(), key=lambda each: order.index(each[0]) if each[0] in order else len(order)))
    return {**{key: value for key, value in values.items() if key != table}, **({table: answers} if answers else {})}


def answer_of(question: Question, typed: str) -> Any:
    """Read what was typed as an answer: a number, a share from a percentage, a day, yes or no, a list; else the text itself."""
    text = typed.strip()
    if not text:
        return None
    if question.kind == "share":
        return _share(text)
    if question.kind in {"amount", "amount or count"}:
        return plain_number(text)
    if question.kind in {"count", "days", "months"}:
        number = plain_number(text)
        return Written(number) if _NUMBER.fullmatch(number) else number
    if question.kind == "flag":
        return {YES: True, NO: False}.get(text.casefold(), text)
    if question.kind == "day":
        try:
            return date.fromisoformat(text)
        except ValueError:
            return text
    if question.kind == "texts":
        return [each.strip() for each in text.split(",") if each.strip()]
    return text


def typed_of(question: Question, answer: Any) -> str:
    """Write an answer as a form shows it; the other way round of `answer_of`."""
    if answer is None:
        return ""
    if isinstance(answer, bool):
        return YES if answer else NO
    if isinstance(answer, list):
        return ", ".join(map(str, answer))
    if question.kind == "share":
        number = _decimal(str(answer))
        return str(answer) if number is None else f"{(number * 100).normalize():f}"
    return str(answer)


def plain_number(text: str) -> str:
    """Take blanks and the commas of thousands out of a number; anything else stays as it is."""
    bare = text.replace(" ", "").replace("\N{NO-BREAK SPACE}", "")
    if _THOUSANDS.fullmatch(bare):
        return bare.replace(",", "")
    return bare if _decimal(bare) is not None else text


def _share(text: str) -> str:
    number = _decimal(plain_number(text.removesuffix("%").strip()))
    return text if number is None else f"{(number / 100).normalize():f}"


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 20 and len(text) < 40 else None


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, list) and bool(value) and all(isinstance(each, Mapping) for each in value))


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Written | int | float):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(each) for each in value)}]"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(name)} = {_value(one)}" for name, one in value.items()) + " }"
    return _text(str(value))


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
