"""What payper writes is whole, safe to open, and reads back as it was."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payper.connectors.files import open_rows
from payper.connectors.writing import as_cells, write_bytes, write_csv, write_parquet, write_text
from payper.errors import FileError

SAFE = st.text(alphabet=st.characters(exclude_categories=["C", "Z"]), max_size=8)
CELL = st.one_of(st.none(), SAFE, st.builds(lambda mark, rest: mark + rest, st.sampled_from("=@+-'\",;\n"), SAFE))


@given(
    rows=st.lists(st.tuples(CELL, CELL, SAFE.filter(bool)), min_size=1, max_size=8),
    for_excel=st.booleans(),
    delimiter=st.sampled_from(",;\t|"),
)
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str | None, str | None, str]], for_excel: bool, delimiter: str
) -> None:
    path = tmp_path_factory.mktemp("trip") / "a.csv"
    frame = pl.DataFrame(rows, schema={"a": pl.String, "b": pl.String, "c": pl.String}, orient="row")
    tidy = frame.with_columns(pl.all().str.strip_chars()).with_columns(pl.when(pl.all().str.len_bytes() > 0).then(pl.all()).name.keep())
    write_csv(tidy, path, for_excel=for_excel, delimiter=delimiter)
    read = open_rows(path).read()
    assert read["fault"].null_count() == read.height
    assert read.drop("row", "fault", "raw").equals(tidy)


def test_lists_and_instants_are_written_as_people_read_them(tmp_path: Path) -> None:
    frame = pl.DataFrame({"reasons": [["A", "B"], []], "at": [datetime(2026, 7, 1, 12, tzinfo=UTC), None], "n": [1, None]})
    assert as_cells(frame, zone="America/New_York").rows() == [("A;B", "2026-07-01T08:00:00-04:00", 1), (None, None, None)]
    write_csv(frame, tmp_path / "a.csv", zone="UTC")
    assert (tmp_path / "a.csv").read_text() == "reasons,at,n\nA;B,2026-07-01T12:00:00+00:00,1\n,,\n"


def test_the_standard_librarys_reader_agrees(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": ['he said "no"', "x,y", "two\nlines"], "b": ["1", None, "ü"]})
    write_csv(frame, tmp_path / "a.csv", for_excel=True)
    text = (tmp_path / "a.csv").read_bytes().decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text, newline=""))) == [["a", "b"], ['he said "no"', "1"], ["x,y", ""], ["two\nlines", "ü"]]


def test_a_failed_write_leaves_the_old_file_and_no_part(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_text("old", path)
    with pytest.raises(pl.exceptions.PolarsError):
        write_parquet(pl.DataFrame({"a": [object()]}, schema={"a": pl.Object}), path)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.csv"]
    with pytest.raises(FileError, match="cannot be written"):
        write_bytes(b"x", tmp_path / "gone" / "a")
