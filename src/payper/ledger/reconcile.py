"""Bring a recorded ledger to what it should say, by adding to it and never by editing."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl

from payper.ledger.transfers import TRANSFER_SCHEMA, Kind

_CONTENT = ["contract", "amount_minor", "currency", "debit_account", "credit_account"]
_AGAIN = r"/again/\d+$"


def missing(target: pl.DataFrame, recorded: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """Give the transfers to append so that the recorded ledger says what the target says.

    A target transfer that is not recorded is appended. A recorded one that the target no longer has, or has with another amount or
    other accounts, gets a reversal dated `as_of` (id `<id>/reversed/1`, naming it in `corrects`); what takes its place is appended
    under `<id>/again/<n>`. An instant alone that moves is no reason to correct: the ledger keeps what was believed when.

    Args:
        target: What settlement says, as `TRANSFER_SCHEMA`; rows later than `as_of` are left out.
        recorded: All that is recorded, reversals included.
        as_of: Up to when things have happened; recorded transfers later than this are left alone.

    Returns:
        Transfers as `TRANSFER_SCHEMA`, by instant then id; none when the ledger is up to date. `balances` of recorded and returned
        together equal those of the target at `as_of`.
    """
    due = target.filter(pl.col("happened_at") <= as_of).select(list(TRANSFER_SCHEMA))
    happened = recorded.filter(pl.col("happened_at") <= as_of)
    if happened.is_empty():
        return due.sort("happened_at", "transfer_id")
    undone = happened.filter(pl.col("kind") == Kind.REVERSE.value).select(transfer_id="corrects")
    standing = happened
    if not undone.is_empty():
        standing = happened.filter(pl.col("kind") != Kind.REVERSE.value).join(undone, on="transfer_id", how="anti")
    standing = standing.with_columns(_origins(standing["transfer_id"]))
    wanted = due.with_columns(pl.col("transfer_id").alias("origin_id"))
    wrong, absent = _differences(standing, wanted)
    if wrong.is_empty() and absent.is_empty():
        return due.clear()
    return pl.concat([_reversals(wrong, as_of), _appended(absent, recorded)]).sort("happened_at", "transfer_id")


def _origins(ids: pl.Series) -> pl.Series:
    """Give the ids under which settlement knows recorded transfers; few were ever recorded again."""
    again = ids.str.contains("/again/", literal=True)
    return (ids.str.replace(_AGAIN, "") if again.any() else ids).alias("origin_id")


def _differences(standing: pl.DataFrame, wanted: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give what stands and should not, and what should stand and does not; each as its own frame has it."""
    if all(_is_unique(frame["origin_id"]) for frame in (standing, wanted)):
        # One join on the id, and comparisons beside it, cost a fraction of joins on the whole content.
        left = wanted.select("origin_id", *_CONTENT, pl.int_range(pl.len(), dtype=pl.Int64).alias("wanted_place"))
        right = standing.select("origin_id", *_CONTENT, pl.int_range(pl.len(), dtype=pl.Int64).alias("standing_place"))
        both = left.join(right, on="origin_id", how="inner", suffix="_recorded")
        same = both.filter(pl.all_horizontal(pl.col(name) == pl.col(f"{name}_recorded") for name in _CONTENT))
        return _less(standing, same["standing_place"]), _less(wanted, same["wanted_place"])
    same_columns = ["origin_id", *_CONTENT]
    is_second = pl.int_range(pl.len()).over(same_columns) > 0
    wrong = pl.concat([standing.filter(~is_second).join(wanted, on=same_columns, how="anti"), standing.filter(is_second)])
    return wrong, wanted.join(standing, on=same_columns, how="anti")


def _less(frame: pl.DataFrame, places: pl.Series) -> pl.DataFrame:
    if len(places) == frame.height:
        return frame.clear()
    left = np.ones(frame.height, dtype=np.bool_)
    left[places.to_numpy()] = False
    return frame.filter(pl.Series(left))


def _is_unique(ids: pl.Series) -> bool:
    """Tell whether no id comes twice; distinct hashes prove it at a fraction of the price."""
    return ids.hash().n_unique() == len(ids) or ids.n_unique() == len(ids)


def _reversals(wrong: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Undo transfers: the same amount the other way, at `as_of`. An id is reversed once, as what replaces it has another id."""
    return wrong.select(
        pl.concat_str("transfer_id", pl.lit("/reversed/1")).alias("transfer_id"),
        "charge_id",
        "contract",
        pl.lit(Kind.REVERSE.value).alias("kind"),
        pl.lit(as_of, dtype=TRANSFER_SCHEMA["happened_at"]).alias("happened_at"),
        "amount_minor",
        "currency",
        pl.col("credit_account").alias("debit_account"),
        pl.col("debit_account").alias("credit_account"),
        pl.concat_str(pl.lit("no longer so: "), "cause").alias("cause"),
        pl.col("transfer_id").alias("corrects"),
    )


def _appended(absent: pl.DataFrame, recorded: pl.DataFrame) -> pl.DataFrame:
    """Give target transfers an id of their own where theirs is taken by one that was reversed (or lies later than now)."""
    if absent.is_empty():
        return absent.select(list(TRANSFER_SCHEMA))
    taken = (
        _origins(recorded.filter(pl.col("kind") != Kind.REVERSE.value)["transfer_id"])
        .to_frame()
        .join(absent.select("origin_id"), on="origin_id", how="semi")
        .group_by("origin_id")
        .len("times")
    )
    numbered = absent.join(taken, on="origin_id", how="left", maintain_order="left")
    again = pl.concat_str("transfer_id", pl.lit("/again/"), pl.col("times").cast(pl.String))
    return numbered.with_columns(pl.coalesce(again, "transfer_id").alias("transfer_id")).select(list(TRANSFER_SCHEMA))
