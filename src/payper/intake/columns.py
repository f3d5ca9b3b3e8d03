"""Which columns a file of each subject may have, and how senders head them.

The spellings are those of common exports (HubSpot, Salesforce, Marketo, Pardot, Eloqua, Integrate, LinkedIn lead gen forms) and of plain
spreadsheets in English, German, French, Spanish and Dutch. Spellings are compared folded: case, accents, blanks and punctuation do not
matter. The order of spellings is the order of preference when a file has several. A bare «Nr», «Numéro» or «Nummer» is left out on
purpose: it mostly counts the rows of one file, and as an external id it would make the next file's rows look sent again.
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
    "Correo electrónico, Correo, Dirección de correo, "
    "E-Mail geschäftlich, E-Mail (geschäftlich), Geschäftliche E-Mail-Adresse, Firmen-E-Mail, Mailadresse, Adresse mail, "
    "Adresse e-mail professionnelle, E-mail pro, E-mail corporativo, Correo corporativo, E-mail de trabajo, E-mailadres, "
    "Zakelijk e-mailadres, Zakelijke e-mail",
    "first_name": "First Name, Firstname, First, Given Name, Forename, FName, Vorname, Prénom, Nombre, Nombre de pila, "
    "Primer nombre, Voornaam",
    "last_name": "Last Name, Lastname, Last, Surname, Family Name, LName, Nachname, Familienname, Nom de famille, Nom, Apellido, Apellidos, "
    "Zuname, Primer apellido, Achternaam, Familienaam",
    "company": "Company, Company Name, Company / Account, Account Name, Account, Organization, Organization Name, Organisation, Organisation Name, Employer, "
    "Business Name, Associated Company, Current Company, Firma, Firmenname, Unternehmen, Unternehmensname, Entreprise, Société, "
    "Nom de l'entreprise, Empresa, Nombre de la empresa, Compañía, "
    "Firmenbezeichnung, Organisatie, Raison sociale, Nom de la société, Razón social, Bedrijf, Bedrijfsnaam, Organisatienaam, "
    "Naam bedrijf",
}

_DELIVERIES = {
    "external_id": "External ID, Lead ID, Record ID, Record ID - Contact, Contact ID, Prospect ID, Person ID, Response ID, Submission ID, "
    "Delivery ID, Reference, Reference ID, Unique ID, UUID, GUID, Lead Number, Lead Ref, ID, Vid, Lead-ID, Identifiant, Identificador, "
    "Lead-Nr, Lead Nr., Lead-Nummer, Leadnummer, Lead-Kennung, Kontakt-ID, Referenz, Referenznummer, N° de lead, Numéro de lead, "
    "Numéro du lead, Identifiant du lead, N.º de lead, Número de lead, ID de lead, ID del lead, Referencia, Lead-nr., Referentie, "
    "Referentienummer, Kenmerk",
    "kind": "Kind, Delivery Type, Record Type, Lead Type, Type, "
    "Lead-Art, Art des Leads, Lieferart, Type de lead, Tipo de lead, Tipo, Soort, Soort lead",
    "generated_at": "Generated At, Generated, Date Generated, Generation Date, Lead Created At, Lead Date, Create Date, Created Date, Created At, "
    "Created, Creation Date, Date Created, Create Time, Created Time, Created On, Download Date, Date Downloaded, Engagement Date, Submission Date, "
    "Submission Time, Submitted At, Submitted On, Submit Date, Conversion Date, Recent Conversion Date, First Conversion Date, "
    "Date Submitted, Response Date, Timestamp, Date/Time, Date Time, Date and Time, Lead Timestamp, Erstellt am, Erstellungsdatum, Date de création, "
    "Fecha de creación, Date, Datum, Fecha, "
    "Generiert am, Erzeugt am, Erfasst am, Angelegt am, Eingegangen am, Erstellt, Erfassungsdatum, Anlagedatum, Zeitstempel, "
    "Généré le, Créé le, Date de génération, Date de collecte, Horodatage, Generado el, Creado el, Fecha de generación, "
    "Fecha de alta, Marca temporal, Gegenereerd op, Aangemaakt op, Aangemaakt, Aanmaakdatum, Tijdstempel",
    "delivered_at": "Delivered At, Delivered, Delivered Date, Delivered On, Delivered Time, Date Delivered, Delivery Date, Delivery Time, Delivery Timestamp, Sent At, Date Sent, "
    "Uploaded At, Upload Date, Received At, Geliefert am, Lieferdatum, Date de livraison, Fecha de entrega, "
    "Übergeben am, Uebergeben am, Übergabedatum, Übergabe am, Übergabe, Übermittelt am, Zugestellt am, Gesendet am, Livré le, "
    "Transmis le, Envoyé le, Date de transmission, Date d'envoi, Date de remise, Entregado el, Enviado el, Fecha de envío, "
    "Geleverd op, Aangeleverd op, Verzonden op, Leverdatum, Datum levering",
    **_PERSON,
    FULL_NAME: "Full Name, Fullname, Contact Name, Lead Name, Person Name, Prospect Name, Name, Vollständiger Name, Nom complet, Nombre completo, "
    "Ansprechpartner, Ansprechpartnerin, Kontaktperson, Kontaktname, Kontakt, Interlocuteur, Nom et prénom, Prénom et nom, "
    "Persona de contacto, Nombre y apellidos, Contactpersoon, Volledige naam, Naam",
    "phone": "Phone, Phone Number, Business Phone, Work Phone, Work Phone Number, Direct Phone, Direct Dial, Office Phone, Company Phone, "
    "Telephone, Telephone Number, Tel, Telefon, Telefonnummer, Téléphone, Teléfono, Mobile Phone Number, Mobile Phone, Mobile, Mobile Number, "
    "Cell Phone, Cell, Phone 1, "
    "Telefon geschäftlich, Telefon (geschäftlich), Tel. geschäftlich, Tel.-Nr., Telefon-Nr., Rufnummer, Durchwahl, Festnetz, "
    "Mobiltelefon, Mobilnummer, Mobil, Handy, Handynummer, Numéro de téléphone, N° de téléphone, Téléphone professionnel, Tél., "
    "Téléphone portable, Portable, Ligne directe, Número de teléfono, Teléfono fijo, Teléfono móvil, Móvil, Celular, Telefoon, "
    "Telefoonnummer, Telefoon zakelijk, Mobiel, Mobiel nummer, Mobiele telefoon",
    "title": "Title, Job Title, Jobtitle, Position, Job Role, Job Position, Role, Occupation, Current Title, Berufsbezeichnung, Stellenbezeichnung, "
    "Jobtitel, Poste, Intitulé du poste, Fonction, Cargo, Puesto, "
    "Positionsbezeichnung, Stelle, Funktion, Intitulé de poste, Titre du poste, Título del puesto, Puesto de trabajo, Functietitel, "
    "Functie, Functieomschrijving",
    "website": "Website, Company Website, Website URL, Web Site, Company URL, Company Domain Name, Company Domain, Domain, Domain Name, Email Domain, "
    "URL, Homepage, Webseite, Site web, Sitio web, Página web, "
    "Internetseite, Internetadresse, Firmenwebseite, Firmenwebsite, Site internet, Site de l'entreprise, Web, Sitio, "
    "Bedrijfswebsite, Domein",
    "country": "Country, Country/Region, Country Code, Country Name, Company Country, Company Country/Region, Mailing Country, Billing Country, "
    "Inferred Country, HQ Country, Land, Pays, País, "
    "Länderkennung, Ländercode, Länderkürzel, Staat, Code pays, Código de país, Landcode",
    "region": "Region, State, State/Region, State/Province, State or Province, State Code, Province, County, Mailing State, Mailing State/Province, "
    "Billing State, Inferred State Region, Company State, Bundesland, Région, Provincia, Estado, "
    "Kanton, Département, Comunidad autónoma, Provincie, Regio",
    "city": "City, Town, Mailing City, Billing City, Inferred City, Company City, Stadt, Ort, Ville, Ciudad, "
    "Firmensitz, Localité, Commune, Localidad, Población, Municipio, Plaats, Woonplaats, Stad, Vestigingsplaats",
    "postal_code": "Postal Code, Postcode, Post Code, Zip, Zip Code, Zip/Postal Code, ZIP/Postcode, Mailing Zip/Postal Code, "
    "Mailing Postal Code, Billing Zip/Postal Code, Inferred Postal Code, PLZ, Postleitzahl, Code postal, Código postal, "
    "C.P., Postleitzahlen",
    "industry": "Industry, Company Industry, Industry Name, Industry Type, Primary Industry, Sector, Vertical, SIC Code, NAICS Code, NAICS, SIC, "
    "Branche, Secteur, Secteur d'activité, Industria, Sector industrial, "
    "Wirtschaftszweig, Industrie, Industriezweig, Activité, Sector de actividad, Bedrijfstak, Bedrijfssector, Sectornaam",
    "employees": "Employees, Number of Employees, No. of Employees, # of Employees, Employee Count, Num Employees, Numemployees, NumberOfEmployees, "
    "Employee Range, Employee Size, Employees Range, Company Size, Company Size Range, Company Headcount, Headcount, Size, Total Employees, "
    "Mitarbeiter, Mitarbeiterzahl, Anzahl Mitarbeiter, Unternehmensgröße, Effectif, Nombre d'employés, Taille de l'entreprise, Empleados, "
    "Número de empleados, "
    "Mitarbeitende, Mitarbeiteranzahl, Anzahl der Mitarbeiter, Anzahl Mitarbeitende, Mitarbeiterzahl (Unternehmen), Beschäftigte, "
    "Zahl der Beschäftigten, Effectifs, Nombre de salariés, Nombre d'employés de l'entreprise, Salariés, Tranche d'effectif, "
    "N.º de empleados, Nº de empleados, Plantilla, Tamaño de la empresa, Medewerkers, Aantal medewerkers, Werknemers, "
    "Aantal werknemers, Bedrijfsgrootte, Bedrijfsomvang",
    "revenue": "Revenue, Annual Revenue, AnnualRevenue, Company Revenue, Revenue Range, Annual Revenue Range, Company Annual Revenue, Turnover, "
    "Annual Turnover, Sales Volume, Umsatz, Jahresumsatz, Chiffre d'affaires, Ingresos anuales, Facturación, "
    "Umsatz pro Jahr, Umsatzklasse, Firmenumsatz, CA annuel, Chiffre d'affaires annuel, Ingresos, Facturación anual, "
    "Ventas anuales, Omzet, Jaaromzet",
    "linkedin_url": "LinkedIn URL, LinkedIn, LinkedIn Profile, LinkedIn Profile URL, Linkedin Bio, Person LinkedIn URL, Contact LinkedIn URL, "
    "LinkedIn Profile Link, "
    "LinkedIn-Profil, Profil LinkedIn, Perfil de LinkedIn, LinkedIn-profiel",
    "campaign": "Campaign, Campaign Name, Program Name, Program, Programme, Campaign ID, UTM Campaign, Acquisition Program, Order Name, Kampagne, Campagne, "
    "Campaña, "
    "Kampagnenname, Nom de la campagne, Nombre de la campaña, Campagnenaam",
    "asset": "Asset, Asset Name, Asset Title, Asset Downloaded, Content, Content Title, Content Name, Content Asset, Whitepaper, White Paper, "
    "Whitepaper Title, Document, Resource, Offer, Form Name, Recent Conversion, First Conversion, "
    "Inhalt, Titel des Inhalts, Studie, Contenu, Livre blanc, Contenido, Documento, Inhoud",
    "channel": "Channel, Lead Source, Leadsource, Source, Original Source, Original Source Type, Lead Channel, Traffic Source, UTM Source, UTM Medium, "
    "Person Source, Medium, Quelle, Canal, Fuente, "
    "Kanal, Lead-Quelle, Leadquelle, Herkunft, Source du lead, Origine, Fuente del lead, Origen, Kanaal, Bron, Herkomst",
    "consent_at": "Consent At, Consent Date, Consent Timestamp, Consent Time, Opt-in Date, Opt In Date, Opt-in Timestamp, Opt-in At, Optin Date, "
    "Date of Consent, GDPR Consent Date, Permission Date, Einwilligungsdatum, Einwilligung am, Date de consentement, Fecha de consentimiento, "
    "Einwilligung vom, Datum der Einwilligung, Zustimmung am, Opt-in Datum, Opt-in am, Date du consentement, Consentement le, "
    "Fecha del consentimiento, Toestemmingsdatum, Datum toestemming, Toestemming op",
    "consent_text": "Consent Text, Consent, Consent Statement, Consent Language, Consent Wording, Opt-in Text, Opt In Text, Opt-in Language, "
    "Opt-in Statement, Opt-in, Privacy Statement, Legal Basis for Processing Contact's Data, Einwilligung, Einwilligungstext, Consentement, "
    "Texte de consentement, Consentimiento, "
    "Text der Einwilligung, Zustimmung, Wortlaut der Einwilligung, Texte du consentement, Texto de consentimiento, "
    "Texto del consentimiento, Toestemming, Toestemmingstekst",
    "ip": "IP, IP Address, IP-Address, Client IP, Remote IP, User IP, IP Adresse, Adresse IP, Dirección IP",
    "replaces": "Replaces, Replaces ID, Replacement For, Replacement Of, Replaced Lead ID, Replaces Lead, Ersatz für, Remplace, Reemplaza, "
    "Ersetzt, Ersetzt Lead, Remplacement de, En remplacement de, Sustituye a, Sustituye, Reemplaza a, Vervangt, Vervanging voor",
    "meeting_at": "Meeting At, Meeting Date, Meeting Time, Meeting Date/Time, Meeting Date and Time, Meeting Start, Meeting Start Time, Appointment Date, "
    "Appointment Time, Appointment Date/Time, Appointment At, Scheduled At, Scheduled For, Start Time, Event Start, Termin, Termin am, "
    "Date du rendez-vous, Fecha de la reunión, "
    "Terminzeit, Termin Datum, Termindatum, Terminbeginn, Gesprächstermin, Rendez-vous, Date de rendez-vous, Date RDV, RDV, "
    "Fecha de la cita, Fecha y hora de la cita, Cita, Reunión, Afspraak, Datum afspraak, Afspraakdatum",
    "meeting_minutes": "Meeting Minutes, Meeting Duration, Meeting Length, Duration, Duration Minutes, Duration (minutes), Dauer, Durée, Duración, "
    "Dauer in Minuten, Termindauer, Durée du rendez-vous, Duración de la reunión, Duur, Duur afspraak",
    "attendees": "Attendees, Meeting Attendees, Participants, Guests, Invitees, Teilnehmer, Participants à la réunion, Asistentes, "
    "Teilnehmende, Participantes, Deelnemers",
}

_CONTRACT = "Contract, Contract ID, Contract Name, Contract Number, Insertion Order, IO Number, Order ID, Vertrag, Contrat, Contrato"
_EXTERNAL = _DELIVERIES["external_id"]

_MILESTONES = {
    "contract": _CONTRACT,
    "external_id": _EXTERNAL,
    "email": _PERSON["email"],
    "milestone": "Milestone, Event, Event Type, Step, Stage, Stage Name, Deal Stage, Lifecycle Stage, Opportunity Stage, Lead Status, Status, Disposition, "
    "Outcome, Meeting Outcome, Meilenstein, Phase, Étape, Etapa, "
    "Ereignis, Schritt, Événement, Statut, Evento, Hito, Estado, Mijlpaal, Gebeurtenis, Fase",
    "reason": "Reason, Reason Code, Lost Reason, Closed Lost Reason, Loss Reason, Status Reason, Disqualification Reason, Grund, Motif, Motivo, "
    "Begründung, Raison, Razón, Reden",
    "happened_at": "Happened At, Occurred At, Event Date, Event Time, Event Timestamp, Milestone Date, Activity Date, Stage Date, Date Entered Stage, Date, "
    "Timestamp, Date/Time, Date Time, Date and Time, Meeting Date, Meeting Start Time, Close Date, Closed Date, Closed At, Last Modified Date, "
    "Last Modified, Updated At, Created Date, Created At, Create Date, Datum, Fecha, "
    "Ereignisdatum, Geschehen am, Date de l'événement, Survenu le, Fecha del evento, Ocurrido el, Gebeurd op",
    "amount": "Amount, Deal Amount, Opportunity Amount, Deal Value, Value, Revenue, Amount in Company Currency, Contract Value, ACV, TCV, Betrag, "
    "Montant, Importe, "
    "Wert, Auftragswert, Umsatz, Valeur, Valor, Bedrag, Waarde, Dealwaarde",
    "currency": "Currency, Currency Code, Currency ISO Code, Deal Currency, Amount Currency, Opportunity Currency, Währung, Devise, Moneda, "
    "Divisa, Valuta",
    "source": "Source, System, Source System, Recorded By System, Origin, Quelle, Fuente, Système, Sistema, Bron, Systeem",
    "source_id": "Source ID, Event ID, Activity ID, Opportunity ID, Deal ID, Task ID, Meeting ID, Engagement ID",
}

_RETURNS = {
    "contract": _CONTRACT,
    "external_id": _EXTERNAL,
    "email": _PERSON["email"],
    "reason": "Reason, Reason Code, Return Reason, Reject Reason, Rejection Reason, Dispute Reason, Claim Reason, Code, Grund, Motif, Motivo, "
    "Begründung, Reklamationsgrund, Raison, Razón, Reden",
    "claimed_at": "Claimed At, Claim Date, Claimed On, Return Date, Returned At, Date Returned, Dispute Date, Disputed At, Rejected At, Date Rejected, "
    "Date, Timestamp, Created At, Datum, Fecha, "
    "Reklamiert am, Zurückgegeben am, Réclamé le, Retourné le, Reclamado el, Devuelto el, Geretourneerd op",
    "evidence": "Evidence, Proof, Proof URL, Attachment, Bounce Message, Comment, Comments, Notes, Details, Beleg, Nachweis, Preuve, Prueba, "
    "Kommentar, Bemerkung, Commentaire, Comentario, Bewijs, Opmerking",
    "contested_at": "Contested At, Contested On, Date Contested, Contest Date",
    "decision": "Decision, Resolution, Return Status, Outcome, Status, Result, Entscheidung, Décision, Decisión, Besluit, Beslissing",
    "decided_at": "Decided At, Decided On, Decision Date, Resolution Date, Resolved At, Date Resolved, "
    "Entschieden am, Décidé le, Decidido el, Besloten op",
    "decided_by": "Decided By, Decider, Resolved By, Approver, Approved By, Reviewer, "
    "Entschieden von, Décidé par, Decidido por, Besloten door",
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
_SCALED = re.compile(
    r"[(\[](?:[^)\]]*(?:\b(?:mio|mln|mrd|bn|tsd|miles)\b|million|milliard|millon|miljoen|thousand|tausend|millier)|"
    r"\s*(?:in\s+)?(?:[€$£]|[A-Z]{3})?\s?[km]\s?(?:[€$£]|[A-Z]{3})?\s*[)\]])",
    re.IGNORECASE,
)
"""Brackets that change what a figure means: `Umsatz (Mio. €)`."""
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
    """Give a header folded as it stands, then without what is in brackets, then without a leading «lead», «contact» and the like.

    Brackets that scale figures stay, as without them `12` would be read as twelve, not twelve million: such a header is not guessed.
    """
    whole = fold(header)
    if _SCALED.search(header):
        return (whole,)
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
