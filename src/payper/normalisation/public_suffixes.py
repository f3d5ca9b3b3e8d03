"""The public suffix list, as the package tldextract ships it, and the one question asked of it: where does a name's suffix begin?

tldextract itself imports a web client, which takes longer than everything that payper asks of the list; so its snapshot is read as the
list of rules it is, and looked up as tldextract does. A test compares the two on names under every rule.
"""

from __future__ import annotations

import re
from functools import cache

from payper.normalisation.packaged import read_packaged

_RULE = re.compile(r"^[.*!]*\w\S*", re.MULTILINE)
_PRIVATE_BEGINS = "// ===BEGIN PRIVATE DOMAINS==="


@cache
def suffix_rules(*, is_private_included: bool = True) -> frozenset[str]:
    """List the rules as the list writes them (`co.uk`, `*.ck`, `!www.ck`, `个人.hk`), with or without its section of private suffixes."""
    text = read_packaged("tldextract", ".tld_set_snapshot").decode("utf-8")
    return frozenset(_RULE.findall(text if is_private_included else text.partition(_PRIVATE_BEGINS)[0]))


def split_suffix(host: str, *, is_private_included: bool) -> tuple[str, str]:
    """Split a host into the label before its public suffix and the suffix.

    Args:
        host: In lower-case ASCII, labels parted by dots; a label of an international name is looked up decoded.
        is_private_included: Whether private suffixes (`myshopify.com`) count.

    Returns:
        The label ("" when the host is a suffix itself) and the suffix ("" when no rule holds, as of an IP address).
    """
    rules, within = suffix_rules(is_private_included=is_private_included), _within(is_private_included=is_private_included)
    labels = host.split(".")
    start, tail = len(labels), ""
    for place in range(len(labels) - 1, -1, -1):
        label = _decoded(labels[place])
        longer = f"{label}.{tail}" if tail else label
        if longer in within:
            tail = longer
            start = place if longer in rules else start
            continue
        if f"*.{tail}" in rules:
            start = place + 1 if f"!{longer}" in rules else place
        break
    return (labels[start - 1] if start > 0 else ""), ".".join(labels[start:])


@cache
def _within(*, is_private_included: bool) -> frozenset[str]:
    """List every rule and all it lies under: where a host leaves these, no longer rule can hold."""
    found = set()
    for rule in suffix_rules(is_private_included=is_private_included):
        tail = rule
        while tail not in found:
            found.add(tail)
            tail = tail.partition(".")[2]
    return frozenset(found - {""})


def _decoded(label: str) -> str:
    """Write the label of an international name in its own script, as the list does."""
    if not label.startswith("xn--"):
        return label
    import idna

    try:
        return idna.decode(label)
    except (UnicodeError, IndexError):
        return label
