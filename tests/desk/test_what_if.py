"""The same period under other terms: the same terms change nothing, and what nobody has seen is said apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.test_measuring import Command, payper  # noqa: F401  # a fixture
from tests.desk.conftest import CONTRACT, HEADER, lead

from payper.desk.asking.what_if import FIGURES, what_if
from payper.desk.folder.run import run_programme
from payper.errors import UsageError


@pytest.fixture
def played(programme: Path) -> Path:
    """Thirty leads over three weeks: two won, one met, one lost."""
    rows = "".join(lead(number, day=f"2026-01-{number % 20 + 1:02}") for number in range(10, 38))
    (programme / "deliveries" / "reach" / "more.csv").write_text(HEADER + rows, encoding="utf-8")
    (programme / "milestones" / "m.csv").write_text(
        "contract,external_id,milestone,happened_at,amount,currency\nreach,L-11,won,2026-02-10,1000.00,USD\nreach,L-12,won,2026-02-12,500.00,USD\n"
        "reach,L-13,meeting held,2026-02-01,,\nreach,L-14,lost,2026-02-01,,\n",
        encoding="utf-8",
    )
    run_programme(programme)
    return programme


def terms(tmp_path: Path, old: str = "", new: str = "") -> Path:
    path = tmp_path / "other.toml"
    assert old in CONTRACT
    path.write_text(CONTRACT.replace(old, new) if old else CONTRACT, encoding="utf-8")
    return path


def test_under_the_same_terms_the_same_was_owed_and_won(played: Path, tmp_path: Path) -> None:
    found = what_if(terms(tmp_path), on="reach", place=played)
    assert found.then == found.anew
    assert (found.unknown, found.dropped) == (0, 0)
    assert found.then["won"] == 2
    assert found.then["revenue"] == 1500


def test_a_lower_price_lowers_what_is_owed_and_nothing_else(played: Path, tmp_path: Path) -> None:
    found = what_if(terms(tmp_path, 'amount = "48.00"', 'amount = "24.00"'), on="reach", place=played)
    accepted = found.then["accepted"]
    assert accepted is not None
    assert found.then["charges"] is not None
    assert found.anew["charges"] == pytest.approx(found.then["charges"] - 24 * accepted)
    assert {key: found.anew[key] for key in FIGURES if key not in ("charges", "back_per_unit")} == {
        key: found.then[key] for key in FIGURES if key not in ("charges", "back_per_unit")
    }


def test_what_would_be_dropped_takes_its_results_along(played: Path, tmp_path: Path) -> None:
    found = what_if(terms(tmp_path, 'seniority = "manager.."', 'seniority = "director.."'), on="reach", place=played)
    assert found.anew["accepted"] == 0
    assert found.anew["revenue"] == 0
    assert found.anew["back_per_unit"] is None
    assert found.dropped == found.then["accepted"]


def test_what_nobody_has_seen_counts_at_the_rates_of_the_others_and_is_said(played: Path, tmp_path: Path) -> None:
    """Without the rung, and with room for one more that day, the intern of row 2 is accepted, too."""
    path = terms(tmp_path, 'seniority = "manager.."', "")
    path.write_text(path.read_text("utf-8").replace("per_day = 3", "per_day = 4"), encoding="utf-8")
    found = what_if(path, on="reach", place=played)
    assert found.unknown == 1
    then, anew = found.then, found.anew
    assert then["accepted"] is not None
    assert anew["accepted"] == then["accepted"] + 1
    assert found.likely["won"] == pytest.approx(2 / then["accepted"])
    assert anew["won"] == pytest.approx(2 + found.likely["won"])
    assert any("at the rates of the others" in note for note in found.notes)


def test_it_is_values_for_programs(played: Path, tmp_path: Path) -> None:
    told = json.loads(json.dumps(what_if(terms(tmp_path), on="reach", place=played).to_json()))
    assert set(told["then"]) == set(FIGURES) == set(told["anew"])


def test_a_contract_that_delivered_nothing_is_said(played: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No deliveries of this contract"):
        what_if(terms(tmp_path), on="nobody", place=played)
    with pytest.raises(UsageError, match="of the programme: reach"):
        what_if(terms(tmp_path), on="raech", place=played)


def test_a_programme_without_contracts_says_calmly_that_there_is_nothing_yet(payper: Command, programme: Path, tmp_path: Path) -> None:  # noqa: F811
    for file in (*(programme / "contracts").glob("*.toml"), *(programme / "deliveries").rglob("*.csv")):
        file.unlink()
    run_programme(programme)
    code, shown, error = payper("what-if", terms(tmp_path), "--on", "reach", "--programme", programme)
    assert (code, shown) == (1, "")
    assert error.startswith("Nothing was delivered under reach by ")


def test_a_day_on_which_nothing_was_delivered_yet_is_a_no_in_words(payper: Command, played: Path, tmp_path: Path) -> None:  # noqa: F811
    asked = ("what-if", terms(tmp_path), "--on", "reach", "--programme", played, "--as-of", "2025-12-31")
    code, shown, error = payper(*asked)
    assert (code, shown) == (1, "")
    assert error.startswith("Nothing was delivered under reach by 31 Dec 2025")
    code, shown, _ = payper(*asked, "--json")
    assert (code, json.loads(shown)["then"]["delivered"]) == (1, 0)
