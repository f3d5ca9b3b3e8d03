"""Laws of the simulator: seeded, truthful, valid where it says so, and the committed example is its work."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import phonenumbers
import polars as pl
import pytest

from payper.simulation import BENCHMARK_CONTRACT, simulate_batch, simulate_programme

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def programme():
    return simulate_programme(seed=5, deliveries=600)


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(programme):
    assert simulate_programme(seed=5, deliveries=600).files == programme.files
    assert simulate_programme(seed=6, deliveries=600).files["crm.csv"] != programme.files["crm.csv"]


def test_names_that_an_encoding_has_no_sign_for_do_not_stop_it():
    """Sender "german" writes Windows-1252, which has no ě or ł."""
    from payper.simulation.files import Sender, write_deliveries

    at = [datetime(2026, 1, 5, 9, tzinfo=UTC)]
    frame = pl.DataFrame({"external_id": ["A-1"], "first_name": ["Zdeněk"], "email": ["z@x.cz"], "generated_at": at, "delivered_at": at})
    assert b"Zden?k" in write_deliveries(frame, Sender("german", delimiter=";", encoding="cp1252"), "csv")


def test_every_delivery_lies_in_the_file_that_the_truth_names(programme):
    assert set(programme.deliveries["file"]) == {name for name in programme.files if name.startswith("deliveries/")}


def test_a_workbook_holds_a_row_for_each_of_its_deliveries(programme):
    name = next(name for name in programme.files if name.endswith(".xlsx"))
    assert pl.read_excel(io.BytesIO(programme.files[name])).height == programme.deliveries.filter(pl.col("file") == name).height


def test_only_good_deliveries_are_followed_up(programme):
    good = programme.deliveries.filter(pl.col("fault") == "")
    assert programme.milestones.join(good, on=["contract", "external_id"], how="anti").height == 0


def test_better_leads_are_likelier_to_be_won(programme):
    leads = programme.deliveries.filter(pl.col("kind") == "lead")
    assert leads.sort("quality")["win_chance"].is_sorted()


def test_too_small_a_programme_is_refused():
    with pytest.raises(ValueError, match="name one contract or more"):
        simulate_programme(seed=1, deliveries=20)


def test_a_batch_is_seeded_wide_and_international():
    batch = simulate_batch(3_000, 9, with_truth=True)
    assert batch.equals(simulate_batch(3_000, 9, with_truth=True))
    assert simulate_batch(100, 9).width == 18
    good = batch.filter(batch["fault"] == "")
    assert 0.15 < (good["is_in_audience"].sum() / batch.height) < 0.26
    assert "[contract]" in BENCHMARK_CONTRACT


def test_faultless_phone_numbers_are_valid_in_some_country_of_the_batch():
    """Numbers in national form are valid in their own country, international ones anywhere."""
    phones = simulate_batch(400, 3, with_truth=True).filter(pl.col("fault") == "")["phone"].to_list()
    international = [phone for phone in phones if phone.startswith("+")]
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(phone)) for phone in international)


def test_the_committed_example_is_what_the_simulator_makes():
    """Workbooks are compared by content, for compressors differ between versions of zlib."""
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        from make_northwind import FOLDER, KEPT, make_northwind
    finally:
        sys.path.pop(0)
    there = {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in FOLDER.rglob("*") if path.is_file()}
    made = make_northwind()
    assert made.keys() == there.keys() - KEPT
    assert [name for name in made if _content(name, made[name]) != _content(name, there[name])] == []


def _content(name, raw):
    if not name.endswith(".xlsx"):
        return raw
    with zipfile.ZipFile(io.BytesIO(raw)) as book:
        return {part: book.read(part) for part in book.namelist()}


@pytest.mark.shared_data
def test_the_olist_script_writes_every_lead_and_deal(shared_data, tmp_path):
    script = ROOT / "examples" / "olist" / "make_programme.py"
    told = subprocess.run([sys.executable, script, shared_data / "olist-funnel", tmp_path], check=True, capture_output=True, text=True)
    assert told.stdout.endswith("11 contracts, 8,000 deliveries, 815 won\n")
    assert round(pl.read_csv(tmp_path / "milestones" / "won.csv")["amount"].sum(), 2) == 676_851.48
