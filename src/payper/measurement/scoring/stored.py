"""Stored scores: a fitted score as bytes, and back, with nothing in them that could run.

The bytes are JSON text: tables of numbers and names, and for trees LightGBM's own text format. No pickle is written or read. Trees of
scikit-learn have no such format and are not stored: install `payper[scoring]`, or fit again, which gives the same score from the same
deliveries and seed.
"""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from payper.errors import FileError, UsageError
from payper.measurement.scoring.assessment import Assessment
from payper.measurement.scoring.calibration import Platt, VennAbers
from payper.measurement.scoring.encoding import Column, Encoding, LevelColumn, NumberColumn, WordColumn
from payper.measurement.scoring.leaks import Suspicion
from payper.measurement.scoring.logistic import Logistic, NumberTerm
from payper.measurement.scoring.model import Learner, ScoreModel
from payper.measurement.scoring.trees import Trees

FORMAT = "payper score 1"
_COLUMNS: dict[str, type[NumberColumn] | type[LevelColumn] | type[WordColumn]] = {
    "number": NumberColumn,
    "levels": LevelColumn,
    "words": WordColumn,
}
_FRAMES = ("segment_rates", "deciles", "profile")


def write_score(model: ScoreModel) -> bytes:
    """Give a score as bytes (UTF-8 JSON); the same score always gives the same bytes.

    Raises:
        UsageError: Its trees are scikit-learn's.
    """
    return json.dumps({"format": FORMAT, **_model_values(model)}, ensure_ascii=False, allow_nan=False, sort_keys=True).encode()


def read_score(stored: bytes) -> ScoreModel:
    """Give the score that `write_score` wrote; it scores alike to the last digit.

    Raises:
        FileError: The bytes are not those of a score of this format.
    """
    try:
        values = json.loads(stored)
        if values.pop("format") == FORMAT:
            return _read_model(values)
    except (ValueError, KeyError, TypeError, AttributeError, pl.exceptions.PolarsError) as error:
        raise _unreadable() from error
    raise _unreadable()


def _unreadable() -> FileError:
    return FileError(where="stored score", seen=f"These are not the bytes of a score ({FORMAT}).", mend="Fit the score again.")


def _model_values(model: ScoreModel) -> dict[str, Any]:
    values = {each.name: getattr(model, each.name) for each in fields(model)}
    values["as_of"] = model.as_of.isoformat() if model.as_of else None
    values["suspicions"] = [asdict(each) for each in model.suspicions]
    values["assessment"] = asdict(model.assessment) if model.assessment else None
    values["honesty"] = {each.name: getattr(model.honesty, each.name).tolist() for each in fields(VennAbers)} if model.honesty else None
    values["learner"] = _learner_values(model.learner) if model.learner else None
    values["without_provider"] = _model_values(model.without_provider) if model.without_provider else None
    for name in _FRAMES:
        frame = values[name]
        values[name] = None if frame is None else [[each.name, str(each.dtype), each.to_list()] for each in frame]
    return values


def _learner_values(learner: Learner) -> dict[str, Any]:
    names = {kind: name for name, kind in _COLUMNS.items()}
    logistic, trees = learner.logistic, learner.trees
    if trees is not None and trees.library != "lightgbm":
        raise UsageError(
            where="score",
            seen="Its trees are scikit-learn's, which have no format that is safe to read.",
            mend="Install payper[scoring] for LightGBM's, or fit the score again when it is needed.",
        )
    return {
        "columns": [{"kind": names[type(column)], **asdict(column)} for column in learner.encoding.columns],
        "logistic": logistic
        and {
            "base": logistic.base,
            "numbers": {name: asdict(term) for name, term in logistic.numbers.items()},
            "levels": {name: each.tolist() for name, each in logistic.levels.items()},
            "words": {name: each.tolist() for name, each in logistic.words.items()},
        },
        "trees": trees
        and {"text": trees.text, "typical": trees.typical.tolist(), "shares": {name: each.tolist() for name, each in trees.shares.items()}},
        "trees_share": learner.trees_share,
        "platt": asdict(learner.platt),
        "seed": learner.seed,
    }


def _read_model(values: dict[str, Any]) -> ScoreModel:
    values = dict(values)
    types = {"String": pl.String, "Int64": pl.Int64, "Float64": pl.Float64}
    for name in _FRAMES:
        if values[name] is not None:
            values[name] = pl.DataFrame([pl.Series(column, each, dtype=types[kind]) for column, kind, each in values[name]])
    honesty, inner = values["honesty"], values["without_provider"]
    return ScoreModel(
        **{
            **values,
            "as_of": date.fromisoformat(values["as_of"]) if values["as_of"] else None,
            "notes": tuple(values["notes"]),
            "columns": tuple(values["columns"]),
            "suspicions": tuple(Suspicion(**each) for each in values["suspicions"]),
            "assessment": Assessment(**values["assessment"]) if values["assessment"] else None,
            "honesty": VennAbers(**{name: np.asarray(each, dtype=np.float64) for name, each in honesty.items()}) if honesty else None,
            "learner": _read_learner(values["learner"]) if values["learner"] else None,
            "without_provider": _read_model(inner) if inner else None,
        }
    )


def _read_learner(values: dict[str, Any]) -> Learner:
    def floats(tables: dict[str, list[float]]) -> dict[str, Any]:
        return {name: np.asarray(each, dtype=np.float64) for name, each in tables.items()}

    logistic, trees = values["logistic"], values["trees"]
    return Learner(
        encoding=Encoding(tuple(_read_column(each) for each in values["columns"])),
        logistic=logistic
        and Logistic(
            base=float(logistic["base"]),
            numbers={name: NumberTerm(**term) for name, term in logistic["numbers"].items()},
            levels=floats(logistic["levels"]),
            words=floats(logistic["words"]),
        ),
        trees=trees and Trees("lightgbm", floats(trees["shares"]), np.asarray(trees["typical"], dtype=np.float64), text=str(trees["text"])),
        trees_share=float(values["trees_share"]),
        platt=Platt(**values["platt"]),
        seed=int(values["seed"]),
    )


def _read_column(values: dict[str, Any]) -> Column:
    kind: Any = _COLUMNS[values["kind"]]
    given = {name: tuple(each) if isinstance(each, list) else each for name, each in values.items() if name != "kind"}
    column: Column = kind(**given)
    return column
