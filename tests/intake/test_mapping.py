"""Headers of common exports are recognised, and mapping.toml has the last word."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payper.deliveries import SCHEMA
from payper.errors import FileError
from payper.intake import Mapping, apply, guess, names_of

# Headers as such systems name them; the lists are our own.
EXPORTS = {
    "hubspot": {
        "external_id": "Record ID",
        "first_name": "First Name",
        "last_name": "Last Name",
        "email": "Email",
        "phone": "Phone Number",
        "title": "Job Title",
        "company": "Company Name",
        "website": "Website URL",
        "country": "Country/Region",
        "region": "State/Region",
        "postal_code": "Postal Code",
        "employees": "Number of Employees",
        "revenue": "Annual Revenue",
        "generated_at": "Create Date",
        "channel": "Original Source",
        "city": "City",
    },
    "salesforce": {
        "external_id": "Lead ID",
        "first_name": "First Name",
        "last_name": "Last Name",
        "company": "Company / Account",
        "title": "Title",
        "email": "Email",
        "phone": "Phone",
        "region": "State/Province",
        "postal_code": "Zip/Postal Code",
        "country": "Country",
        "employees": "No. of Employees",
        "channel": "Lead Source",
        "generated_at": "Created Date",
        "industry": "Industry",
    },
    "marketo": {
        "external_id": "id",
        "first_name": "firstName",
        "last_name": "lastName",
        "email": "email",
        "company": "company",
        "title": "title",
        "phone": "phone",
        "employees": "numberOfEmployees",
        "revenue": "annualRevenue",
        "generated_at": "createdAt",
        "country": "country",
        "channel": "leadSource",
    },
    "linkedin": {
        "external_id": "Lead ID",
        "generated_at": "Lead Created At",
        "first_name": "First name",
        "last_name": "Last name",
        "email": "Work email",
        "title": "Job title",
        "company": "Company name",
        "employees": "Company size",
        "country": "Country/Region",
        "campaign": "Campaign Name",
        "linkedin_url": "LinkedIn profile URL",
        "asset": "Form Name",
    },
    "german": {
        "first_name": "Vorname",
        "last_name": "Nachname",
        "email": "E-Mail-Adresse",
        "company": "Firma",
        "phone": "Telefonnummer",
        "country": "Land",
        "postal_code": "PLZ",
        "employees": "Mitarbeiterzahl",
        "consent_at": "Einwilligungsdatum",
    },
    "french": {
        "first_name": "Prénom",
        "last_name": "Nom",
        "email": "Adresse e-mail",
        "company": "Société",
        "country": "Pays",
        "title": "Poste",
    },
    "spanish": {"first_name": "Nombre", "last_name": "Apellidos", "email": "Correo electrónico", "company": "Empresa", "country": "País"},
    "appointments": {
        "meeting_at": "Meeting Date",
        "meeting_minutes": "Duration (minutes)",
        "attendees": "Attendees",
        "email": "Contact Email",
        "consent_text": "Opt-in text",
        "consent_at": "Opt-in date",
        "ip": "IP Address",
    },
}


@pytest.mark.parametrize("system", EXPORTS)
def test_the_headers_of_common_exports_are_recognised(system: str) -> None:
    headers = [*EXPORTS[system].values(), "Owner", "Last Activity Note"]
    mapping = guess(headers, subject="deliveries")
    assert mapping.columns == EXPORTS[system]
    assert mapping.unmapped == ("Owner", "Last Activity Note")


def test_canonical_names_map_to_themselves() -> None:
    headers = [*reversed(SCHEMA), "answer_timeframe"]
    mapping = guess(headers, subject="deliveries")
    assert mapping.columns == {name: name for name in headers}
    assert mapping.missing == ()


@given(
    st.lists(
        st.sampled_from(["Email", "Work Email", "email", "E-mail", "Name", "First Name", "Phone", "Mobile", "State", "Region", "x"]),
        unique=True,
    )
)
def test_no_header_is_used_twice_and_none_is_lost(headers: list[str]) -> None:
    mapping = guess(headers, subject="deliveries")
    used = list(mapping.columns.values())
    assert len(used) == len(set(used))
    assert sorted([*used, *mapping.unmapped]) == sorted(headers)


def test_the_better_of_two_headers_wins_and_the_other_is_listed() -> None:
    mapping = guess(["Mobile Phone", "Work Email", "Phone", "email"], subject="deliveries")
    assert mapping.columns == {"email": "email", "phone": "Phone"}
    assert mapping.unmapped == ("Mobile Phone", "Work Email")


def test_one_name_column_is_left_to_be_split_unless_both_parts_are_there() -> None:
    assert guess(["Name", "Email"], subject="deliveries").columns["full_name"] == "Name"
    assert "full_name" not in guess(["Name", "First Name", "Surname"], subject="deliveries").columns


def test_a_question_of_the_contract_is_found_by_its_name_and_no_other_is_guessed() -> None:
    mapping = guess(["Q: Timeframe", "Time Frame", "Budget?"], subject="deliveries", questions=["timeframe"])
    assert mapping.columns == {"answer_timeframe": "Time Frame"}
    assert mapping.unmapped == ("Q: Timeframe", "Budget?")


def test_values_tell_what_headers_do_not() -> None:
    samples = pl.DataFrame({"Title": ["Mr", "Mrs.", "Dr"], "Login": ["a@b.com", "c@d.org", None]})
    mapping = guess(["Title", "Login"], subject="deliveries", samples=samples)
    assert mapping.columns == {"email": "Login"}


@pytest.mark.parametrize(
    ("subject", "headers", "columns"),
    [
        (
            "milestones",
            ["Deal ID", "Email", "Deal Stage", "Close Date", "Amount", "Currency"],
            "source_id email milestone happened_at amount currency",
        ),
        ("returns", ["Lead ID", "Return Reason", "Date Returned", "Notes"], "external_id reason claimed_at evidence"),
        ("crm", ["Email Address", "First Name", "Last Name", "Account Name"], "email first_name last_name company"),
        ("list", ["Blocked"], "entry"),
        ("list", ["Domain"], "website"),
    ],
)
def test_other_files_are_recognised_too(subject: str, headers: list[str], columns: str) -> None:
    assert guess(headers, subject=subject).columns == dict(zip(columns.split(), headers, strict=True))  # type: ignore[arg-type]


TOML = """
date_order = "dmy"
timezone = "Europe/Berlin"
ignore = ["Internal"]
colums = 1

[columns]
email = "login"
emial = "Mail"
phone = "Phon"

[files."jan*.csv".columns]
title = "Function"

[constants]
country = "DE"

[values.kind]
"MQL Premium" = "lead"
"""


def test_mapping_toml_wins_over_the_guess_and_its_slips_are_findings() -> None:
    headers = ["Login", "Email", "Phone", "Function", "Internal", "Type"]
    mapping = Mapping.read(TOML, headers, file="deliveries/x/jan-1.csv")
    assert mapping.columns == {"email": "Login", "title": "Function", "phone": "Phone", "kind": "Type"}
    assert mapping.unmapped == ("Email",)
    assert (mapping.date_order, mapping.timezone, mapping.ignored) == ("dmy", "Europe/Berlin", ("Internal",))
    assert mapping.findings == (
        "mapping.toml:5: `colums` is no key of a mapping; did you mean `columns`?",
        "mapping.toml:9: `emial` is no column of deliveries; did you mean `email`?",
        "mapping.toml:10: the file has no column `Phon`; did you mean `Phone`?",
    )
    raw = pl.DataFrame(
        {"Login": ["a@b.c"], "Email": ["x"], "Type": ["mql premium"], "Internal": ["n"], "row": [7], "fault": [None], "raw": [None]}
    )
    assert apply(raw, mapping, keep=["Internal"]).to_dicts() == [
        {"kind": "lead", "email": "a@b.c", "country": "DE", "Internal": "n", "row": 7, "fault": None, "raw": None}
    ]


def test_a_saved_guess_reads_back_as_it_was() -> None:
    headers = ['Wo"rk Email', "Work Email", "First Name", "Surname", "answer_time frame", "Änderung"]
    mapping = guess(headers, subject="deliveries")
    again = Mapping.read(mapping.to_toml(), headers)
    assert again.columns == mapping.columns
    assert again.findings == ()


def test_text_that_is_no_toml_is_refused_in_words() -> None:
    with pytest.raises(FileError, match="no TOML"):
        Mapping.read("[columns\n", ["a"])


def test_a_mapping_is_shown_in_lines() -> None:
    lines = guess(["Email", "Owner"], subject="crm").describe()
    assert lines == ["email <- `Email` (its own name)", "not used: `Owner`", "not in the file: first_name, last_name, company, full_name"]


def test_every_subject_names_its_columns() -> None:
    assert names_of("list") == ("email", "website", "company", "entry")
    assert {"contract", "claimed_at"} <= set(names_of("returns"))
    assert "file" not in names_of("milestones")


HEADERS_BY_LANGUAGE = {
    "German": "external_id: Lead-Nr; delivered_at: Übergeben am; generated_at: Erfasst am; company: Firma; first_name: Vorname; last_name: Nachname; "
    "email: E-Mail; phone: Telefon; country: Land; title: Position; employees: Mitarbeiter; revenue: Umsatz; industry: Branche; website: Webseite; "
    "city: Ort; postal_code: PLZ; consent_at: Einwilligung vom; channel: Kanal; meeting_at: Terminbeginn; attendees: Teilnehmer",
    "French": "external_id: N° de lead; delivered_at: Transmis le; generated_at: Créé le; company: Société; first_name: Prénom; last_name: Nom; "
    "email: E-mail professionnel; phone: Téléphone; country: Pays; title: Poste; employees: Nombre de salariés; revenue: Chiffre d'affaires; "
    "industry: Secteur d'activité; website: Site internet; consent_at: Date du consentement; meeting_at: Date de rendez-vous",
    "Spanish": "external_id: N.º de lead; delivered_at: Fecha de envío; generated_at: Creado el; company: Empresa; first_name: Nombre; "
    "last_name: Apellidos; email: Correo electrónico; phone: Móvil; country: País; title: Cargo; employees: N.º de empleados; revenue: Facturación; "
    "industry: Sector; website: Página web; consent_at: Fecha del consentimiento; meeting_at: Fecha de la cita",
    "Dutch": "external_id: Leadnummer; delivered_at: Geleverd op; generated_at: Aangemaakt op; company: Bedrijfsnaam; first_name: Voornaam; "
    "last_name: Achternaam; email: Zakelijk e-mailadres; phone: Telefoonnummer; country: Land; title: Functie; employees: Aantal medewerkers; "
    "revenue: Omzet; industry: Branche; city: Plaats; postal_code: Postcode; consent_at: Toestemmingsdatum; meeting_at: Datum afspraak",
}  # fmt: skip


@pytest.mark.parametrize("language", HEADERS_BY_LANGUAGE)
def test_headers_of_four_languages_are_recognised(language: str) -> None:
    pairs = [(name, header) for name, header in (pair.split(": ") for pair in HEADERS_BY_LANGUAGE[language].split("; "))]
    mapping = guess([header for _, header in pairs], subject="deliveries")
    assert mapping.columns == dict(pairs)
    assert not mapping.unmapped


@pytest.mark.parametrize("header", ["Nr.", "Numéro", "Nummer", "Umsatz (Mio. €)", "Revenue ($M)", "Annual Revenue (in thousand)"])
def test_headers_that_would_mislead_are_not_guessed(header: str) -> None:
    """A running number is no external id, and `12` under millions is not twelve."""
    assert guess([header], subject="deliveries").columns == {}


def test_a_header_that_lost_to_another_is_told_unless_it_says_the_same() -> None:
    headers = ["Email", "Work Email", "Company", "Account Name"]
    samples = pl.DataFrame({"Email": ["a@x.com"], "Work Email": ["b@x.com"], "Company": ["Acme"], "Account Name": ["Acme"]})
    mapping = guess(headers, subject="deliveries", samples=samples)
    assert mapping.rivals == {"Work Email": "email"}
    told = Mapping.read('[columns]\nemail = "Work Email"\n', headers, samples=samples)
    assert (told.columns["email"], told.rivals) == ("Work Email", {})


def test_a_mapping_in_brief_leaves_out_what_is_plain() -> None:
    assert (
        guess(["email", "E-Mail 3", "Job Title", "Company"], subject="deliveries").brief() == "title from `Job Title`; not used `E-Mail 3`"
    )
    assert guess(["email", "Title", "COMPANY"], subject="deliveries").brief() == ""
