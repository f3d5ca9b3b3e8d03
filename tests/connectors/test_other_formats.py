"""Workbooks, JSON and Parquet give what CSV gives."""

from __future__ import annotations

import json
import zipfile
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
import xlsxwriter

from payper.connectors.files import Limits, open_rows
from payper.connectors.writing import write_csv, write_parquet, write_text
from payper.errors import FileError

FRAME = pl.DataFrame(
    {
        "email": ["ann@acme.com", None, "bo@acme.com"],
        "note": ["two\nlines", "ünï, quoted", None],
        "employees": ["5000", "51-200", "12"],
        "flag": ["true", None, "false"],
    }
)


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm:ss"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for place, cell in enumerate(row):
                    if cell == "#N/A":
                        sheet.write_formula(number, place, "=NA()", None, "#N/A")
                    elif isinstance(cell, str) and cell.startswith("="):
                        sheet.write_formula(number, place, cell, None, 7)
                    elif cell is not None:
                        sheet.write(number, place, cell)
    return path


def test_all_formats_give_the_same_records(tmp_path: Path) -> None:
    write_csv(FRAME, tmp_path / "a.csv")
    write_parquet(FRAME, tmp_path / "a.parquet")
    write_text("\n".join(json.dumps(row) for row in FRAME.to_dicts()), tmp_path / "a.ndjson")
    write_text(json.dumps(FRAME.to_dicts(), indent=2), tmp_path / "a.json")
    workbook(tmp_path / "a.xlsx", {"Leads": [list(FRAME.columns), *(list(row) for row in FRAME.rows())]})
    read = {path.suffix: open_rows(path).read() for path in tmp_path.iterdir()}
    assert len(read) == 5
    for frame in read.values():
        assert frame.drop("row", "fault", "raw").equals(FRAME)
        assert frame["row"].to_list() == [1, 2, 3]


def test_a_workbooks_numbers_dates_formulas_and_errors_become_plain_text(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        {
            "Cover": [],
            "Header only": [["x", "y"]],
            "Leads": [
                ["n", "phone", "at", "day", "clock", "yes", "sum", "error"],
                [5000.0, 15551234567, datetime.fromisoformat("2026-01-15T14:30:05"), date(2026, 1, 15), time(9, 5), True, "=3+4", "#N/A"],
                [None, None, None, None, None, None, None, None],
                [0.25, None, None, None, None, False, None, "0012"],
            ],
        },
    )
    reader = open_rows(path)
    assert reader.shape.sheet == "Leads"
    assert reader.shape.notes == ["Sheet `Leads` was read; not read: `Cover`, `Header only`."]
    frame = reader.read()
    assert frame.drop("row", "fault", "raw").rows() == [
        ("5000", "15551234567", "2026-01-15T14:30:05", "2026-01-15", "09:05:00", "true", "7", None),
        ("0.25", None, None, None, None, "false", None, "0012"),
    ]
    assert frame["row"].to_list() == [1, 2]


def test_a_workbook_with_a_header_alone_has_no_rows(tmp_path: Path) -> None:
    reader = open_rows(workbook(tmp_path / "a.xlsx", {"A": [["email", "company"]]}))
    assert reader.read().height == 0
    assert reader.shape.header == ("email", "company")
    with pytest.raises(FileError, match="No sheet"):
        open_rows(workbook(tmp_path / "b.xlsx", {"A": []}))
    with pytest.raises(FileError, match="no sheet `B`"):
        open_rows(tmp_path / "a.xlsx", sheet="B")


def test_a_zip_bomb_is_refused_before_it_inflates(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (80 * 1024**2))
    assert path.stat().st_size < 200_000
    with pytest.raises(FileError, match="inflates to"):
        open_rows(path)


def test_a_zip_bomb_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "liar.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (60 * 1024**2))
    true_size = (60 * 1024**2).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(true_size, (1000).to_bytes(4, "little")))
    with pytest.raises(FileError):
        open_rows(path)


@pytest.mark.parametrize("name", ["a.xlsx", "a.parquet"])
def test_a_damaged_file_is_refused_in_words(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "a.xlsx":
        workbook(path, {"A": [["x"], [1]]})
    else:
        write_parquet(FRAME, path)
    whole = path.read_bytes()
    for part in (whole[: len(whole) // 2], whole[:20], b"nonsense", whole[:-1] + b"x"):
        path.write_bytes(part)
        with pytest.raises(FileError, match=r"damaged|says"):
            open_rows(path).read()


def test_a_zip_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("leads.csv", "a,b\n1,2\n")
    with pytest.raises(FileError, match="no workbook"):
        open_rows(path)


def test_a_bad_json_line_harms_nobody_else(tmp_path: Path) -> None:
    lines = [
        '{"a": 1.0, "amount": 12.50, "answers": {"timeframe": "now"}}',
        "{bad",
        '{"a": 1, "a": 2}',
        "[1]",
        "",
        '{"a": "3.0", "tags": ["x", 2], "ok": true}',
    ]
    write_text("\n".join(lines), tmp_path / "a.ndjson")
    frame = open_rows(tmp_path / "a.ndjson").read()
    assert frame.select("a", "amount", "answer_timeframe", "tags", "ok", "row").rows() == [
        ("1", "12.50", "now", None, None, 1),
        (None, None, None, None, None, 2),
        (None, None, None, None, None, 3),
        (None, None, None, None, None, 4),
        ("3.0", None, None, "x;2", "true", 5),
    ]
    assert frame["fault"].to_list() == [
        None,
        "line 2 is no JSON: Expecting property name enclosed in double quotes at character 2",
        "line 3: the key `a` stands twice",
        "line 4 is a list where an object is due",
        None,
    ]


def test_a_bad_object_of_an_array_harms_nobody_else(tmp_path: Path) -> None:
    write_text('[{"a": 1},\n {"a": 2,,},\n {"a": 3}, 4, {"a": 5}]', tmp_path / "a.json")
    frame = open_rows(tmp_path / "a.json").read()
    assert frame["a"].to_list() == ["1", None, "3", None, "5"]
    assert frame["fault"].is_not_null().to_list() == [False, True, False, True, False]
    write_text('[{"a": 1},', tmp_path / "cut.json")
    with pytest.raises(FileError, match="never ends"):
        open_rows(tmp_path / "cut.json")


def test_parquet_of_any_type_becomes_text(tmp_path: Path) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    frame = pl.DataFrame(
        {
            "n": [5000.0, 0.25, None],
            "big": [15551234567, 1, None],
            "at": [datetime(2026, 7, 1, 12, tzinfo=berlin), None, None],
            "naive": [datetime.fromisoformat("2026-07-01T12:00:00.5"), None, None],
            "day": [date(2026, 7, 1), None, None],
            "ok": [True, False, None],
            "tags": [["a", "b"], [], None],
            "answers": [{"timeframe": "now"}, {"timeframe": None}, None],
        }
    )
    write_parquet(frame, tmp_path / "a.parquet")
    read = open_rows(tmp_path / "a.parquet").read()
    assert read.drop("row", "fault", "raw").rows() == [
        ("5000", "15551234567", "2026-07-01T12:00:00+02:00", "2026-07-01T12:00:00.500", "2026-07-01", "true", "a;b", "now"),
        ("0.25", "1", None, None, None, "false", None, None),
    ]


def test_every_format_refuses_a_header_over_the_limit(tmp_path: Path) -> None:
    write_parquet(FRAME, tmp_path / "a.parquet")
    write_text('{"a": 1, "b": 2}', tmp_path / "a.ndjson")
    workbook(tmp_path / "a.xlsx", {"A": [["a", "b"], [1, 2]]})
    for path in tmp_path.iterdir():
        with pytest.raises(FileError, match="columns"):
            open_rows(path, limits=Limits(columns_max=1))
