"""Measure how e-mails, phones, domains, names and implausible records are read: agreement with suites and libraries, and speed.

    python benchmarks/emails_and_phones.py [--data FOLDER] [--rows 1000000] [--differences]

`--differences` prints the tables of docs/email-differences.md and ends.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from payper.normalisation.domains import registrable_domains
from payper.normalisation.emails import ROLES, read_emails
from payper.normalisation.implausible import find_implausible
from payper.normalisation.people import person_keys
from payper.normalisation.phones import read_phones

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


@dataclass(frozen=True)
class Difference:
    """A case on which payper and a suite differ."""

    suite: str
    case: str
    diagnosis: str
    is_accepted: bool
    why: str


def differences(folder: Path) -> list[Difference]:
    """List every case of the suites in `email-syntax` on which payper's verdict is another one.

    A case of either suite counts as legal when the suite says it is (isemail: any category but ISEMAIL_ERR).
    """
    found = []
    for suite, case, address, diagnosis, is_legal in cases(folder):
        read = read_emails(pl.Series([address]))
        is_accepted = read["email_normal"][0] is not None
        if is_accepted != is_legal:
            fault = read["email_fault"][0] or ""
            found.append(Difference(suite, case, diagnosis, is_accepted, _why(address, fault, is_accepted=is_accepted)))
    return found


def cases(folder: Path) -> Iterator[tuple[str, str, str, str, bool]]:
    """Give suite, case id, address, diagnosis and whether the suite calls it legal."""
    for line in (folder / "isemail.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        yield case["source"], str(case["id"]), case["address"], case["diagnosis"], case["category"] != "ISEMAIL_ERR"
    with (folder / "email_validator.jsonl").open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            case = json.loads(line)
            status = case.get("status")
            is_legal = "_ERR_" not in status if status else bool(case.get("output") or case.get("normalized_local_part"))
            address = case.get("email_input", f"{case.get('s', '')}@example.com")
            yield "email_validator", str(number), address, status or case["group"], is_legal


def _why(address: str, fault: str, *, is_accepted: bool) -> str:
    """Name the reason of a difference."""
    if is_accepted and address != address.strip():
        return "white space"
    if is_accepted:
        return "international" if not address.isascii() and len(address) < 64 else "long local part"
    signs = {
        "display name": ("display name",),
        "bracketed address": ("bracket",),
        "length": ("too long", "so many characters"),
        "no top level": ("should have a period", "top-level domain"),
        "reserved name": ("special-use",),
        "IDNA": ("IDNA",),
        "quoted": ("Quoting", "in quotes", "close quote", "something before"),
    }
    for why, words in signs.items():
        if any(word in fault for word in words):
            return why
    return "quoted" if '"' in address and "(" not in address else "comment or inner space"


def print_differences(folder: Path) -> None:
    """Print the tables of docs/email-differences.md."""
    found = differences(folder)
    for why in sorted({one.why for one in found}):
        group = [one for one in found if one.why == why]
        print(f"\n### {why}: {len(group)}\n\n| suite | diagnosis | payper | cases |\n|---|---|---|---|")
        rows = sorted({(one.suite, one.diagnosis, one.is_accepted) for one in group})
        for suite, diagnosis, is_accepted in rows:
            ids = [one.case for one in group if (one.suite, one.diagnosis, one.is_accepted) == (suite, diagnosis, is_accepted)]
            print(f"| {suite} | {diagnosis} | {'accepts' if is_accepted else 'refuses'} | {', '.join(ids)} |")


def agreement(data: Path) -> None:
    """Print agreement on the suites, the phones and the roles, and false hits of implausible records."""
    every = list(cases(data / "email-syntax"))
    print(f"e-mail suites: {len(every) - len(differences(data / 'email-syntax'))} of {len(every)} cases alike")
    phones = pl.read_csv(data / "phone-examples" / "example_numbers.csv", infer_schema_length=0)
    for form in ("e164", "international", "national"):
        # A number of no country (region 001) has no national form.
        part = phones.filter(pl.col("region") != "001") if form == "national" else phones
        read = read_phones(part[form], part["region"].replace({"001": None}))
        alike = (read["is_valid"] == (part["is_valid"] == "1")).sum()
        print(f"phones, {form}: {alike} of {part.height} alike")
    listed = set(pl.read_csv(data / "email-domains" / "role_local_parts.csv")["local_part"])
    hits = ROLES & listed
    precision, recall = len(hits) / len(ROLES), len(hits) / len(listed)
    print(f"roles: {len(ROLES)} listed, {len(hits)} among the sample's {len(listed)}: precision {precision:.2f}, recall {recall:.2f}")
    for name, frame in _real_names(data):
        said = find_implausible(frame).drop_nulls()
        print(f"implausible in {name}: {said.len()} of {frame.height} {said.to_list()[:5]}")


def _real_names(data: Path) -> Iterator[tuple[str, pl.DataFrame]]:
    for name, columns in (
        ("companies/yc_companies.csv.gz", {"name": "company"}),
        ("companies/sp500_constituents.csv", {"name": "company"}),
        ("entity-resolution/febrl1/dataset1.csv.gz", {"given_name": "first_name", "surname": "last_name"}),
        ("entity-resolution/febrl4/dataset4a.csv.gz", {"given_name": "first_name", "surname": "last_name"}),
        ("entity-resolution/febrl4/dataset4b.csv.gz", {"given_name": "first_name", "surname": "last_name"}),
    ):
        frame = pl.read_csv(data / name, infer_schema_length=0)
        frame = frame.rename({column: column.strip() for column in frame.columns})
        yield name, frame.select(pl.col(one).str.strip_chars().alias(other) for one, other in columns.items())


def speed(rows: int) -> None:
    """Print the seconds that `rows` made-up messy leads take, best of three."""
    frame = made_up(rows)
    acts: dict[str, Callable[[], object]] = {
        "read_emails": lambda: read_emails(frame["email"]),
        "registrable_domains (hosts)": lambda: registrable_domains(frame["host"]),
        "registrable_domains (websites)": lambda: registrable_domains(frame["website"]),
        "read_phones": lambda: read_phones(frame["phone"], frame["country"]),
        "person_keys": lambda: person_keys(frame["first_name"], frame["last_name"], frame["host"]),
        "find_implausible": lambda: find_implausible(frame),
    }
    for name, act in acts.items():
        best, cpu = float("inf"), float("inf")
        for _ in range(3):
            started, burnt = time.perf_counter(), time.process_time()
            act()
            best, cpu = min(best, time.perf_counter() - started), min(cpu, time.process_time() - burnt)
        print(f"{name}: {best:.2f} s, {cpu:.2f} s of processor, for {rows:,} rows")


def made_up(rows: int) -> pl.DataFrame:
    """Invent leads: 100 thousand companies, 2 % wrong e-mails, some odd cases, six countries' phones in four ways of writing."""
    chance = np.random.default_rng(7)
    letters = np.array(list("abdeghiklmnoprstu"))

    def words(count: int, length: int) -> np.ndarray:
        return letters[chance.integers(0, len(letters), (count, length))].view(f"<U{length}").ravel()

    ends = np.array([".com"] * 7 + [".co.uk", ".de", ".io"])
    hosts = pl.Series(words(100_000, 8)) + pl.Series(chance.choice(ends, 100_000))
    plans = pl.DataFrame(
        {
            "country": ["US", "US", "US", "GB", "DE", "FR", "NL", "CA"],
            "code": ["1", "1", "1", "44", "49", "33", "31", "1"],
            "start": ["212", "415", "303", "207", "301", "123", "201", "416"],
            "trunk": ["", "", "", "0", "0", "0", "0", ""],
        }
    )
    frame = pl.DataFrame(
        {
            "first_name": pl.Series(words(5_000, 5))[chance.integers(0, 5_000, rows)].str.to_titlecase(),
            "last_name": pl.Series(words(60_000, 7))[chance.integers(0, 60_000, rows)].str.to_titlecase(),
            "host": hosts[chance.integers(0, 100_000, rows)],
        }
    )
    frame = frame.hstack(plans[chance.integers(0, plans.height, rows)])
    frame = frame.with_columns(
        chance=pl.Series(chance.integers(0, 1000, rows)), digits=pl.Series(chance.integers(2_000_000, 9_999_999, rows)).cast(pl.String)
    )
    frame = frame.with_columns(
        digits=pl.when(pl.col("country") == "NL")
        .then(pl.col("digits").str.slice(0, 6))
        .when(pl.col("country") == "FR")
        .then(pl.col("digits").str.slice(0, 6))
        .otherwise("digits")
    )
    plain = pl.format("{}.{}@{}", "first_name", "last_name", "host")
    x = pl.col("chance")
    email = (
        pl.when(x < 8)
        .then(plain.str.replace("@", " at "))
        .when(x < 14)
        .then(plain.str.replace("@", "@@"))
        .when(x < 17)
        .then(plain.str.replace(".", "..", literal=True))
        .when(x < 20)
        .then(pl.format("jörg.{}@{}", "last_name", "host"))
        .when(x < 40)
        .then(pl.format(" {}", plain))
        .when(x < 60)
        .then(pl.lit(None))
        .otherwise(plain.str.to_lowercase())
    )
    national = pl.format("({}{}) {}-{}", "trunk", "start", pl.col("digits").str.slice(0, 3), pl.col("digits").str.slice(3))
    abroad = pl.format("+{} {} {}", "code", "start", "digits")
    phone = (
        pl.when(x < 400)
        .then(national)
        .when(x < 800)
        .then(abroad)
        .when(x < 900)
        .then(pl.format("+{}{}{}", "code", "start", "digits"))
        .when(x < 940)
        .then(pl.format("00{}{}{}", "code", "start", "digits"))
        .when(x < 960)
        .then(pl.format("{} ext. 12", abroad))
        .when(x < 980)
        .then(pl.lit(None))
        .when(x < 990)
        .then(pl.col("digits"))
        .otherwise(pl.format("{} or mobile", national))
    )
    return frame.with_columns(
        email=email,
        phone=phone,
        website=pl.format("https://www.{}/", "host"),
        company=pl.col("host"),
        last_name=pl.when(x < 30).then(pl.format("O'{}", "last_name")).otherwise("last_name"),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--differences", action="store_true")
    chosen = parser.parse_args()
    if chosen.differences:
        print_differences(chosen.data / "email-syntax")
        return
    if chosen.data.is_dir():
        for one in differences(chosen.data / "email-syntax"):
            print(f"{one.suite} {one.case} {one.diagnosis}: payper {'accepts' if one.is_accepted else 'refuses'} it ({one.why})")
        agreement(chosen.data)
    speed(chosen.rows)


if __name__ == "__main__":
    main()
