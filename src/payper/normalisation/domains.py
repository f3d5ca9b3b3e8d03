"""Registrable domains of hosts and web addresses, by the public suffix list.

Both sections of the list hold: acme.co.uk and shop.myshopify.com are a company's own name, so that two shops on one platform are
never taken for one company. A host that is itself a private suffix (myshopify.com) belongs to the platform and stands for itself.
The list is the one inside the package `tldextract`; nothing is fetched and nothing is kept on disk.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from tldextract import TLDExtract

_HOST = r"^(?:[a-z][a-z0-9+.\-]*://|//)?(?:[^/?#@\\]*@)?([^/?#:@\\\[\]]+)"
"""The host in a web address, an e-mail address or a bare name: what stands before the first slash, port, query or anchor."""

_NAME = r"^[a-z0-9](?:[a-z0-9\-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9\-]*[a-z0-9])?)+$"
_LENGTH_MAX = 253
"""The longest host name (RFC 1035)."""


def registrable_domains(hosts_or_urls: pl.Series) -> pl.Series:
    """Give the registrable domain of each host or web address, in lower-case ASCII.

    Args:
        hosts_or_urls: Strings: `www.acme.co.uk`, `https://ann@www.acme.co.uk:8080/path?x`, `acme.com.`, any case; IDN in either form.

    Returns:
        Strings named `domain` (`acme.co.uk`); null where there is none: empty, an IP address, `localhost`, a bare public suffix
        (`co.uk`), a name under no known top level, rubbish.
    """
    texts = hosts_or_urls.cast(pl.String).rename("text")
    distinct = texts.drop_nulls().unique()
    known = pl.DataFrame({"text": distinct, "domain": _of_distinct(distinct)}, schema={"text": pl.String, "domain": pl.String})
    return texts.to_frame().join(known, on="text", how="left", maintain_order="left")["domain"]


def _of_distinct(texts: pl.Series) -> pl.Series:
    """Answer the plain names of two labels under a plain top level at once, the rest one by one."""
    host = pl.col("text").str.strip_chars().str.to_lowercase().str.extract(_HOST).str.strip_chars_end(".")
    frame = texts.to_frame().with_columns(host.alias("host")).with_columns(pl.col("host").str.extract(r"([^.]+\.[^.]+)$").alias("two"))
    is_plain = (
        pl.col("host").str.contains(_NAME)
        & (pl.col("host").str.len_bytes() <= 63)
        & pl.col("two").str.extract(r"\.([a-z]+)$").is_in(_plain_suffixes())
        & ~pl.col("two").is_in(_tails())
    )
    frame = frame.with_columns(pl.when(is_plain).then(pl.col("two")).alias("domain"))
    rest = frame.filter(pl.col("domain").is_null() & pl.col("host").is_not_null())["host"].unique()
    if rest.is_empty():
        return frame["domain"]
    schema = {"host": pl.String, "found": pl.String}
    found = pl.DataFrame({"host": rest, "found": [_registrable(host) for host in rest.to_list()]}, schema=schema)
    joined = frame.join(found, on="host", how="left", maintain_order="left")
    return joined.select(pl.coalesce("domain", "found").alias("domain")).to_series()


def to_ascii(host: str) -> str | None:
    """Write a host name in ASCII (UTS 46, IDNA 2008) and lower case, or give None where it is no host name."""
    import idna

    try:
        return idna.encode(host, uts46=True, transitional=False).decode("ascii").lower() if not host.isascii() else host
    except (idna.IDNAError, UnicodeError):
        return None


def _registrable(host: str) -> str | None:
    """Ask the whole list about one host."""
    if len(host) > _LENGTH_MAX:
        return None
    ascii_host = to_ascii(host)
    if ascii_host is None:
        return None
    private, public = _lists()
    for suffixes in (private, public):
        parts = suffixes.extract_str(ascii_host)
        if parts.domain and parts.suffix:
            name = f"{parts.domain}.{parts.suffix}"
            fits = all(len(label) <= 63 for label in name.split("."))
            return name if fits and re.fullmatch(_NAME, name) else None
    return None


@cache
def _lists() -> tuple[TLDExtract, TLDExtract]:
    """Open the list with and without its private section."""
    from tldextract import TLDExtract

    return (
        TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True),
        TLDExtract(suffix_list_urls=(), cache_dir=None),
    )


@cache
def _plain_suffixes() -> frozenset[str]:
    """List the top levels under which every name of two labels can be registered."""
    rules = _lists()[0].tlds
    starred = {rule.rsplit(".", 1)[-1] for rule in rules if rule.startswith("*.") and rule.count(".") == 1}
    return frozenset(rule for rule in rules if "." not in rule and rule.isascii()) - starred


@cache
def _tails() -> frozenset[str]:
    """List the last two labels of every longer rule: hosts that end so are asked about one by one."""
    return frozenset(".".join(rule.lstrip("!").split(".")[-2:]) for rule in _lists()[0].tlds if "." in rule and rule.isascii())


@cache
def public_suffixes() -> frozenset[str]:
    """List every public suffix, of both sections, as the list writes it."""
    return frozenset(_lists()[0].tlds)
