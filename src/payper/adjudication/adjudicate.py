"""Judging a batch in one call: the row stages, then arrival."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import polars as pl

from payper.adjudication.arrivals import DECIDED, Possible, Replacements, judge_arrivals
from payper.adjudication.identities import PLAIN_SEEDS, CrmKeys, Seeds, crm_keys, hash_persons, identity_keys
from payper.adjudication.marks import CERTAIN, UNCERTAIN, codes
from payper.adjudication.normalise import RateOn, complete, no_rate
from payper.adjudication.past import REJECTED, VERDICT_CODES, Counts, Past, Segment
from payper.adjudication.pricing import replay_charges
from payper.adjudication.rows import JUDGED, judge_rows
from payper.deliveries import DERIVED, FAULT_COLUMN, INSTANTS, SCHEMA
from payper.errors import DeliveryError
from payper.normalisation import companies, emails, people
from payper.reasons import GOOD
from payper.terms.contract import Contract

ANSWER: tuple[str, ...] = ("verdict", "headline", "reasons", "price_minor", "currency", "contract_version")


def adjudicate(
    batch: pl.DataFrame,
    contract: Contract | Sequence[Contract],
    history: pl.DataFrame | None = None,
    *,
    at: datetime,
    crm: pl.DataFrame | None = None,
    rate_on: RateOn = no_rate,
    no_mail: frozenset[str] | None = None,
    replacements: Replacements | None = None,
) -> pl.DataFrame:
    """Judge every delivery of a batch by the contract it was sold under.

    Deliveries are judged in the order of `delivered_at`, then row (RULES 28), and answered in the order given.

    Args:
        batch: One row per delivery: any of the columns of `deliveries.SCHEMA` and `answer_<field>`; columns that lack are empty. An
            optional `fault` (String) says why a row cannot be read.
        contract: The contract, or all its versions; the one in force when a delivery was generated judges it (RULES 8).
        history: Deliveries judged before, same columns; those with a `verdict` other than accepted, review and quarantined are left out.
            A column `contract` or `provider` tells others' deliveries apart (absent: this contract's).
        at: The instant of judgement, with a zone; stands in for `delivered_at` where that is empty.
        crm: The buyer's CRM: `email`, `first_name`, `last_name`, `company`.
        rate_on: Rates for revenues in other currencies.
        no_mail: Hosts known to take no mail; None: not asked (RULES 15).
        replacements: Who knows which replacements are owed; None: none are.

    Returns:
        One row per delivery, in the order of `batch`: `verdict` (String), `headline` (String, null when there is no reason), `reasons`
        (List of String, in precedence), `price_minor` (Int64, minor units; 0 unless accepted), `currency`, `contract_version` (Int32),
        then the canonical columns, as sent and as understood, `evidence` (String: what judging noted) and what else the batch had.

    Raises:
        DeliveryError: A column is of another type than `deliveries.SCHEMA` says.

    Source: DESIGN 5, RULES 5 to 36.
    """
    versions = [contract] if isinstance(contract, Contract) else list(contract)
    judged = judge_rows(typed(batch, at=at), versions, rate_on=rate_on, no_mail=no_mail)
    past = Past() if history is None else _past_of(typed(history, at=at), versions)
    return decide(judged, versions, past, crm=crm, replacements=replacements)


def decide(
    judged: pl.DataFrame,
    versions: Sequence[Contract],
    past: Past,
    *,
    crm: pl.DataFrame | None = None,
    replacements: Replacements | None = None,
) -> pl.DataFrame:
    """Decide rows that were judged by themselves, in their order of arrival, and answer as `adjudicate` does.

    Args:
        judged: As `judge_rows` gives them.
        versions: The contract's versions.
        past: What was delivered before.
        crm: As of `adjudicate`.
        replacements: As of `adjudicate`.
    """
    ids = judged.select(pl.col("delivered_at").rank("ordinal").cast(pl.Int64).alias("delivery_id"))["delivery_id"]
    judged = judged.with_columns(ids, pl.lit(versions[0].id).alias("contract"))
    known = None if crm is None else crm_keys(read_crm(crm), seeds=PLAIN_SEEDS)
    arriving = select_arriving(judged, versions, contract=versions[0].id, seeds=PLAIN_SEEDS, crm=known).sort("delivery_id")
    decided = judge_arrivals(
        arriving, {versions[0].id: versions}, past, replacements=replacements, possible=_alike(arriving, judged, versions)
    )
    return answer(judged, decided, currency=versions[-1].currency).drop("delivery_id", "contract", FAULT_COLUMN, strict=False)


def select_arriving(
    judged: pl.DataFrame, versions: Sequence[Contract], *, contract: str, seeds: Seeds, crm: CrmKeys | None
) -> pl.DataFrame:
    """Select the rows that arrival must look at (not rejected already, or claiming to replace), with their identity keys.

    Args:
        judged: Rows of one contract as `judge_rows` gives them, with `delivery_id` and `contract`.
        versions: The contract's versions.
        contract: Its id.
        seeds: For the keys.
        crm: The people of the buyer's CRM, or None.

    Returns:
        The columns that `judge_arrivals` takes.
    """
    rejecting = [each.version for each in versions if each.record.uncertain == "reject"]
    is_open = ((pl.col("marks") & CERTAIN) == 0) & ~(((pl.col("marks") & UNCERTAIN) != 0) & pl.col("contract_version").is_in(rejecting))
    open_ = judged.filter(is_open | pl.col("replaces").is_not_null())
    keys = identity_keys(open_, contract=contract, buyer=versions[0].buyer, seeds=seeds)
    in_crm = pl.Series("is_in_crm", [False], dtype=pl.Boolean).new_from_index(0, open_.height)
    if crm is not None and any(each.duplicate.crm for each in versions):
        hits = {"email": crm.has("email", keys["prospect"]), "person": crm.has("person", hash_persons(open_["person_key"], seeds))}
        for each in versions:
            is_own = open_["contract_version"] == each.version
            for name in sorted(each.duplicate.match & {"email", "person"}):
                in_crm = in_crm | (is_own & hits[name])
    columns = (
        "delivery_id",
        "contract",
        "contract_version",
        "kind",
        "delivered_at",
        "generated_at",
        "marks",
        "is_after_end_only",
        "price_rows",
        "replaces",
        "external_id",
        "email_normal",
        "meeting_at",
        "meeting_minutes",
    )
    return open_.select(*columns).hstack(keys).with_columns(in_crm.alias("is_in_crm"))


def read_crm(crm: pl.DataFrame) -> pl.DataFrame:
    """Give the normal e-mail and person key of people in a CRM; columns that lack are empty."""
    if {"email_normal", "person_key"} <= set(crm.columns):
        return crm
    full = crm.with_columns(
        pl.lit(None, dtype=pl.String).alias(name) for name in ("email", "first_name", "last_name", "company") if name not in crm.columns
    )
    person = people.person_keys(full["first_name"], full["last_name"], companies.company_keys(full["company"]))
    return pl.DataFrame([emails.read_emails(full["email"])["email_normal"], person.alias("person_key")])


def answer(judged: pl.DataFrame, decided: pl.DataFrame, *, currency: str) -> pl.DataFrame:
    """Join what arrival decided to the judged rows, and write reasons as codes.

    Rows that arrival never saw were rejected by their own reasons.
    """
    joined = judged.join(decided.rename({"marks": "final"}), on="delivery_id", how="left", maintain_order="left").with_columns(
        pl.coalesce("final", "marks").alias("marks"), pl.col("verdict").fill_null(REJECTED), pl.col("price_minor").fill_null(0)
    )
    words = codes(joined["marks"])
    joined = joined.with_columns(
        pl.col("verdict").cast(pl.Int64).replace_strict(dict(enumerate(VERDICT_CODES)), return_dtype=pl.String).alias("verdict"),
        words["headline"],
        words["reasons"],
        pl.lit(currency).alias("currency"),
    )
    canonical = [*SCHEMA, *(name for name in joined.columns if name.startswith("answer_")), *DERIVED]
    taken = {*ANSWER, *canonical, *JUDGED, *DECIDED, "final"}
    others = [name for name in judged.columns if name not in taken and name not in _WORKING]
    return joined.select("delivery_id", *ANSWER, *canonical, "evidence", *others)


_WORKING = frozenset(
    {
        "email_fault",
        "email_host",
        "is_free",
        "is_disposable",
        "is_role",
        "phone_is_valid",
        "phone_countries_match",
        "implausible",
        "industry_codes",
        "website_domain",
        "email_domain",
        "person_key",
    }
)


def typed(batch: pl.DataFrame, *, at: datetime) -> pl.DataFrame:
    """Bring a frame to the types of `deliveries.SCHEMA`; text that should be an instant or number is the caller's error."""
    batch = complete(batch)
    for name, dtype in SCHEMA.items():
        have = batch[name].dtype
        if have == dtype:
            continue
        if have == pl.Null or (name not in INSTANTS and (dtype == pl.String or have.is_integer())):
            batch = batch.with_columns(pl.col(name).cast(dtype))
        elif name in INSTANTS and isinstance(have, pl.Datetime) and have.time_zone is not None:
            batch = batch.with_columns(pl.col(name).dt.convert_time_zone("UTC").dt.cast_time_unit("us"))
        else:
            raise DeliveryError(
                where=f"column {name}",
                seen=f"It is {have}, where {dtype} is needed.",
                mend="Read the file with payper.intake, or cast the column: instants carry a time zone, sizes are text.",
            )
    texts = [name for name, dtype in SCHEMA.items() if dtype == pl.String]
    return batch.with_columns(
        pl.col("delivered_at").fill_null(pl.lit(at.astimezone(UTC)).cast(pl.Datetime("us", "UTC"))),
        *(pl.when(pl.col(name).str.strip_chars() == "").then(None).otherwise(pl.col(name)).alias(name) for name in texts),
    )


def _past_of(history: pl.DataFrame, versions: Sequence[Contract]) -> Past:
    """Make the past out of a frame of earlier deliveries."""
    if "verdict" in history.columns:
        history = history.filter(pl.col("verdict").is_in([str(each) for each in GOOD]))
    own = versions[0]
    verdicts = history["verdict"].to_list() if "verdict" in history.columns else ["accepted"] * history.height
    prices = history["price_minor"].cast(pl.Int64) if "price_minor" in history.columns else None
    contracts = history["contract"] if "contract" in history.columns else pl.Series([own.id] * history.height, dtype=pl.String)
    providers = history["provider"] if "provider" in history.columns else pl.Series([own.provider] * history.height, dtype=pl.String)
    judged = judge_rows(
        history.drop([name for name in (*ANSWER, *DERIVED, "contract", "provider", "delivery_id") if name in history.columns]), versions
    ).with_columns(
        pl.Series("verdict", [VERDICT_CODES.index(each) for each in verdicts], dtype=pl.UInt8),
        contracts.alias("contract"),
        providers.alias("provider"),
        (prices if prices is not None else pl.Series([0] * history.height, dtype=pl.Int64)).alias("price_minor"),
        pl.lit(value=False).alias("is_replacement"),
        (pl.int_range(pl.len(), dtype=pl.Int64) - pl.len().cast(pl.Int64)).alias("delivery_id"),
    )
    segments, before = [], Counts()
    for (contract, provider), part in judged.group_by(["contract", "provider"], maintain_order=True):
        keyed = (
            part.drop("company")
            .hstack(identity_keys(part, contract=str(contract), buyer=own.buyer, seeds=PLAIN_SEEDS))
            .with_columns(
                pl.col("delivered_at").dt.timestamp("us"),
                pl.col("delivered_at").dt.convert_time_zone(own.zone).dt.date().cast(pl.Int32).alias("day"),
            )
        )
        segments.append(Segment.of(keyed, contract=str(contract), provider=str(provider)))
        if contract == own.id:
            before = replay_charges(keyed.filter(pl.col("verdict") == 0).sort("delivered_at", maintain_order=True), versions)
    return Past(
        segments=segments,
        charged={(own.id, milestone): number for milestone, number in before.charged.items()},
        offsets={own.id: before.offsets},
    )


def _alike(arriving: pl.DataFrame, judged: pl.DataFrame, versions: Sequence[Contract]) -> list[Possible]:
    """Find people much like one delivered earlier in the same batch, where the contract asks for it."""
    if not any("fuzzy" in each.duplicate.match for each in versions):
        return []
    from payper.adjudication.fuzzy import find_possible

    people_of = judged.join(arriving.select("delivery_id"), on="delivery_id", how="semi").sort("delivery_id")
    return possible_pairs(find_possible(people_of, people_of.clear()), people_of, provider=versions[0].provider)


def possible_pairs(pairs: pl.DataFrame, people_of: pl.DataFrame, *, provider: str) -> list[Possible]:
    """Turn fuzzy pairs inside one frame (ordered by arrival) into what `judge_arrivals` takes."""
    ids = people_of["delivery_id"].to_list()
    instants = people_of["delivered_at"].dt.timestamp("us").to_list()
    contracts, kinds = people_of["contract"].to_list(), people_of["kind"].to_list()
    found = []
    for left, right in pairs.filter(~pl.col("right_is_history")).select("left", "right_index").iter_rows():
        later, earlier = max(left, right), min(left, right)
        if kinds[later] == kinds[earlier]:
            found.append(
                Possible(
                    delivery_id=ids[later],
                    earlier_id=ids[earlier],
                    delivered_at=instants[earlier],
                    provider=provider,
                    contract=contracts[earlier],
                )
            )
    return found


def seeds_of(secret: bytes) -> Seeds:
    """Make an installation's seeds out of its 16 secret bytes."""
    key, check = np.frombuffer(secret[:16], dtype="<u8").tolist()
    return Seeds(key=int(key), check=int(check))


__all__ = ["adjudicate", "answer", "decide", "possible_pairs", "read_crm", "seeds_of", "select_arriving", "typed"]
