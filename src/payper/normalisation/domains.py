"""Registrable domains of hosts and web addresses, by the public suffix list.

Both sections of the list hold: acme.co.uk and shop.myshopify.com are a company's own name, so that two shops on one platform are
never taken for one company. A host that is itself a private suffix (myshopify.com) belongs to the platform and stands for itself.
The list is the one inside the package `tldextract`; nothing is fetched and nothing is kept on disk.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

import polars as pl

from payper.normalisation.public_suffixes import split_suffix, suffix_rules
from payper.normalisation.remembered import FEW, Row, of_texts

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
    if texts.null_count() == texts.len():
        return texts.rename("domain")
    if len(texts) <= FEW:
        return MEMORY.recall(texts.to_list())["domain"]
    return _read(texts)


def _read(texts: pl.Series) -> pl.Series:
    # Most hosts of a file are its own and the plain ones are cheap: looking for equal ones first costs more than it spares.
    frame = _plain(texts)
    rest = frame.filter(pl.col("domain").is_null() & pl.col("host").is_not_null())["host"].unique()
    if rest.is_empty():
        return frame["domain"]
    schema = {"host": pl.String, "found": pl.String}
    found = pl.DataFrame({"host": rest, "found": [_registrable(host) for host in rest.to_list()]}, schema=schema)
    joined = frame.join(found, on="host", how="left", maintain_order="left")
    return joined.select(pl.coalesce("domain", "found").alias("domain")).to_series()


def _plain(texts: pl.Series) -> pl.DataFrame:
    """Give each text's `host`, and the `domain` of plain names under a plain top level (`acme.com`) or rule of two labels (`acme.co.uk`).

    Places are found and cut: patterns with groups, which say as much, take four times as long.
    """
    text = pl.col("text")
    https, http = (text.str.starts_with(scheme) for scheme in ("https://", "http://"))
    bare = pl.when(https).then(text.str.slice(8)).when(http).then(text.str.slice(7)).otherwise(text).str.strip_suffix("/")
    frame = texts.to_frame().with_columns(bare.alias("host"))
    is_bare = frame["host"].str.contains(_NAME)
    if not is_bare.all():
        odd = pl.when(pl.lit(~is_bare)).then(text).str.strip_chars().str.to_lowercase().str.extract(_HOST).str.strip_chars_end(".")
        frame = frame.select(pl.when(pl.lit(is_bare)).then("host").otherwise(odd).alias("host"))
    is_name = pl.col("host").str.contains(_NAME) & (pl.col("host").str.len_bytes() <= 63)
    frame = frame.select("host", pl.when(is_name).then("host").alias("name"))
    frame = frame.with_columns(_cut(r"[^.]+\.[^.]+$").alias("two"))
    is_plain = _cut("[^.]+$", "two").is_in(_plain_suffixes()) & ~pl.col("two").is_in(_tails())
    frame = frame.with_columns(pl.when(is_plain).then("two").alias("domain"), pl.col("two").is_in(_plain_pairs()).alias("is_pair"))
    if not frame["is_pair"].any():
        return frame
    three = pl.when("is_pair").then(_cut(r"[^.]+\.[^.]+\.[^.]+$"))
    frame = frame.with_columns(three.alias("three"))
    return frame.with_columns(pl.coalesce("domain", pl.when(~pl.col("three").is_in(_deep_tails())).then("three")).alias("domain"))


def _cut(pattern: str, column: str = "name") -> pl.Expr:
    """Cut ASCII texts from where a pattern begins to their end."""
    return pl.col(column).str.slice(pl.col(column).str.find(pattern))


def to_ascii(host: str) -> str | None:
    """Write a host name in ASCII (UTS 46, IDNA 2008) and lower case, or give None where it is no host name."""
    import idna

    try:
        return idna.encode(host, uts46=True, transitional=False).decode("ascii").lower() if not host.isascii() else host
    except (idna.IDNAError, UnicodeError):
        return None


@lru_cache(maxsize=1 << 16)
def _registrable(host: str) -> str | None:
    """Ask the whole list about one host."""
    if len(host) > _LENGTH_MAX:
        return None
    ascii_host = to_ascii(host)
    if ascii_host is None:
        return None
    for is_private_included in (True, False):
        label, suffix = split_suffix(ascii_host.strip().rstrip("."), is_private_included=is_private_included)
        if label and suffix:
            name = f"{label}.{suffix}"
            fits = all(len(label) <= 63 for label in name.split("."))
            return name if fits and re.fullmatch(_NAME, name) else None
    return None


# Each list is kept as a column of one row, the form in which `is_in` takes it without making a column of it anew at every call.
@cache
def _plain_suffixes() -> pl.Series:
    """List the top levels under which every name of two labels can be registered."""
    starred = _rules().filter(pl.col("rule").str.starts_with("*."), dots=1)["rule"].str.slice(2)
    plain = _rules().filter(dots=0)["rule"]
    return plain.filter(~plain.is_in(starred.implode())).implode()


@cache
def _tails() -> pl.Series:
    """List the last two labels of every longer rule: hosts that end so are asked about one by one."""
    return _last_labels(_rules().filter(pl.col("dots") > 0)["rule"], 2)


@cache
def _plain_pairs() -> pl.Series:
    """List the rules of two labels (`co.uk`) under which every name of three labels can be registered."""
    starred = _rules().filter(pl.col("rule").str.starts_with("*."))["rule"].str.slice(2)
    pairs = _rules().filter(~pl.col("rule").str.contains(r"^[*!]"), dots=1)["rule"]
    return pairs.filter(~pairs.is_in(starred.implode())).implode()


@cache
def _deep_tails() -> pl.Series:
    """List the last three labels of every rule that has as many."""
    return _last_labels(_rules().filter(pl.col("dots") > 1)["rule"], 3)


@cache
def _rules() -> pl.DataFrame:
    """List the rules of plain ASCII, with how many `dots` each has."""
    rules = pl.DataFrame({"rule": [rule for rule in suffix_rules() if rule.isascii()]})
    return rules.with_columns(dots=pl.col("rule").str.count_matches(".", literal=True))


def _last_labels(rules: pl.Series, count: int) -> pl.Series:
    """Give the last labels of each rule, each ending once."""
    return rules.str.strip_chars_start("!").str.extract(rf"((?:[^.]+\.){{{count - 1}}}[^.]+)$").unique().implode()


def public_suffixes() -> frozenset[str]:
    """List every public suffix, of both sections, as the list writes it."""
    return suffix_rules()


def _read_one(text: str) -> Row | None:
    """Read a host or web address of printable ASCII as `_read` does."""
    if not (text.isascii() and text.isprintable()):
        return None
    found = _HOST_FORM.match(text.strip(" ").lower())
    return (None,) if found is None else (_registrable(found[1].rstrip(".")),)


_HOST_FORM = re.compile(_HOST)

MEMORY = of_texts(lambda texts: _read(texts).to_frame("domain"), {"domain": pl.String}, one=_read_one)
