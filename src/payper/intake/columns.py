"""Which columns a file of each subject may have, and how senders head them.

The spellings are those of common exports (HubSpot, Salesforce, Marketo, Pardot, Eloqua, Integrate, LinkedIn lead gen forms) and of plain
spreadsheets in English, German, French and Spanish. Spellings are compared folded: case, accents, blanks and punctuation do not
matter. The order of spellings is the order of preference when a file has several.
"""

# ruff: noqa: E501  # a column and its spellings stand together
from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Literal

from payper.deliveries import ANSWER_PREFIX, SCHEMA
from payper.journey import EVENT_SCHEMA, RETURN_SCHEMA

Subject = Literal["deliveries", "milestones", "returns", "crm", "list"]

FULL_NAME = "full_name"
"""A name in one column; the caller splits it into first and last name."""

_PERSON = {
    "email": "Email, Email Address, Work Email, Business Email, Corporate Email, Company Email, Professional Email, E-mail, E-Mail Address, Mail, "
    "Email 1, Primary Email, E-Mail-Adresse, Geschäftliche E-Mail, Adresse e-mail, Adresse électronique, Courriel, E-mail professionnel, "
    "Correo electrónico, Correo, Dirección de correo",
    "first_name": "First Name, Firstname, First, Given Name, Forename, FName, Vorname, Prénom, Nombre, Nombre de pila",
    "last_name": "Last Name, Lastname, Last, Surname, Family Name, LName, Nachname, Familienname, Nom de famille, Nom, Apellido, Apellidos",
    "company": "Company, Company Name, Company / Account, Account Name, Account, Organization, Organization Name, Organisation, Organisation Name, Employer, "
    "Business Name, Associated Company, Current Company, Firma, Firmenname, Unternehmen, Unternehmensname, Entreprise, Société, "
    "Nom de l'entreprise, Empresa, Nombre de la empresa, Compañía",
}

_DELIVERIES = {
    "external_id": "External ID, Lead ID, Record ID, Record ID - Contact, Contact ID, Prospect ID, Person ID, Response ID, Submission ID, "
    "Delivery ID, Reference, Reference ID, Unique ID, UUID, GUID, Lead Number, Lead Ref, ID, Vid, Lead-ID, Identifiant, Identificador",
    "kind": "Kind, Delivery Type, Record Type, Lead Type, Type",
    "generated_at": "Generated At, Generated, Date Generated, Generation Date, Lead Created At, Lead Date, Create Date, Created Date, Created At, "
    "Created, Creation Date, Date Created, Create Time, Created Time, Created On, Download Date, Date Downloaded, Engagement Date, Submission Date, "
    "Submission Time, Submitted At, Submitted On, Submit Date, Conversion Date, Recent Conversion Date, First Conversion Date, "
    "Date Submitted, Response Date, Timestamp, Date/Time, Date Time, Date and Time, Lead Timestamp, Erstellt am, Erstellungsdatum, Date de création, "
    "Fecha de creación, Date, Datum, Fecha",
    "delivered_at": "Delivered At, Delivered, Delivered Date, Delivered On, Delivered Time, Date Delivered, Delivery Date, Delivery Time, Delivery Timestamp, Sent At, Date Sent, "
    "Uploaded At, Upload Date, Received At, Geliefert am, Lieferdatum, Date de livraison, Fecha de entrega",
    **_PERSON,
    FULL_NAME: "Full Name, Fullname, Contact Name, Lead Name, Person Name, Prospect Name, Name, Vollständiger Name, Nom complet, Nombre completo",
    "phone": "Phone, Phone Number, Business Phone, Work Phone, Work Phone Number, Direct Phone, Direct Dial, Office Phone, Company Phone, "
    "Telephone, Telephone Number, Tel, Telefon, Telefonnummer, Téléphone, Teléfono, Mobile Phone Number, Mobile Phone, Mobile, Mobile Number, "
    "Cell Phone, Cell, Phone 1",
    "title": "Title, Job Title, Jobtitle, Position, Job Role, Job Position, Role, Occupation, Current Title, Berufsbezeichnung, Stellenbezeichnung, "
    "Jobtitel, Poste, Intitulé du poste, Fonction, Cargo, Puesto",
    "website": "Website, Company Website, Website URL, Web Site, Company URL, Company Domain Name, Company Domain, Domain, Domain Name, Email Domain, "
    "URL, Homepage, Webseite, Site web, Sitio web, Página web",
    "country": "Country, Country/Region, Country Code, Country Name, Company Country, Company Country/Region, Mailing Country, Billing Country, "
    "Inferred Country, HQ Country, Land, Pays, País",
    "region": "Region, State, State/Region, State/Province, State or Province, State Code, Province, County, Mailing State, Mailing State/Province, "
    "Billing State, Inferred State Region, Company State, Bundesland, Région, Provincia, Estado",
    "city": "City, Town, Mailing City, Billing City, Inferred City, Company City, Stadt, Ort, Ville, Ciudad",
    "postal_code": "Postal Code, Postcode, Post Code, Zip, Zip Code, Zip/Postal Code, ZIP/Postcode, Mailing Zip/Postal Code, "
    "Mailing Postal Code, Billing Zip/Postal Code, Inferred Postal Code, PLZ, Postleitzahl, Code postal, Código postal",
    "industry": "Industry, Company Industry, Industry Name, Industry Type, Primary Industry, Sector, Vertical, SIC Code, NAICS Code, NAICS, SIC, "
    "Branche, Secteur, Secteur d'activité, Industria, Sector industrial",
    "employees": "Employees, Number of Employees, No. of Employees, # of Employees, Employee Count, Num Employees, Numemployees, NumberOfEmployees, "
    "Employee Range, Employee Size, Employees Range, Company Size, Company Size Range, Company Headcount, Headcount, Size, Total Employees, "
    "Mitarbeiter, Mitarbeiterzahl, Anzahl Mitarbeiter, Unternehmensgröße, Effectif, Nombre d'employés, Taille de l'entreprise, Empleados, "
    "Número de empleados",
    "revenue": "Revenue, Annual Revenue, AnnualRevenue, Company Revenue, Revenue Range, Annual Revenue Range, Company Annual Revenue, Turnover, "
    "Annual Turnover, Sales Volume, Umsatz, Jahresumsatz, Chiffre d'affaires, Ingresos anuales, Facturación",
    "linkedin_url": "LinkedIn URL, LinkedIn, LinkedIn Profile, LinkedIn Profile URL, Linkedin Bio, Person LinkedIn URL, Contact LinkedIn URL, "
    "LinkedIn Profile Link",
    "campaign": "Campaign, Campaign Name, Program Name, Program, Programme, Campaign ID, UTM Campaign, Acquisition Program, Order Name, Kampagne, Campagne, "
    "Campaña",
    "asset": "Asset, Asset Name, Asset Title, Asset Downloaded, Content, Content Title, Content Name, Content Asset, Whitepaper, White Paper, "
    "Whitepaper Title, Document, Resource, Offer, Form Name, Recent Conversion, First Conversion",
    "channel": "Channel, Lead Source, Leadsource, Source, Original Source, Original Source Type, Lead Channel, Traffic Source, UTM Source, UTM Medium, "
    "Person Source, Medium, Quelle, Canal, Fuente",
    "consent_at": "Consent At, Consent Date, Consent Timestamp, Consent Time, Opt-in Date, Opt In Date, Opt-in Timestamp, Opt-in At, Optin Date, "
    "Date of Consent, GDPR Consent Date, Permission Date, Einwilligungsdatum, Einwilligung am, Date de consentement, Fecha de consentimiento",
    "consent_text": "Consent Text, Consent, Consent Statement, Consent Language, Consent Wording, Opt-in Text, Opt In Text, Opt-in Language, "
    "Opt-in Statement, Opt-in, Privacy Statement, Legal Basis for Processing Contact's Data, Einwilligung, Einwilligungstext, Consentement, "
    "Texte de consentement, Consentimiento",
    "ip": "IP, IP Address, IP-Address, Client IP, Remote IP, User IP, IP Adresse, Adresse IP, Dirección IP",
    "replaces": "Replaces, Replaces ID, Replacement For, Replacement Of, Replaced Lead ID, Replaces Lead, Ersatz für, Remplace, Reemplaza",
    "meeting_at": "Meeting At, Meeting Date, Meeting Time, Meeting Date/Time, Meeting Date and Time, Meeting Start, Meeting Start Time, Appointment Date, "
    "Appointment Time, Appointment Date/Time, Appointment At, Scheduled At, Scheduled For, Start Time, Event Start, Termin, Termin am, "
    "Date du rendez-vous, Fecha de la reunión",
    "meeting_minutes": "Meeting Minutes, Meeting Duration, Meeting Length, Duration, Duration Minutes, Duration (minutes), Dauer, Durée, Duración",
    "attendees": "Attendees, Meeting Attendees, Participants, Guests, Invitees, Teilnehmer, Participants à la réunion, Asistentes",
}

_CONTRACT = "Contract, Contract ID, Contract Name, Contract Number, Insertion Order, IO Number, Order ID, Vertrag, Contrat, Contrato"
_EXTERNAL = _DELIVERIES["external_id"]

_MILESTONES = {
    "contract": _CONTRACT,
    "external_id": _EXTERNAL,
    "email": _PERSON["email"],
    "milestone": "Milestone, Event, Event Type, Step, Stage, Stage Name, Deal Stage, Lifecycle Stage, Opportunity Stage, Lead Status, Status, Disposition, "
    "Outcome, Meeting Outcome, Meilenstein, Phase, Étape, Etapa",
    "reason": "Reason, Reason Code, Lost Reason, Closed Lost Reason, Loss Reason, Status Reason, Disqualification Reason, Grund, Motif, Motivo",
    "happened_at": "Happened At, Occurred At, Event Date, Event Time, Event Timestamp, Milestone Date, Activity Date, Stage Date, Date Entered Stage, Date, "
    "Timestamp, Date/Time, Date Time, Date and Time, Meeting Date, Meeting Start Time, Close Date, Closed Date, Closed At, Last Modified Date, "
    "Last Modified, Updated At, Created Date, Created At, Create Date, Datum, Fecha",
    "amount": "Amount, Deal Amount, Opportunity Amount, Deal Value, Value, Revenue, Amount in Company Currency, Contract Value, ACV, TCV, Betrag, "
    "Montant, Importe",
    "currency": "Currency, Currency Code, Currency ISO Code, Deal Currency, Amount Currency, Opportunity Currency, Währung, Devise, Moneda",
    "source": "Source, System, Source System, Recorded By System, Origin, Quelle, Fuente",
    "source_id": "Source ID, Event ID, Activity ID, Opportunity ID, Deal ID, Task ID, Meeting ID, Engagement ID",
}

_RETURNS = {
    "contract": _CONTRACT,
    "external_id": _EXTERNAL,
    "email": _PERSON["email"],
    "reason": "Reason, Reason Code, Return Reason, Reject Reason, Rejection Reason, Dispute Reason, Claim Reason, Code, Grund, Motif, Motivo",
    "claimed_at": "Claimed At, Claim Date, Claimed On, Return Date, Returned At, Date Returned, Dispute Date, Disputed At, Rejected At, Date Rejected, "
    "Date, Timestamp, Created At, Datum, Fecha",
    "evidence": "Evidence, Proof, Proof URL, Attachment, Bounce Message, Comment, Comments, Notes, Details, Beleg, Nachweis, Preuve, Prueba",
    "contested_at": "Contested At, Contested On, Date Contested, Contest Date",
    "decision": "Decision, Resolution, Return Status, Outcome, Status, Result, Entscheidung, Décision, Decisión",
    "decided_at": "Decided At, Decided On, Decision Date, Resolution Date, Resolved At, Date Resolved",
    "decided_by": "Decided By, Decider, Resolved By, Approver, Approved By, Reviewer",
}

_CRM = {**_PERSON, FULL_NAME: _DELIVERIES[FULL_NAME]}
_LIST = {
    "email": _PERSON["email"],
    "website": _DELIVERIES["website"],
    "company": _PERSON["company"] + ", Name",
    "entry": "Entry, Entries, Value, SHA256, SHA-256, Hash, Hashed Email, Email SHA256, Email Hash",
}

_SPELLINGS: dict[str, dict[str, str]] = {
    "deliveries": _DELIVERIES,
    "milestones": _MILESTONES,
    "returns": _RETURNS,
    "crm": _CRM,
    "list": _LIST,
}

_PLACES = frozenset({"file", "row"})
_WIDE = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_PREFIXES = ("contact", "lead", "prospect", "person", "attendee", "respondent", "your", "delegate", "registrant")


def names_of(subject: Subject) -> tuple[str, ...]:
    """List the canonical columns of a subject, in order, with `full_name` where a name may come in one column."""
    if subject == "deliveries":
        return (*SCHEMA, FULL_NAME)
    if subject == "milestones":
        return tuple(name for name in EVENT_SCHEMA if name not in _PLACES)
    if subject == "returns":
        return tuple(name for name in RETURN_SCHEMA if name not in _PLACES)
    return tuple(_SPELLINGS[subject])


def fold(header: str) -> str:
    """Fold a header for comparing: no case, accents, blanks or punctuation; `#` is «number»."""
    spelled = unicodedata.normalize("NFKD", header.replace("#", " number ")).casefold()
    return "".join(character for character in spelled if character.isalnum())


def folds(header: str) -> tuple[str, ...]:
    """Give a header folded as it stands, then without what is in brackets, then without a leading «lead», «contact» and the like."""
    whole = fold(header)
    bare = fold(_WIDE.sub(" ", header)) or whole
    shorter = [bare[len(prefix) :] for prefix in _PREFIXES if bare.startswith(prefix) and len(bare) > len(prefix) + 1]
    return tuple(dict.fromkeys((whole, bare, *shorter)))


@cache
def known_spellings(subject: Subject) -> dict[str, tuple[str, int]]:
    """Give, for each folded spelling of a subject, its canonical column and its place in the order of preference."""
    known: dict[str, tuple[str, int]] = {}
    for canonical, spellings in _SPELLINGS[subject].items():
        for place, spelling in enumerate(spellings.split(", ")):
            known.setdefault(fold(spelling), (canonical, place))
    return known


def is_canonical(name: str, subject: Subject) -> bool:
    """Tell whether a name is one of the subject's columns; a delivery may have any `answer_<field>`."""
    return name in names_of(subject) or (subject == "deliveries" and name.startswith(ANSWER_PREFIX) and len(name) > len(ANSWER_PREFIX))
