"""`payper forecast` on a programme: its own contracts and record, the same whatever came later, and words where nothing can be said."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.cli.test_measuring import Command, payper  # noqa: F401  # a fixture
from tests.desk.conftest import HEADER, lead
from tests.html_pages import Page

from payper.advice.template import profile_template
from payper.desk.asking.forecast import ForecastAsked, ForecastResult, forecast_programme
from payper.desk.folder.run import run_programme
from payper.errors import FileError, UsageError

D = date(2026, 4, 15)
JANUARY = date(2026, 1, 31)


@pytest.fixture(scope="module")
def early(simulated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book of the simulated programme that knows nothing after D."""
    folder = tmp_path_factory.mktemp("early")
    fresh = Path(shutil.copytree(simulated, folder / "fresh", ignore=shutil.ignore_patterns("out")))
    run_programme(fresh, out=folder / "out", as_of=D)
    return folder / "out"


@pytest.fixture(scope="module")
def found(simulated: Path, tmp_path_factory: pytest.TempPathFactory) -> ForecastResult:
    """The forecast as of D from the whole run, with a goal, a purchase and a page."""
    page = tmp_path_factory.mktemp("pages") / "forecast.html"
    asked = ForecastAsked(goals=("wins=3", "revenue=1"), until=date(2026, 6, 30), buy=("lead=90",))
    return forecast_programme(simulated / "out", asked, as_of=D, page=page)


def total(result: ForecastResult, source: str, measure: str = "meetings") -> float:
    assert result.found is not None
    last = result.found.days // 7
    rows = result.found.cumulative.rows(named=True)
    return next(row["mean"] for row in rows if (row["week"], row["measure"], row["source"]) == (last, measure, source))


def test_a_forecast_as_of_a_day_is_the_same_whatever_came_later(early: Path, simulated: Path, tmp_path: Path) -> None:
    """One book knows nothing after D, the other has later deliveries, milestones and returns; byte for byte, and as JSON."""
    asked = ForecastAsked(goals=("wins=3",), buy=("lead=90",))
    told = []
    for place, page in ((early, tmp_path / "then.html"), (simulated / "out", tmp_path / "now.html")):
        result = forecast_programme(place, asked, as_of=D, page=page)
        told.append((page.read_bytes(), json.dumps(result.to_json(), sort_keys=True)))
    assert told[0] == told[1]


def test_sources_add_up_to_all(found: ForecastResult) -> None:
    assert found.found is not None
    for measure in found.found.parts:
        parts = [total(found, source, measure) for source in ("already delivered", "contracted", "not yet bought")]
        assert sum(parts) == pytest.approx(total(found, "all", measure))
        assert parts[0] > 0


def test_the_page_has_every_number_as_text_and_asks_for_nothing_from_elsewhere(found: ForecastResult) -> None:
    assert found.page is not None
    html = found.page.read_text("utf-8")
    page = Page(html)
    for caption in ("Wins by week", "Chance of 3 wins by 30 Jun 2026", "What contracts are counted on for", "What is not bought yet"):
        assert len(page.tables[caption]) > 1, caption
    # Thirteen weeks that were, thirteen ahead, and the heads.
    assert len(page.tables["Wins by week"]) == 27
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(re.findall(r'id="([^"]+)"', html))
    assert "<script" not in html
    assert "Simulated." in html
    assert not {"nan", "inf", "None"} & set(re.sub(r"<[^>]*>", " ", html).split())


def test_json_has_the_keys_that_the_reference_tells(found: ForecastResult) -> None:
    value = found.to_json()
    words = (Path(__file__).parents[2] / "docs" / "reference" / "forecast.md").read_text("utf-8")
    keys = [*value, *value["goals"][0], *value["contracted"][0], *value["not_yet_bought"][0], *value["record"], *value["weekly"][0]]
    assert [key for key in keys if f"`{key}`" not in words] == []
    assert json.loads(json.dumps(value, allow_nan=False)) == value
    assert value["weekly"][0]["first_day"] == "2026-04-16"


def test_a_goal_that_is_reached_has_a_chance_of_one(found: ForecastResult) -> None:
    _, revenue = found.to_json()["goals"]
    assert (revenue["chance"], revenue["chances"]["already delivered"]) == (1.0, 1.0)
    assert "reached already" in revenue["words"]


def leads_until(last: date, a_day: int = 1, days: int = 20) -> str:
    rows = [lead(100 + number, day=str(last - timedelta(days=number // a_day))) for number in range(a_day * days)]
    return HEADER + "".join(rows)


def counted_on(folder: Path, **more: object) -> tuple[float, str]:
    (plan,) = forecast_programme(folder, ForecastAsked(**more), as_of=JANUARY).plans  # type: ignore[arg-type]
    return plan.deliveries, plan.words


def test_a_contract_is_counted_on_at_its_pace_until_it_ends_is_paused_or_used_up(programme: Path) -> None:
    """One a day for twenty days of January, and two earlier: 22 of 31 open days, until 31 March."""
    (programme / "deliveries" / "reach" / "more.csv").write_text(leads_until(JANUARY), encoding="utf-8")
    terms = programme / "contracts" / "reach.toml"
    text = terms.read_text("utf-8")

    def anew(**change: str) -> tuple[float, str]:
        terms.write_text(text.replace(*change.popitem()), encoding="utf-8") if change else None
        shutil.rmtree(programme / "out", ignore_errors=True)
        run_programme(programme, as_of=JANUARY)
        return counted_on(programme)

    assert anew()[0] == pytest.approx(59 * 22 / 31)
    paused = text.replace("ends = 2026-03-31", "ends = 2026-03-31\npauses = [{ from = 2026-02-01, until = 2026-03-31 }]")
    terms.write_text(paused, encoding="utf-8")
    assert anew() == (0, "Paused on all days ahead.")
    terms.write_text(text.replace("per_day = 3", "total = 22"), encoding="utf-8")
    assert anew() == (0, "The cap of 22 is used up.")
    terms.write_text(text.replace("ends = 2026-03-31", "ends = 2026-01-31"), encoding="utf-8")
    assert anew() == (0, "Ended on 31 Jan 2026.")


def test_a_programme_with_nothing_in_it_says_so(payper: Command, programme: Path, tmp_path: Path) -> None:  # noqa: F811
    (programme / "deliveries" / "reach" / "one.csv").unlink()
    run_programme(programme, as_of=JANUARY)
    result = forecast_programme(programme, ForecastAsked(), page=tmp_path / "forecast.html")
    html = (tmp_path / "forecast.html").read_text("utf-8")
    assert "Nothing was accepted by" in html
    assert "nan" not in re.sub(r"<[^>]*>", " ", html).lower().split()
    assert total(result, "all") == 0
    assert not any(caption.startswith("Expected in") for caption in Page(html).tables)
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(re.findall(r'id="([^"]+)"', html))
    code, shown, _ = payper("forecast", programme)
    assert (code, "Nothing was accepted by" in shown, "week from" in shown) == (0, True, False)
    assert result.record is not None
    assert result.record.words.startswith("Too early to check")


@pytest.fixture
def with_profile(programme: Path) -> Path:
    """A programme with a profile in its folder: 50,000 USD of revenue in 3 months, and a budget."""
    (programme / "deliveries" / "reach" / "more.csv").write_text(leads_until(JANUARY), encoding="utf-8")
    text = profile_template().replace('# amount = "400000"', 'amount = "50000"')
    (programme / "profile.toml").write_text(text, encoding="utf-8")
    won = "contract,external_id,milestone,happened_at,amount,currency\nreach,L-119,won,2026-01-25 09:00,9000.00,USD\n"
    (programme / "milestones" / "won.csv").write_text(won, encoding="utf-8")
    run_programme(programme, as_of=JANUARY)
    return programme


def test_the_profile_of_the_folder_sets_the_goal_and_what_is_not_bought_yet(with_profile: Path) -> None:
    result = forecast_programme(with_profile)
    (goal,) = result.goals
    assert (goal.asked.measure, goal.asked.amount, goal.asked.since) == ("revenue", 50_000, date(2026, 2, 1))
    assert goal.asked.until == date(2026, 5, 2)
    assert sum(one.deliveries for one in result.purchases) > 0
    assert total(result, "not yet bought") > 0
    assert not forecast_programme(with_profile, ForecastAsked(buy=("nothing",))).purchases
    asked = forecast_programme(with_profile, ForecastAsked(goals=("meetings=2",), buy=("lead=10",)))
    assert [one.asked.measure for one in asked.goals] == ["meetings"]
    assert [one.deliveries for one in asked.purchases] == [10]


def test_a_profile_in_another_currency_is_converted_or_left_out_with_words(with_profile: Path) -> None:
    path, sheet = with_profile / "profile.toml", with_profile / "programme.toml"
    path.write_text(path.read_text("utf-8").replace('currency = "USD"', 'currency = "SEK"'), encoding="utf-8")
    left_out = forecast_programme(with_profile)
    assert (left_out.goals, left_out.purchases) == ([], [])
    assert any("has no rate to it" in note for note in left_out.notes)
    with pytest.raises(UsageError, match="no rate"):
        forecast_programme(with_profile, ForecastAsked(profile=path))
    sheet.write_text(sheet.read_text("utf-8") + '\n[[rate]]\non = 2026-01-01\ncurrency = "SEK"\nin_base = "0.10"\n', encoding="utf-8")
    (goal,) = forecast_programme(with_profile).goals
    assert goal.asked.amount == pytest.approx(5_000)


def test_a_goal_that_is_not_foretold_is_said(with_profile: Path) -> None:
    path = with_profile / "profile.toml"
    path.write_text(re.sub(r"(?m)^#? ?kind = .*$", 'kind = "pipeline"', path.read_text("utf-8"), count=1), encoding="utf-8")
    result = forecast_programme(with_profile)
    assert result.goals == []
    assert any("pipeline, which is not foretold" in note for note in result.notes)


def test_slips_of_a_profile_stop_it_where_it_is_named_and_are_noted_where_it_only_lies_there(with_profile: Path) -> None:
    path = with_profile / "profile.toml"
    path.write_text(path.read_text("utf-8").replace("months = 3", 'months = "soon"'), encoding="utf-8")
    named = forecast_programme(with_profile, ForecastAsked(profile=path))
    assert named.found is None
    assert any("profile.toml:" in str(finding) for finding in named.findings)
    assert named.to_json()["as_of"] is None
    lying = forecast_programme(with_profile)
    assert lying.found is not None
    assert any("has slips" in note for note in lying.notes)


def test_deliveries_are_told_apart_as_asked(simulated: Path) -> None:
    for by, buy in (((), "50"), (("provider", "model"), "nothing"), (("contract",), "nothing")):
        result = forecast_programme(simulated / "out", ForecastAsked(by=by, buy=(buy,), weeks=2), as_of=D)
        assert result.found is not None
        assert result.found.days == 14


WRONG: list[tuple[dict[str, object], str]] = [
    ({"weeks": 0}, "no number from 1 to 104"),
    ({"weeks": 105}, "no number from 1 to 104"),
    ({"by": ("country",)}, "cannot be told apart"),
    ({"goals": ("deals=3",)}, "not foretold"),
    ({"goals": ("wins=3",), "until": date(2026, 4, 1)}, "not within the forecast"),
    ({"goals": ("wins=3",), "until": date(2030, 1, 1)}, "more than 104 weeks"),
    ({"goals": ("wins=3",), "weeks": 2, "until": date(2026, 9, 1)}, "not within the forecast"),
    ({"goals": ("wins=3",), "since": date(2026, 7, 1), "until": date(2026, 6, 1)}, "is after"),
    ({"buy": ("leads=3",)}, "no model here"),
    ({"buy": ("nothing", "lead=3")}, "More is bought"),
]


@pytest.mark.parametrize(("asked", "words"), WRONG)
def test_what_makes_no_sense_is_refused_in_words(simulated: Path, asked: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        forecast_programme(simulated / "out", ForecastAsked(**asked), as_of=D)  # type: ignore[arg-type]


def test_files_that_cannot_be_read_or_written_are_said(simulated: Path, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read"):
        forecast_programme(simulated / "out", ForecastAsked(profile=tmp_path / "none.toml"))
    with pytest.raises(FileError, match="no such folder"):
        forecast_programme(simulated / "out", page=tmp_path / "nowhere" / "forecast.html")


def test_names_are_escaped_on_the_page(programme: Path, tmp_path: Path, add_leads: Callable[[str, str], Path]) -> None:
    sheet = programme / "programme.toml"
    sheet.write_text(sheet.read_text("utf-8").replace('"Test"', '"<b>x</b>"'), encoding="utf-8")
    add_leads("more.csv", lead(20))
    run_programme(programme, as_of=JANUARY)
    forecast_programme(programme, page=tmp_path / "forecast.html")
    html = (tmp_path / "forecast.html").read_text("utf-8")
    assert "<b>x</b>" not in html
    assert "&lt;b&gt;x&lt;/b&gt;" in html
