"""Identity keys: what makes two deliveries the same person, reduced to keyed hashes (RULES 24 to 27 and 48).

A key is two xxh3-64 hashes of the same text under two seeds, 128 bits together, so that no good delivery is refused because two texts
share one hash. The seeds belong to the installation: without them a stored key says nothing about a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
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


@dataclass(frozen=True)
class CrmKeys:
    """The people in the buyer's CRM, to be asked for (RULES 29).

    Attributes:
        people: `email` and `person` (UInt64): keyed hashes of the normal e-mail and of the person key; null where there is none.
    """

    people: pl.DataFrame

    def has(self, match: str, keys: pl.Series) -> pl.Series:
        """Tell which hashes are of somebody in the CRM; a null is of nobody.

        Args:
            match: email or person.
            keys: As `hash_prospects` or `hash_persons`.
        """
        known = self._sorted[match]
        asked = keys.fill_null(0).to_numpy()
        places = np.searchsorted(known, asked)
        found = np.zeros(len(asked), dtype=bool)
        inside = places < len(known)
        found[inside] = known[places[inside]] == asked[inside]
        return pl.Series("is_in_crm", found, dtype=pl.Boolean) & keys.is_not_null()

    def has_alone(self, match: str, key: int | None) -> bool:
        """As `has`, of one hash."""
        if key is None:
            return False
        known = self._sorted[match]
        place = int(np.searchsorted(known, np.uint64(key)))
        return place < len(known) and int(known[place]) == key

    @cached_property
    def _sorted(self) -> dict[str, npt.NDArray[np.uint64]]:
        return {name: self.people[name].drop_nulls().sort().to_numpy() for name in ("email", "person")}


def crm_keys(crm: pl.DataFrame, *, seeds: Seeds) -> CrmKeys:
    """Give the keys of the people in the buyer's CRM.

    Args:
        crm: `email_normal` and `person_key` (String).
        seeds: The installation's.
    """
    columns = [hash_prospects(crm["email_normal"], seeds).alias("email"), hash_persons(crm["person_key"], seeds)]
    people = pl.DataFrame(columns)
    return CrmKeys(people.filter(pl.any_horizontal(pl.all().is_not_null())))


def hash_prospects(emails: pl.Series, seeds: Seeds) -> pl.Series:
    """Give the keyed hash of normal e-mails (UInt64, null where there is none): the column `prospect` of `identity_keys`."""
    return _hash(emails.to_frame("prospect"), seeds)["prospect"]


def hash_persons(keys: pl.Series, seeds: Seeds) -> pl.Series:
    """Give the keyed hash of person keys (UInt64, null where there is none), whoever asks and of whatever kind."""
    return _hash((f"person{SEPARATOR}" + keys).to_frame("who"), seeds)["who"].alias("person")


def person_alone(key: str | None, seeds: Seeds) -> int | None:
    """As `hash_persons`, of one key."""
    return None if key is None else hash_alone(f"person{SEPARATOR}{key}", seeds)


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
