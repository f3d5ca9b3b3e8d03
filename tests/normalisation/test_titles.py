"""Job titles: the function and the step of the ladder they name."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payper.normalisation.titles import FUNCTIONS, SENIORITY, functions_page, read_titles, seniority_rank

ROOT = Path(__file__).resolve().parents[2]

TITLES = """
Vice President of Information Technology | it                 | vp
CIO                                      | it                 | c-level
Head of Procurement                      | procurement        | director
VP Eng                                   | engineering        | vp
Sr. Software Eng                         | engineering        | senior
Assistant to the CEO                     | operations         | entry
Executive Assistant to CFO               | operations         | entry
Chief of Staff                           | general management | director
Managing Director                        | general management | c-level
Managing Director, Buyouts               | finance            | director
Director General                         | general management | c-level
Account Director                         | sales              | director
Account Executive                        | sales              | entry
Product Owner                            | product            | entry
Business Owner                           | general management | owner
Co-founder                               | general management | owner
Partner                                  | general management | owner
HR Business Partner                      | hr                 | entry
President                                | general management | c-level
President & CEO                          | general management | c-level
President, Sales                         | sales              | vp
Vice President, Sales                    | sales              | vp
V.P. of Operations and I.T               | it                 | vp
EVP, Human Resources                     | hr                 | vp
Associate Director, Finance              | finance            | director
Deputy CEO                               | general management | vp
Deputy Chief Compliance Officer          | legal              | vp
Acting CFO                               | finance            | c-level
Interim CIO                              | it                 | c-level
Former CEO                               |                    |
Former CEO, Marketing Consultant         | marketing          | entry
Lead Engineer                            | engineering        | manager
Team Lead, Customer Success              | customer           | manager
Dir. Marketing                           | marketing          | director
HR Mgr                                   | hr                 | manager
Jr Dev                                   | engineering        | entry
CISO                                     | security           | c-level
CPO                                      | product            | c-level
Chief Accountant                         | finance            | director
CEO & Founder                            | general management | owner
Manager / Director                       |                    | director
Software Engineer                        | engineering        | entry
Accountant                               | finance            | entry
Marketing Intern                         | marketing          | intern
Office of the CEO                        |                    |
Professor at the University of X         | education          | entry
Geschäftsführer                          | general management | c-level
Geschaeftsfuehrerin                      | general management | c-level
Leiter IT                                | it                 | director
IT-Leiter                                | it                 | director
Vertriebsleiter                          | sales              | director
Teamleiter Einkauf                       | procurement        | manager
Assistentin der Geschäftsführung         | operations         | entry
Directeur Général                        | general management | c-level
Directrice Marketing                     | marketing          | director
Responsable achats                       | procurement        | manager
Chef de projet                           | operations         | manager
Gerente de ventas                        | sales              | manager
Jefe de compras                          | procurement        | manager
Consejero Delegado                       | general management | c-level
Diretor Financeiro                       | finance            | director
Direttore Generale                       | general management | c-level
Hoofd inkoop                             | procurement        | director
asdf                                     |                    |
"""
LADDER = [[part.strip() or None for part in line.split("|")] for line in TITLES.strip().splitlines()]


@pytest.mark.parametrize(("title", "function", "seniority"), LADDER)
def test_a_title_names_its_function_and_seniority(title, function, seniority):
    assert read_titles(pl.Series([title])).row(0) == (function, seniority)


def test_an_empty_title_says_nothing():
    assert read_titles(pl.Series(["", " ", None, "---"])).rows() == [(None, None)] * 4
    assert read_titles(pl.Series([], dtype=pl.String)).rows() == []


def test_owner_ranks_equal_to_c_level():
    assert seniority_rank("owner") == seniority_rank("c-level")
    assert [seniority_rank(word) for word in SENIORITY[:-1]] == list(range(7))


def test_the_functions_are_the_closed_list():
    assert FUNCTIONS == (
        "it", "engineering", "security", "data", "product", "operations", "finance", "legal", "hr", "marketing", "sales", "customer",
        "procurement", "supply chain", "research", "medical", "education", "general management", "other",
    )  # fmt: skip


@settings(max_examples=25)
@given(st.lists(st.one_of(st.none(), st.sampled_from([row[0] for row in LADDER]), st.text(max_size=12)), max_size=12))
def test_a_title_is_read_alike_in_any_column(titles):
    alone = [read_titles(pl.Series([title], dtype=pl.String)).row(0) for title in titles]
    assert read_titles(pl.Series(titles, dtype=pl.String)).rows() == alone


@given(st.sampled_from([row[0] for row in LADDER]))
def test_case_does_not_change_a_title(title):
    assert read_titles(pl.Series([title.upper()])).rows() == read_titles(pl.Series([title.lower()])).rows()


def test_the_page_of_functions_is_current():
    assert (ROOT / "docs" / "functions.md").read_text(encoding="utf-8") == functions_page()


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("benchmark_titles", ROOT / "benchmarks" / "titles.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.shared_data
def test_labelled_titles_are_read_as_people_read_them(shared_data, benchmark):
    """The floors stand just below what was measured in 2026-11; what the three areas are is told in the benchmark."""
    frame = benchmark.labelled(shared_data / "job-titles")
    assert benchmark.accuracy(frame, "level") >= 0.85
    assert benchmark.accuracy(frame, "drawn_area") >= 0.72
    assert benchmark.accuracy(frame, "three_areas") >= 0.80


@pytest.mark.shared_data
def test_most_titles_of_a_long_list_are_recognised(shared_data, benchmark):
    read = benchmark.coverage(shared_data / "job-titles")
    assert 1 - read["seniority"].null_count() / read.height >= 0.95
    assert 1 - read["function"].null_count() / read.height >= 0.73
    assert benchmark.agreement(benchmark.postings(shared_data / "job-titles")) >= 0.76
