"""`payper run` on a folder: what is new is judged once, money follows, nothing is lost or doubled."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import jsonschema
import polars as pl
import pytest
from tests.desk.conftest import HEADER, lead

from payper.desk.book.explain_verdict import explain_verdict
from payper.desk.book.verify import verify
from payper.desk.folder.run import run_programme
from payper.errors import UsageError

AddLeads = Callable[[str, str], Path]


def contract_of(folder: Path, **more: object) -> dict[str, object]:
    result = run_programme(folder, **more)  # type: ignore[arg-type]
    assert verify(result.out).fault is None
    return dict(result.summary["contracts"][0])


def verdicts(folder: Path) -> dict[str, tuple[str, str]]:
    frame = pl.read_csv(folder / "out" / "verdicts.csv", infer_schema=False)
    return {row["external_id"]: (row["verdict"], row["reasons"] or "") for row in frame.iter_rows(named=True)}


def test_every_delivery_gets_a_verdict_with_its_reasons(programme: Path) -> None:
    summary = contract_of(programme)
    assert {name: summary[name] for name in ("delivered", "accepted", "rejected", "pending_minor", "posted_minor")} == {
        "delivered": 4,
        "accepted": 2,
        "rejected": 2,
        "pending_minor": 9600,
        "posted_minor": 0,
    }
    assert verdicts(programme) == {
        "L-1": ("accepted", ""),
        "L-2": ("rejected", "SENIORITY_OUTSIDE"),
        "L-3": ("rejected", "EMAIL_SYNTAX"),
        "L-4": ("accepted", ""),
    }


def test_running_again_changes_nothing(programme: Path) -> None:
    run_programme(programme)
    before = {
        path: path.read_bytes()
        for path in (programme / "out").rglob("*")
        if path.is_file() and path.suffix not in {".sqlite", ".sqlite-wal", ".sqlite-shm"}
    }
    result = run_programme(programme)
    assert result.new_rows == 0
    assert before == {path: path.read_bytes() for path in before}


def test_a_new_file_is_judged_after_what_was_judged_before(programme: Path, add_leads: AddLeads) -> None:
    """An earlier date in a later file does not make the first one a duplicate (RULES 28)."""
    run_programme(programme)
    add_leads("two.csv", lead(9, day="2026-01-10", email="ann1@acme1.com"))
    result = run_programme(programme)
    assert result.new_rows == 1
    assert verdicts(programme)["L-9"] == ("rejected", "DUPLICATE_SELF")
    assert verdicts(programme)["L-1"] == ("accepted", "")


def test_rows_added_to_a_file_are_judged_alone(programme: Path) -> None:
    run_programme(programme)
    path = programme / "deliveries" / "reach" / "one.csv"
    path.write_text(path.read_text("utf-8") + lead(5), encoding="utf-8")
    result = run_programme(programme)
    assert result.new_rows == 1
    frame = pl.read_csv(programme / "out" / "verdicts.csv", infer_schema=False)
    assert frame.filter(pl.col("external_id") == "L-5").select("row", "verdict").rows() == [("5", "accepted")]


def test_two_files_with_the_same_ids_are_resent(programme: Path, add_leads: AddLeads) -> None:
    (programme / "deliveries" / "reach" / "two.csv").write_bytes((programme / "deliveries" / "reach" / "one.csv").read_bytes())
    summary = contract_of(programme)
    assert (summary["accepted"], summary["reasons"]) == (2, {"EMAIL_SYNTAX": 2, "RESENT": 2, "SENIORITY_OUTSIDE": 2})


def test_a_mended_reject_sent_again_is_judged_afresh(programme: Path) -> None:
    """The rejects file, mended as it says, is itself a delivery file."""
    run_programme(programme)
    rejects = pl.read_csv(programme / "out" / "rejects" / "reach.csv", infer_schema=False)
    assert {"payper_reasons", "payper_what_to_do"} <= set(rejects.columns)
    mended = rejects.with_columns(
        pl.col("email").str.replace("broken@@x", "ann3@acme3.com", literal=True), delivered_at=pl.lit("2026-01-16 10:00")
    )
    mended.write_csv(programme / "deliveries" / "reach" / "mended.csv")
    run_programme(programme)
    frame = pl.read_csv(programme / "out" / "verdicts.csv", infer_schema=False)
    assert frame.filter(pl.col("file").str.ends_with("mended.csv")).select("external_id", "verdict").rows() == [
        ("L-2", "rejected"),
        ("L-3", "accepted"),
    ]
    assert pl.read_csv(programme / "out" / "rejects" / "reach.csv", infer_schema=False)["external_id"].to_list() == ["L-2"]


def test_as_of_leaves_later_deliveries_for_a_later_run(programme: Path, add_leads: AddLeads) -> None:
    add_leads("late.csv", lead(7, day="2026-02-20"))
    assert contract_of(programme, as_of=date(2026, 1, 31))["delivered"] == 4
    assert contract_of(programme)["delivered"] == 5


def test_silence_posts_when_the_window_has_ended(programme: Path) -> None:
    """Five business days after 15 January: the 22nd's last instant (no holidays in this contract)."""
    assert contract_of(programme, as_of=date(2026, 1, 21))["posted_minor"] == 0
    summary = contract_of(programme, as_of=date(2026, 1, 22))
    assert (summary["pending_minor"], summary["posted_minor"]) == (0, 9600)


def test_a_granted_return_is_replaced_and_the_replacement_is_free(programme: Path, add_leads: AddLeads) -> None:
    (programme / "returns" / "r.csv").write_text(
        "contract,external_id,reason,claimed_at,evidence\nreach,L-1,EMAIL_BOUNCED,2026-01-16 09:00,bounce\n", encoding="utf-8"
    )
    add_leads("replacement.csv", lead(8, day="2026-01-19", replaces="L-1"))
    summary = contract_of(programme, as_of=date(2026, 2, 28))
    assert summary["replacements"] == {"owed": 0, "delivered": 1, "expired": 0}
    assert (summary["accepted"], summary["posted_minor"], summary["credited_minor"], summary["voided_minor"]) == (3, 9600, 0, 0)


def test_a_replacement_that_never_comes_is_given_back(programme: Path) -> None:
    (programme / "returns" / "r.csv").write_text(
        "contract,external_id,reason,claimed_at,evidence\nreach,L-1,EMAIL_BOUNCED,2026-01-16 09:00,bounce\n", encoding="utf-8"
    )
    summary = contract_of(programme, as_of=date(2026, 2, 28))
    assert summary["replacements"] == {"owed": 0, "delivered": 0, "expired": 1}
    assert summary["posted_minor"] - summary["credited_minor"] == 4800  # type: ignore[operator]


def test_a_replacement_in_a_later_run_is_known_as_one(programme: Path, add_leads: AddLeads) -> None:
    (programme / "returns" / "r.csv").write_text(
        "contract,external_id,reason,claimed_at,evidence\nreach,L-1,EMAIL_BOUNCED,2026-01-16 09:00,bounce\n", encoding="utf-8"
    )
    assert contract_of(programme, as_of=date(2026, 1, 17))["replacements"] == {"owed": 1, "delivered": 0, "expired": 0}
    add_leads("replacement.csv", lead(8, day="2026-01-19", replaces="L-1"))
    assert contract_of(programme, as_of=date(2026, 2, 28))["replacements"] == {"owed": 0, "delivered": 1, "expired": 0}


def test_milestones_price_and_refuse(programme: Path) -> None:
    (programme / "milestones" / "m.csv").write_text(
        "contract,external_id,email,milestone,happened_at,amount,currency,source,source_id\n"
        "reach,L-1,,won,2026-02-10,1000.00,USD,crm,1\nreach,L-1,,won,2026-02-10,1000.00,USD,crm,1\n"
        ",,ANN4@acme4.com,won,2026-02-11,500.00,USD,crm,2\nreach,L-2,,won,2026-02-11,500.00,USD,crm,3\nreach,L-1,,won,2026-02-30,5,USD,crm,4\n",
        encoding="utf-8",
    )
    result = run_programme(programme, as_of=date(2026, 2, 28))
    assert result.summary["contracts"][0]["posted_minor"] == 9600 + 2000 + 1000
    refused = pl.read_csv(programme / "out" / "refusals.csv", infer_schema=False)
    assert refused.select("row", "code").rows() == [("4", "DELIVERY_NOT_ACCEPTED"), ("5", "ROW_MALFORMED")]


def test_a_person_accepts_what_is_in_review_and_it_is_charged_from_then_on(programme: Path, add_leads: AddLeads) -> None:
    """In review it owes nothing; a decision makes it accepted, charged, and counted towards the day's cap of later runs."""
    add_leads("unclear.csv", lead(5, title="Xqzw") + lead(6, title="Xqzw"))
    assert contract_of(programme, as_of=date(2026, 1, 15))["review"] == 2
    (programme / "decisions").mkdir()
    (programme / "decisions" / "d.csv").write_text(
        "contract,external_id,decision,decided_at,decided_by\nreach,L-5,accepted,2026-01-20 09:00,Ann\nreach,L-6,no,2026-01-20 09:00,Ann\nreach,L-1,accepted,2026-01-20 09:00,Ann\n",
        encoding="utf-8",
    )
    summary = contract_of(programme, as_of=date(2026, 1, 20))
    assert {name: summary[name] for name in ("accepted", "rejected", "review", "pending_minor")} == {
        "accepted": 3,
        "rejected": 3,
        "review": 0,
        "pending_minor": 14400,
    }
    frame = pl.read_csv(programme / "out" / "verdicts.csv", infer_schema=False).filter(pl.col("external_id") == "L-5")
    assert frame.select("verdict", "reasons", "price_minor").rows() == [("accepted", "TITLE_UNKNOWN", "4800")]
    assert pl.read_csv(programme / "out" / "refusals.csv", infer_schema=False)["code"].to_list() == ["NOTHING_TO_DECIDE"]
    add_leads("more.csv", lead(7))
    assert contract_of(programme, as_of=date(2026, 1, 28))["quarantined"] == 1
    assert contract_of(programme, as_of=date(2026, 1, 28))["posted_minor"] == 14400


def test_an_unknown_contract_rejects_its_rows_and_no_others(programme: Path) -> None:
    other = programme / "deliveries" / "nobody"
    other.mkdir()
    (other / "x.csv").write_text(HEADER + lead(1), encoding="utf-8")
    run_programme(programme)
    frame = pl.read_csv(programme / "out" / "verdicts.csv", infer_schema=False)
    assert frame.filter(pl.col("contract") == "nobody").select("verdict", "reasons").rows() == [("rejected", "CONTRACT_UNKNOWN")]
    assert frame.filter((pl.col("contract") == "reach") & (pl.col("verdict") == "accepted")).height == 2


def test_a_contract_with_errors_keeps_its_deliveries_waiting(programme: Path) -> None:
    path = programme / "contracts" / "reach.toml"
    right = path.read_text("utf-8")
    path.write_text(right.replace('countries = ["US"]', 'countries = ["Atlantis"]'), encoding="utf-8")
    result = run_programme(programme)
    assert (result.refused, result.new_rows) == ({"reach"}, 0)
    path.write_text(right, encoding="utf-8")
    assert run_programme(programme).new_rows == 4


def test_a_version_that_has_judged_stays_as_it_was(programme: Path, add_leads: AddLeads) -> None:
    run_programme(programme)
    path = programme / "contracts" / "reach.toml"
    path.write_text(path.read_text("utf-8").replace('"48.00"', '"10.00"'), encoding="utf-8")
    add_leads("two.csv", lead(5))
    result = run_programme(programme)
    assert any("changed since" in note for note in result.notes)
    assert result.summary["contracts"][0]["pending_minor"] == 3 * 4800


def test_a_malformed_row_is_a_rejected_delivery_with_its_row(programme: Path, add_leads: AddLeads) -> None:
    add_leads("bad.csv", lead(5) + "L-6,too,few\n" + lead(7, day="2026-02-31") + lead(8))
    run_programme(programme)
    frame = pl.read_csv(programme / "out" / "verdicts.csv", infer_schema=False).filter(pl.col("file").str.ends_with("bad.csv"))
    assert frame.select("row", "verdict", "headline").rows() == [
        ("1", "accepted", None),
        ("2", "rejected", "ROW_MALFORMED"),
        ("3", "rejected", "ROW_MALFORMED"),
        ("4", "accepted", None),
    ]


def test_a_file_that_cannot_be_read_is_said_and_stops_no_other(programme: Path) -> None:
    (programme / "deliveries" / "reach" / "broken.xlsx").write_bytes(b"not a workbook")
    (programme / "deliveries" / "reach" / "empty.csv").write_bytes(b"")
    result = run_programme(programme)
    assert result.summary["contracts"][0]["accepted"] == 2
    assert sum("broken.xlsx" in note or "empty.csv" in note for note in result.notes) == 2


def test_the_summary_keeps_its_published_schema(programme: Path) -> None:
    run_programme(programme)
    schema = json.loads((Path(__file__).parents[2] / "docs" / "summary-schema.json").read_text("utf-8"))
    jsonschema.validate(json.loads((programme / "out" / "summary.json").read_text("utf-8")), schema)


def test_the_journal_holds_no_personal_data(programme: Path) -> None:
    """Names and addresses are kept apart, where erasure reaches them."""
    import sqlite3

    run_programme(programme)
    with sqlite3.connect(programme / "out" / "payper.sqlite") as connection:
        for journal, segment in connection.execute("select journal, segment from batch"):
            columns = pl.read_parquet(journal).columns
            assert not {"email", "first_name", "last_name", "phone", "email_normal", "title", "company"} & set(columns)
            assert b"acme1" not in segment


@pytest.mark.parametrize(("sql", "words"), [
    ("update batch set journal = cast(journal || x'00' as blob) where batch = 1", "not what was sealed"),
    ("delete from batch where batch = 1", "does not follow"),
    ("update verdict set verdict = 0 where delivery_id = 2", "not the journal's"),
    ("delete from verdict where delivery_id = 2", "not the journal's"),
    ("update transfer set amount_minor = 1", "the ledger says"),
    ("delete from transfer", "the ledger says"),
    ("update account_sum set amount_minor = amount_minor + 1", "sum of transfers"),
    ("delete from verdict_group where verdict = 1", "count of verdicts"),
])  # fmt: skip
def test_verify_says_the_first_place_that_differs(programme: Path, add_leads: AddLeads, sql: str, words: str) -> None:
    import sqlite3

    run_programme(programme)
    add_leads("two.csv", lead(5))
    run_programme(programme)
    with sqlite3.connect(programme / "out" / "payper.sqlite") as connection:
        connection.execute(sql)
    assert words in (verify(programme).fault or "")


def test_a_verdict_is_explained_with_clause_value_and_mend(programme: Path) -> None:
    run_programme(programme)
    (found,) = explain_verdict(programme, "L-2")
    assert "IT Intern" in found.text
    assert "audience.seniority" in found.text
    with pytest.raises(UsageError, match="No delivery"):
        explain_verdict(programme, "L-77")


def test_no_programme_is_a_question_of_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        run_programme(tmp_path / "none")
    with pytest.raises(UsageError, match="neither programme.toml nor contracts"):
        run_programme(tmp_path)


def test_a_contract_with_lists_verifies_without_them(programme: Path) -> None:
    (programme / "contracts" / "only.csv").write_text("acme1.com\nacme4.com\n", encoding="utf-8")
    (programme / "contracts" / "suppress.csv").write_text("globex.com\n", encoding="utf-8")
    path = programme / "contracts" / "reach.toml"
    path.write_text(
        path.read_text("utf-8").replace(
            'countries = ["US"]', 'countries = ["US"]\ncompanies = { only = "only.csv" }\nsuppress = ["suppress.csv"]'
        ),
        encoding="utf-8",
    )
    assert contract_of(programme)["accepted"] == 2


def test_an_amount_that_may_be_a_thousand_times_another_charges_nothing_until_it_is_written_out(programme: Path) -> None:
    path = programme / "milestones" / "m.csv"
    header = "contract,external_id,milestone,happened_at,amount,currency\n"
    path.write_text(header + "reach,L-1,won,2026-01-20,12.345,\n", encoding="utf-8")
    assert contract_of(programme)["pending_minor"] == 9600
    refused = pl.read_csv(programme / "out" / "refusals.csv", infer_schema=False).row(0, named=True)
    assert "amount `12.345` USD may be 12345.00 or 12.35; write the one that is meant" in refused["why"]
    path.write_text(header + "reach,L-1,won,2026-01-20,12345.00,\n", encoding="utf-8")
    assert contract_of(programme)["pending_minor"] == 9600 + 24690


def test_a_second_run_tells_every_refused_return_as_the_first_did(programme: Path, add_leads: AddLeads) -> None:
    """One refused by a person, some for the cap, others granted after them: the answers and their words stay."""
    path = programme / "contracts" / "reach.toml"
    path.write_text(path.read_text("utf-8").replace('cap = "50%"', 'cap = "40%"\ncontest_within = "3bd"'), encoding="utf-8")
    add_leads("two.csv", "".join(lead(number, day=f"2026-01-{number:02}") for number in range(5, 25)))
    head = "contract,external_id,reason,claimed_at,evidence,contested_at,decision,decided_at,decided_by\n"
    refused = "reach,L-5,EMAIL_BOUNCED,2026-01-05 11:00,b,2026-01-05 12:00,refused,2026-01-05 13:00,Dana\n"
    others = "".join(f"reach,L-{number},EMAIL_BOUNCED,2026-01-{number:02} 11:00,b,,,,\n" for number in range(6, 25))
    (programme / "returns" / "r.csv").write_text(head + refused + others, encoding="utf-8")
    out = run_programme(programme).out
    first = (out / "refusals.csv").read_text("utf-8")
    assert first.count("RETURN_CAP") > 3
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    run_programme(programme)
    assert (out / "refusals.csv").read_text("utf-8") == first
    assert json.loads((out / "summary.json").read_text("utf-8"))["contracts"] == summary["contracts"]
