"""Markov removal effects in closed form: an absorbing chain of touches, no simulation.

States are the channels; every path goes from start through its touches to won or not won. With Q the moves between channels, N = (I - Q)^-1
the expected visits, b = N c the probability to win from each channel: taking channel i away (whoever reaches it is lost) changes the
probability to win from the start by h_i b_i, where h_i = (s N)_i / N_ii is the probability of ever reaching i. Credit is shared in
proportion to h_i b_i.

Source: Anderl, Becker, von Wangenheim, Schumann 2016, Int. J. Res. Mark. 33:457-474; Kemeny and Snell 1960, chapter 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from payper.measurement.lags import Floats


@dataclass(frozen=True, slots=True)
class Moves:
    """Counts of moves.

    Attributes:
        start: Paths that begin with each channel, shape (channels,).
        between: Moves from row to column, shape (channels, channels); moves to itself are left out, as they change nothing.
        won: Wins whose last touch is the channel.
        lost: Paths that end there without a win.
        won_value: Value of those wins.
    """

    start: Floats
    between: Floats
    won: Floats
    lost: Floats
    won_value: Floats


def count_moves(rows: pl.DataFrame, channels: list[str]) -> Moves:
    """Count moves of touched paths; `rows` as `Paths.rows`."""
    size = len(channels)
    number = {name: at for at, name in enumerate(channels)}
    touched = rows.filter(pl.col("touches").list.len() > 0).with_row_index("row")
    steps = touched.select("row", "companies", pl.col("touches")).explode("touches")
    steps = steps.with_columns(at=pl.col("touches").replace_strict(number, return_dtype=pl.Int64)).drop("touches")
    steps = steps.with_columns(after=pl.col("at").shift(-1).over("row"))
    between = np.zeros((size, size))
    pairs = (
        steps.filter(pl.col("after").is_not_null() & (pl.col("after") != pl.col("at")))
        .group_by("at", "after")
        .agg(pl.col("companies").sum())
    )
    between[pairs["at"], pairs["after"]] = pairs["companies"]

    def total(ends: pl.Expr, what: pl.Expr) -> Floats:
        sums = touched.group_by(ends.replace_strict(number, return_dtype=pl.Int64).alias("at")).agg(what.sum().alias("sum"))
        out = np.zeros(size)
        out[sums["at"]] = sums["sum"]
        return out

    first, last = pl.col("touches").list.first(), pl.col("touches").list.last()
    return Moves(
        start=total(first, pl.col("companies")),
        between=between,
        won=total(last, pl.col("wins")),
        lost=total(last, pl.col("companies") - pl.col("wins")),
        won_value=total(last, pl.col("value")),
    )


def removal_shares(start: Floats, between: Floats, won: Floats, lost: Floats, reward: Floats) -> Floats:
    """Give each channel's share of the credit; shares add up to 1, or are all 0 if nothing was won.

    Args:
        start: As in `Moves`; leading dimensions are draws, here and below.
        between: As in `Moves`.
        won: As in `Moves`.
        lost: As in `Moves`.
        reward: What a win from each channel is worth (1 for wins, its mean value for money).
    """
    total = between.sum(axis=-1) + won + lost
    safe = np.where(total > 0, total, 1.0)
    size = start.shape[-1]
    visits = np.linalg.inv(np.eye(size) - between / safe[..., None])
    gain = np.einsum("...ij,...j->...i", visits, won / safe * reward)
    begun = start / np.maximum(start.sum(axis=-1, keepdims=True), 1e-300)
    reached = np.einsum("...i,...ij->...j", begun, visits) / np.einsum("...ii->...i", visits)
    effect = reached * gain
    whole = effect.sum(axis=-1, keepdims=True)
    return np.asarray(np.where(whole > 0, effect / np.where(whole > 0, whole, 1.0), 0.0), dtype=np.float64)


def draw_shares(moves: Moves, reward: Floats, *, count: int, rng: np.random.Generator) -> Floats:
    """Draw shares from the posterior of the chain: Dirichlet rows around the moves that were seen, shape (count, channels)."""

    def gamma(counts: Floats) -> Floats:
        # A move never seen stays unseen; 1e-9 keeps the sampler within its domain.
        return np.where(counts > 0, rng.gamma(np.maximum(counts, 1e-9), size=(count, *counts.shape)), 0.0)

    return removal_shares(gamma(moves.start), gamma(moves.between), gamma(moves.won), gamma(moves.lost), reward)
