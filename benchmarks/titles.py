"""How well payper reads job titles: accuracy on labelled titles, coverage of a long list, agreement with employers' own roles.

    python benchmarks/titles.py [FOLDER]

FOLDER holds `titles_level_area.csv` (title, level, area), `titles_list.txt.gz` (one title a line) and `yc_job_postings.csv.gz`
(title, role); without it the folder `shared/data/job-titles` beside the repository is read.

The labels know other classes than payper, so ours are mapped to theirs:

* level: c-level and owner are C-Suite; vp is VP; director is Director; manager is Manager; senior, entry, intern and not read are Other.
* area, by function and seniority alone: it, engineering, security, data, product and research are Technical; marketing and sales are
  Sales-Marketing; of all others director and above are Business, the rest Other.
* area, as the labels draw it: Sales-Marketing holds only titles that say sales or marketing (business development, alliances,
  communications and content are Business from director up, else Other); a vp, c-level or owner is Business except in engineering, and in
  it, security and data at c-level; everything else as before.

* three areas: the second mapping with Business and Other as one, "neither": the labels part them by the word of rank (a "Head of Talent
  Management" is Other, a "Director of Services" Business), which is no function.

No table of (function, seniority) alone can pass about 0.73 on these labels, even one fitted to them, as they part "VP of Sales" from "VP of
Business Development", which are one function here; the second mapping tells how well the titles are understood, the first how far the
two classifications agree.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import sys
from collections import Counter
from pathlib import Path

import polars as pl

from payper.normalisation.titles import read_titles

LEVELS = {"c-level": "C-Suite", "owner": "C-Suite", "vp": "VP", "director": "Director", "manager": "Manager"}
TECHNICAL = {"it", "engineering", "security", "data", "product", "research"}
MARKET = {"marketing", "sales"}
EXECUTIVE = {"director", "vp", "c-level", "owner"}
ROLES = {
    "eng": {"engineering", "it", "data", "security"},
    "operations": {"operations", "general management", "supply chain", "procurement"},
    "sales": {"sales"},
    "marketing": {"marketing"},
    "product": {"product"},
    "design": {"product"},
    "support": {"customer"},
    "recruiting": {"hr"},
    "finance": {"finance"},
    "science": {"research", "data", "medical"},
    "legal": {"legal"},
}


def level_of(seniority: str | None) -> str:
    return LEVELS.get(seniority or "", "Other")


def area_of(function: str | None, seniority: str | None) -> str:
    if function in MARKET:
        return "Sales-Marketing"
    if function in TECHNICAL:
        return "Technical"
    return "Business" if seniority in EXECUTIVE else "Other"


def drawn_area_of(function: str | None, seniority: str | None, title: str) -> str:
    if function in MARKET and re.search(r"sales|market|\bcmo\b|\bseo\b", title, re.IGNORECASE):
        return "Sales-Marketing"
    is_head = seniority in {"vp", "c-level", "owner"}
    keeps = function == "engineering" or (function in {"it", "security", "data"} and seniority == "c-level")
    if function in TECHNICAL and (keeps or not is_head):
        return "Technical"
    return "Business" if seniority in EXECUTIVE else "Other"


def labelled(folder: Path) -> pl.DataFrame:
    """Give the labelled titles with `level`, `area` (null: not labelled) and ours, `our_level`, `our_area`."""
    frame = pl.read_csv(folder / "titles_level_area.csv")
    read = read_titles(frame["title"])
    ours = [
        (level_of(seniority), area_of(function, seniority), drawn_area_of(function, seniority, title))
        for title, function, seniority in zip(frame["title"], read["function"], read["seniority"], strict=True)
    ]
    named = pl.DataFrame(ours, schema=["our_level", "our_area", "our_drawn_area"], orient="row")
    return (
        frame.hstack(read)
        .hstack(named)
        .with_columns(drawn_area=pl.col("area"))
        .with_columns(
            three_areas=pl.col("area").replace({"Business": "neither", "Other": "neither"}),
            our_three_areas=pl.col("our_drawn_area").replace({"Business": "neither", "Other": "neither"}),
        )
    )


def accuracy(frame: pl.DataFrame, name: str) -> float:
    known = frame.drop_nulls(name)
    return (known[name] == known[f"our_{name}"]).mean()


def postings(folder: Path) -> pl.DataFrame:
    with gzip.open(folder / "yc_job_postings.csv.gz", "rt", encoding="utf-8") as lines:
        rows = [(row["title"], row["role"]) for row in csv.DictReader(lines)]
    frame = pl.DataFrame(rows, schema=["title", "role"], orient="row")
    return frame.hstack(read_titles(frame["title"]))


def coverage(folder: Path) -> pl.DataFrame:
    with gzip.open(folder / "titles_list.txt.gz", "rt", encoding="utf-8") as lines:
        titles = lines.read().splitlines()
    return read_titles(pl.Series("title", titles)).with_columns(title=pl.Series(titles))


def agreement(frame: pl.DataFrame) -> float:
    return sum(row["function"] in ROLES[row["role"]] for row in frame.iter_rows(named=True)) / frame.height


def confusion(frame: pl.DataFrame, name: str) -> str:
    known = frame.drop_nulls(name)
    labels = sorted(set(known[name]) | set(known[f"our_{name}"]))
    counts = Counter(zip(known[name], known[f"our_{name}"], strict=True))
    out = io.StringIO()
    print(f"{'labelled, ours':18}" + "".join(f"{label[:15]:>17}" for label in labels), file=out)
    for label in labels:
        print(f"{label:18}" + "".join(f"{counts[label, other]:17}" for other in labels), file=out)
    return out.getvalue()


def main() -> None:
    default = Path(__file__).resolve().parents[2] / "shared" / "data" / "job-titles"
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    frame = labelled(folder)
    for name in ("level", "area", "drawn_area", "three_areas"):
        print(f"{name}: accuracy {accuracy(frame, name):.3f} of {frame[name].drop_nulls().len()}\n{confusion(frame, name)}")
        for row in frame.drop_nulls(name).filter(pl.col(name) != pl.col(f"our_{name}")).iter_rows(named=True):
            print(f"  {row[name]:16} {row[f'our_{name}']:16} {row['function']!s:20} {row['seniority']!s:9} {row['title']}")
        print()
    listed = coverage(folder)
    for name in ("function", "seniority"):
        print(f"{name} recognised in {1 - listed[name].null_count() / listed.height:.3f} of {listed.height} listed titles")
    posted = postings(folder)
    print(f"function agrees with the employer's role in {agreement(posted):.3f} of {posted.height} postings")
    for role, part in sorted(posted.group_by("role")):
        common = part["function"].value_counts(sort=True).head(4).rows()
        print(f"  {role[0]:12} {agreement(part):.3f} of {part.height:5}: " + ", ".join(f"{name} {count}" for name, count in common))


if __name__ == "__main__":
    main()
