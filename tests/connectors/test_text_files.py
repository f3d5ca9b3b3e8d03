"""CSV in every dress reads the same, and a damaged record harms nobody but itself."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payper.connectors.csv_text import CsvReader
from payper.connectors.files import Limits, RowReader, open_rows
from payper.errors import FileError

HEADER = ["email", "first name", "notes", "employees"]
ROWS = [
    ["ann@acme.com", "Ann", 'says "yes", then\nhangs up; see | page: 2', "1,000-5,000"],
    ["jörg@müller.de", "Jörg", "Straße 5 · naïve", "50"],
    ["bo@acme.com", "Bo", 'a 24" screen', ""],
    ["", "Cy", "a\tb", "10"],
]
ENCODINGS = {
    "utf-8": (b"", "utf-8"),
    "utf-8 with mark": (b"\xef\xbb\xbf", "utf-8"),
    "utf-16 little with mark": (b"\xff\xfe", "utf-16-le"),
    "utf-16 big with mark": (b"\xfe\xff", "utf-16-be"),
    "utf-16 little": (b"", "utf-16-le"),
    "utf-16 big": (b"", "utf-16-be"),
    "windows-1252": (b"", "windows-1252"),
}


def quoted(rows: list[list[str]], delimiter: str, end: str) -> str:
    return "".join(
        delimiter.join('"' + cell.replace('"', '""') + '"' if any(mark in cell for mark in f'"\n\r{delimiter}') else cell for cell in row)
        + end
        for row in rows
    )


def written(folder: Path, content: bytes | str, name: str = "leads.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def cells(frame: pl.DataFrame) -> list[tuple[str | None, ...]]:
    return frame.drop("row", "fault", "raw").rows()


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", ":", "^"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_same_rows_read_the_same_in_every_dress(tmp_path: Path, encoding: str, delimiter: str, end: str) -> None:
    mark, codec = ENCODINGS[encoding]
    rows = [[cell.replace("\n", end) for cell in row] for row in ROWS]
    path = written(tmp_path, mark + quoted([HEADER, *rows], delimiter, end).encode(codec))
    reader = open_rows(path)
    frame = reader.read()
    assert reader.shape.delimiter == delimiter
    assert reader.shape.header == tuple(HEADER)
    inner = "\n" if end != "\r" or "\r" in quoted(rows, delimiter, end) else end
    assert cells(frame) == [tuple((cell.replace("\n", inner) or None) for cell in row) for row in ROWS]
    assert frame["row"].to_list() == [1, 2, 3, 4]
    assert frame["fault"].null_count() == 4


CELL = st.text(alphabet="ab \",;\n'é=", max_size=6)
# The first cell begins with a letter, as ids and names do: where a row begins with an empty quoted cell, RFC 4180 itself cannot tell
# an unclosed quote in the row before from a quoted cell with line ends.
GOOD_ROW = st.builds(lambda first, rest: ["k" + first, *rest], CELL, st.lists(CELL, min_size=2, max_size=2))
BAD_LINES = ["only one cell", "a,b,c,d,e", 'x,"opened,and,never,closed', 'a,"b"c,d', '"', ",,,too many", 'x,y,"unclosed at the end']


def read_with(path: Path, *, block_bytes: int) -> pl.DataFrame:
    limits = Limits()
    reader = CsvReader(path, size=path.stat().st_size, digest="", limits=limits, block_bytes=block_bytes)
    return RowReader(reader, rows_max=131_072, limits=limits).read()


@given(
    rows=st.lists(GOOD_ROW, min_size=1, max_size=12),
    bad=st.sampled_from(BAD_LINES),
    place=st.integers(0, 12),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_a_bad_row_anywhere_leaves_all_others_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], bad: str, place: int, end: str
) -> None:
    folder = tmp_path_factory.mktemp("bad")
    place = min(place, len(rows))
    # All cells quoted: the row after an unclosed quote then begins with one, as exports write them.
    lines = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) + end for row in rows]
    header = "a,b,c" + end
    good = open_rows(written(folder, header + "".join(lines), "good.csv")).read()
    both = open_rows(written(folder, header + "".join([*lines[:place], bad + end, *lines[place:]]), "both.csv")).read()
    assert good["fault"].null_count() == good.height == len(rows)
    assert both.height == len(rows) + 1
    assert both["fault"][place] is not None
    assert both["raw"][place] == bad
    rest = both.filter(pl.col("row") != place + 1)
    assert cells(rest) == cells(good)
    assert rest["row"].to_list() == [number for number in range(1, len(rows) + 2) if number != place + 1]


@given(
    lines=st.lists(
        st.sampled_from(["1,2,3", '"1","2\n4",3', "1,2", '1,"x', "", ",,", "a,b,c,d", ' "q,r" ,2,3', 'a,"b""c",d', 'é,"ü,",x']),
        min_size=1,
        max_size=30,
    ),
    block_bytes=st.integers(8, 64),
)
def test_what_is_read_does_not_depend_on_where_blocks_end(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], block_bytes: int
) -> None:
    path = written(tmp_path_factory.mktemp("blocks"), "h1,h2,h3\n" + "\n".join(lines))
    assert read_with(path, block_bytes=block_bytes).equals(read_with(path, block_bytes=8 * 1024**2))


def test_a_fault_says_the_line_and_what_was_seen(tmp_path: Path) -> None:
    text = 'a,b,c\n1,2,3\n\n4,5\n"x\n1,"2\n2",3\n9,"ab"c,1\n1,2,3,4\n'
    frame = open_rows(written(tmp_path, text)).read()
    assert frame.filter(pl.col("fault").is_not_null()).select("row", "fault", "raw").rows() == [
        (2, "line 4 has 2 cells where the header has 3", "4,5"),
        (3, "line 5: a quote is opened that never closes", '"x'),
        (5, "line 8: a quoted cell goes on after its closing quote; a quote inside a quoted cell must be doubled", '9,"ab"c,1'),
        (6, "line 9 has 4 cells where the header has 3", "1,2,3,4"),
    ]


@pytest.mark.parametrize("longer", ["3,4,5,", '3,4,5,""', '"3",4,5,', "3,4,5,6"])
def test_a_cell_too_many_in_one_row_never_makes_up_for_one_too_few_in_another(tmp_path: Path, longer: str) -> None:
    frame = open_rows(written(tmp_path, f"a,b,c\n6,7,8\n9,9,9\n1,2\n{longer}\n6,7,8\n")).read()
    assert frame["fault"][2] == "line 4 has 2 cells where the header has 3"
    assert frame.select("a", "b", "c").rows()[4] == ("6", "7", "8")
    assert (frame["fault"][3] is None) == (longer != "3,4,5,6")


def test_cells_beyond_the_header_matter_only_when_something_is_in_them(tmp_path: Path) -> None:
    frame = open_rows(written(tmp_path, 'a,b\n1,2,\n1,2,,,\n1,2\n1,2,x\n3,"4\n5",\n')).read()
    assert cells(frame) == [("1", "2"), ("1", "2"), ("1", "2"), (None, None), ("3", "4\n5")]
    assert frame["fault"].to_list()[3] == "line 5 has 3 cells where the header has 2"


def test_empty_lines_are_no_records(tmp_path: Path) -> None:
    frame = open_rows(written(tmp_path, "\n\na,b\n\n1,2\n   \n,\n3,4\n\n")).read()
    assert frame.select("a", "row").rows() == [("1", 1), ("3", 2)]


def test_control_and_direction_characters_are_taken_out(tmp_path: Path) -> None:
    text = "a,b\n\x00An\x07n\x7f,x\u202ey\u200bz\u2066\ufeff\x85\n"
    assert cells(open_rows(written(tmp_path, text)).read()) == [("Ann", "xyz")]


def test_a_long_cell_passes_and_an_absurd_one_is_malformed(tmp_path: Path) -> None:
    frame = open_rows(written(tmp_path, f'a,b\n{"x" * 10_000},1\n{"y" * 40_000},2\n"{"z" * 200_000}",3\n4,5\n')).read()
    assert frame["a"].str.len_chars().to_list() == [10_000, None, None, 1]
    assert frame["fault"].to_list()[1] == "the cell in column `a` has 40000 characters; at most 32767 are read"
    assert frame["fault"].is_null().to_list() == [True, False, False, True]
    assert frame["raw"].str.len_chars().max() == 500


def test_repeated_empty_and_reserved_headers_get_names_of_their_own(tmp_path: Path) -> None:
    assert open_rows(written(tmp_path, "Email,Email,,row,fault\n1,2,3,4,5\n")).shape.header == (
        "Email",
        "Email (2)",
        "column 3",
        "row (2)",
        "fault (2)",
    )


def test_excels_sep_line_is_obeyed(tmp_path: Path) -> None:
    reader = open_rows(written(tmp_path, "sep=;\r\na;b,c\r\n1;2,3\r\n4\r\n"))
    assert reader.shape.delimiter == ";"
    assert reader.read()["fault"].to_list() == [None, "line 4 has 1 cell where the header has 2"]


def test_a_header_alone_is_no_rows_and_a_note(tmp_path: Path) -> None:
    reader = open_rows(written(tmp_path, "email,company"))
    assert reader.read().height == 0
    assert reader.shape.notes == ["The file has a header and no rows."]


def test_rows_come_in_even_parts_that_number_on(tmp_path: Path) -> None:
    path = written(tmp_path, "a\n" + "".join(f"{number}\n" for number in range(1, 26)))
    parts = [rows.frame for rows in open_rows(path, rows_max=10)]
    assert [part.height for part in parts] == [10, 10, 5]
    assert pl.concat(parts)["row"].to_list() == list(range(1, 26))


def test_stray_windows_1252_bytes_are_read_and_noted(tmp_path: Path) -> None:
    reader = open_rows(written(tmp_path, "a,b\nJörg,Straße\n".encode() + b"Ren\xe9e,\x80 5\n"))
    assert cells(reader.read()) == [("Jörg", "Straße"), ("Renée", "€ 5")]
    assert any("Windows-1252" in note for note in reader.shape.notes)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"", "empty"),
        ("a.csv", b"  \n\n", "nothing but blanks"),
        ("a.doc", b"x", "no format that is read"),
        ("a", b"x", "no ending"),
        ("a.xls", b"x", "old binary kind"),
        ("a.csv", b"PK\x03\x04...", "another zip archive"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "encrypted"),
        ("a.csv", b"\x1f\x8b\x08x", "gzip"),
    ],
)
def test_what_is_no_file_of_rows_is_refused_in_words(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    with pytest.raises(FileError, match=words) as refused:
        open_rows(written(tmp_path, content, name))
    assert refused.value.mend


def test_folders_missing_files_and_files_over_the_limit_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.csv").mkdir()
    with pytest.raises(FileError, match="folder"):
        open_rows(tmp_path / "x.csv")
    with pytest.raises(FileError, match="no such file"):
        open_rows(tmp_path / "gone.csv")
    path = written(tmp_path, "a,b\n1,2\n")
    with pytest.raises(FileError, match="at most 4 are read"):
        open_rows(path, limits=Limits(bytes_max=4))
    with pytest.raises(FileError, match="2 columns"):
        open_rows(path, limits=Limits(columns_max=1))
