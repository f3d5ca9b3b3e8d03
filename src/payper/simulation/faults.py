"""Planting faults: a column `fault` names the reason that each row should be given, and its fields are spoilt accordingly."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from payper.simulation import words

CONSENT_AGE = timedelta(days=200)
STALE_AGE = timedelta(days=30)
IMPOSSIBLE = "2026-02-31 10:00"


def plant(frame: pl.DataFrame, *, buyer: str, earliest: datetime) -> pl.DataFrame:
    """Spoil the rows of a frame by their `fault`.

    Args:
        frame: The columns of `population.draw_people`, `fault`, `_draw` (0 to 1, decides between the forms of a fault), `generated_at`,
            `delivered_at`, `consent_at` (naive local times).
        buyer: Who the consent is given to.
        earliest: No row is made stale that would then be generated before it.

    Returns:
        The frame with its fields spoilt and `consent_text` added. Faults of time that cannot be planted are taken out of `fault`.
    """
    fits = pl.col("delivered_at") - STALE_AGE > earliest
    fault = pl.when((pl.col("fault") == "STALE") & ~fits).then(pl.lit("")).otherwise("fault")
    told = frame.with_columns(fault=fault)
    return told.with_columns(**_contact(), **_person(), **_proof(buyer))


def _choose(options: tuple[str, ...]) -> pl.Expr:
    """Take one of some texts by the row's draw."""
    places = (pl.col("_draw") * len(options)).floor().cast(pl.Int64)
    return places.replace_strict(list(range(len(options))), list(options), return_dtype=pl.String)


def _contact() -> dict[str, pl.Expr]:
    """Give e-mail addresses and phone numbers with their faults."""
    fault, draw, domain = pl.col("fault"), pl.col("_draw"), pl.col("domain")
    mailbox = pl.col("email").str.extract(r"^([^@]+)")
    email = (
        pl.when(fault == "EMAIL_SYNTAX")
        .then(
            pl.when(draw < 0.4)
            .then(mailbox + domain)
            .when(draw < 0.7)
            .then(mailbox + "@@" + domain)
            .otherwise(mailbox + "@" + domain + ",")
        )
        .when(fault == "EMAIL_FREE")
        .then(mailbox + "@" + _choose(words.FREE_DOMAINS))
        .when(fault == "EMAIL_DISPOSABLE")
        .then(mailbox + "@" + _choose(words.DISPOSABLE_DOMAINS))
        .when(fault == "EMAIL_ROLE")
        .then(_choose(words.ROLES) + "@" + domain)
        .when(fault == "DUPLICATE_POSSIBLE")
        .then(mailbox.str.slice(0, 1) + "." + pl.col("last_name").str.to_lowercase().str.replace_all("[^a-z]", "") + "@" + domain)
        .when(fault.str.starts_with("DUPLICATE_") & (draw < 0.5))
        .then(pl.col("email").str.to_titlecase())
        .otherwise("email")
    )
    abroad = pl.when(pl.col("country") == "FR").then(pl.lit("+49 30 231250")).otherwise(pl.lit("+33 1 42 68 53 00"))
    phone = (
        pl.when(fault == "PHONE_INVALID")
        .then(pl.when(draw < 0.5).then(pl.lit("+1 123 45")).otherwise(pl.lit("000-000-0000")))
        .when(fault == "PHONE_COUNTRY")
        .then(abroad)
        .otherwise("phone")
    )
    return {"email": email, "phone": phone}


def _person() -> dict[str, pl.Expr]:
    """Give names and titles with their faults."""
    fault, draw, last = pl.col("fault"), pl.col("_draw"), pl.col("last_name")
    missing, fake = fault == "FIELD_MISSING", fault == "IMPLAUSIBLE"
    middle = (last.str.len_chars() // 2).cast(pl.Int64)
    doubled = pl.concat_str(last.str.slice(0, middle), last.str.slice(middle - 1, 1), last.str.slice(middle))
    return {
        "first_name": pl.when(fake).then(_choose(tuple(first for first, _ in words.KEYBOARD))).otherwise("first_name"),
        "last_name": pl.when(missing & (draw >= 0.5))
        .then(pl.lit(""))
        .when(fake)
        .then(_choose(tuple(other for _, other in words.KEYBOARD)))
        .when(fault == "DUPLICATE_POSSIBLE")
        .then(doubled)
        .otherwise("last_name"),
        "title": pl.when(missing & (draw < 0.5))
        .then(pl.lit(""))
        .when(fault == "TITLE_UNKNOWN")
        .then(_choose(words.STRANGE_TITLES))
        .otherwise("title"),
    }


def _proof(buyer: str) -> dict[str, pl.Expr]:
    """Give consent and dates with their faults."""
    fault = pl.col("fault")
    return {
        "consent_text": pl.when(fault == "CONSENT_MISSING").then(pl.lit("")).otherwise(pl.lit(words.CONSENT.format(buyer=buyer))),
        "consent_at": pl.when(fault == "CONSENT_EXPIRED").then(pl.col("consent_at") - CONSENT_AGE).otherwise("consent_at"),
        "generated_at": pl.when(fault == "STALE").then(pl.col("delivered_at") - STALE_AGE).otherwise("generated_at"),
    }
