"""Identity keys: what makes two deliveries the same person, reduced to keyed hashes (RULES 24 to 27 and 48).

A key is two xxh3-64 hashes of the same text under two seeds, 128 bits together, so that no good delivery is refused because two texts
share one hash. The seeds belong to the installation: without them a stored key says nothing about a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from xxhash import xxh3_64_intdigest

MATCHES: tuple[str, ...] = ("email", "person", "phone")
"""What two deliveries can have in common; `external` (the same id under the same contract) stands beside them."""

KEYS: tuple[str, ...] = (*MATCHES, "external")
SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class Seeds:
    """The installation's two secret numbers."""

    key: int
    check: int


PLAIN_SEEDS = Seeds(key=0x9E3779B97F4A7C15, check=0xC2B2AE3D27D4EB4F)
"""Seeds where nothing is kept (judging one file, tests)."""


def identity_keys(frame: pl.DataFrame, *, contract: str, buyer: str, seeds: Seeds) -> pl.DataFrame:
    """Give the keys of every delivery.

    Args:
        frame: Judged rows of one contract: `kind`, `email_normal`, `person_key`, `phone_e164`, `external_id`, `replaces`, `company_key`,
            `domain`.
        contract: The contract's id.
        buyer: The buyer's id; persons are sought among one buyer's deliveries of one kind (RULES 26).
        seeds: The installation's.

    Returns:
        As many rows: for each of `KEYS`, and for `replaces` (the external key of what is replaced), `key_<name>` and `check_<name>`
        (UInt64, null where the delivery has none); `company` (UInt64, RULES 30: company key, or domain where it is empty; null without
        either); `prospect` (UInt64, the e-mail).
    """
    person_scope = pl.concat_str(pl.lit(f"{buyer}{SEPARATOR}"), pl.col("kind"), pl.lit(SEPARATOR))
    texts = {
        "email": pl.concat_str(person_scope, pl.lit("email" + SEPARATOR), pl.col("email_normal")),
        "person": pl.concat_str(person_scope, pl.lit("person" + SEPARATOR), pl.col("person_key")),
        "phone": pl.concat_str(person_scope, pl.lit("phone" + SEPARATOR), pl.col("phone_e164")),
        "external": pl.concat_str(pl.lit(f"{contract}{SEPARATOR}external{SEPARATOR}"), pl.col("external_id")),
        "replaces": pl.concat_str(pl.lit(f"{contract}{SEPARATOR}external{SEPARATOR}"), pl.col("replaces")),
        "company": pl.coalesce(pl.col("company_key"), pl.col("domain")),
        "prospect": pl.col("email_normal"),
    }
    written = frame.select(text.alias(name) for name, text in texts.items())
    return _hash(written, seeds)


def keys_alone(row: Mapping[str, Any], *, contract: str, buyer: str, seeds: Seeds) -> dict[str, int | None]:
    """As `identity_keys`, of one delivery."""
    scope = f"{buyer}{SEPARATOR}{row['kind']}{SEPARATOR}"
    external = f"{contract}{SEPARATOR}external{SEPARATOR}"
    keys: dict[str, int | None] = {}
    for name, head, text in (
        ("email", f"{scope}email{SEPARATOR}", row["email_normal"]),
        ("person", f"{scope}person{SEPARATOR}", row["person_key"]),
        ("phone", f"{scope}phone{SEPARATOR}", row["phone_e164"]),
        ("external", external, row["external_id"]),
        ("replaces", external, row["replaces"]),
    ):
        written = None if text is None else (head + text).encode()
        keys[f"key_{name}"] = None if written is None else xxh3_64_intdigest(written, seeds.key)
        keys[f"check_{name}"] = None if written is None else xxh3_64_intdigest(written, seeds.check)
    keys["company"] = hash_alone(row["domain"] if row["company_key"] is None else row["company_key"], seeds)
    keys["prospect"] = hash_alone(row["email_normal"], seeds)
    return keys


def hash_alone(text: str | None, seeds: Seeds) -> int | None:
    """As `hash_prospects`, of one text."""
    return None if text is None else xxh3_64_intdigest(text.encode(), seeds.key)


def crm_keys(crm: pl.DataFrame, *, buyer: str, seeds: Seeds) -> pl.DataFrame:
    """Give the keys of the people in the buyer's CRM: `key_email` and `key_person` of leads (appointments are not checked, RULES 26).

    Args:
        crm: `email_normal` and `person_key` (String).
        buyer: The buyer's id.
        seeds: The installation's.
    """
    scope = f"{buyer}{SEPARATOR}lead{SEPARATOR}"
    written = crm.select(
        (pl.lit(f"{scope}email{SEPARATOR}") + pl.col("email_normal")).alias("email"),
        (pl.lit(f"{scope}person{SEPARATOR}") + pl.col("person_key")).alias("person"),
    )
    return _hash(written, seeds)


def hash_prospects(emails: pl.Series, seeds: Seeds) -> pl.Series:
    """Give the keyed hash of normal e-mails (UInt64, null where there is none): the column `prospect` of `identity_keys`."""
    return _hash(emails.to_frame("prospect"), seeds)["prospect"]


def _hash(texts: pl.DataFrame, seeds: Seeds) -> pl.DataFrame:
    import polars_hash as plh

    columns = []
    for name in texts.columns:
        if name in KEYS or name == "replaces":
            columns.append(plh.col(name).nchash.xxh3_64(seed=seeds.key).alias(f"key_{name}"))
            columns.append(plh.col(name).nchash.xxh3_64(seed=seeds.check).alias(f"check_{name}"))
        else:
            columns.append(plh.col(name).nchash.xxh3_64(seed=seeds.key).alias(name))
    return texts.select(columns)
