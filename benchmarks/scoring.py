"""How good scores are on real data and where the truth is known: acceptance designs S10 to S13, no-shows, the Olist funnel, speed.

Prints one table per design. Data is read from the folder `shared/data` beside the repository (or `PAYPER_SHARED_DATA`); designs whose data is
not there say so. Nothing here is tuned to a seed: run with others.

    python benchmarks/scoring.py [--seed 7] [--repetitions 3] [--only bank,rolling,forward,olist,noshow,delayed,leaks,speed]
"""

from __future__ import annotations

import argparse
import os
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from payper.measurement.scoring import (
    ScoreModel,
    assess,
    fit_labelled,
    fit_no_shows,
    fit_scores,
    meeting_features,
    report_drift,
)

DATA = Path(os.environ.get("PAYPER_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
HEAD = (
    f"{'':<44} {'rows':>7} {'wins':>6} {'AUC':>6} {'ALIFT':>6} {'top ½':>6} {'Brier':>7} {'ECE':>6} {'slope':>6} {'p/rate':>7} {'fit s':>6}"
)
BOTH = ("lightgbm", "scikit-learn")


def line(name: str, p: np.ndarray, won: np.ndarray, seconds: float) -> None:
    a = assess(p, won)
    print(
        f"{name:<44} {a.deliveries:>7,} {a.wins:>6,} {a.auc or 0:>6.4f} {a.alift or 0:>6.4f} {a.top_half or 0:>6.1%} {a.brier:>7.4f} {a.ece:>6.4f} "
        f"{a.slope or 0:>6.2f} {a.mean_p / a.rate:>7.3f} {seconds:>6.1f}",
        flush=True,
    )


def scores(model: ScoreModel, features: pl.DataFrame) -> np.ndarray:
    return model.score(features, with_reasons=False)["p"].to_numpy()


def bank() -> pl.DataFrame:
    """The bank's calls in time order; `duration` is known only after a call, and 999 days since the last call mean never."""
    frame = pl.read_csv(DATA / "bank-marketing" / "bank-additional-first80.csv.gz", separator=";", infer_schema_length=None)
    return frame.with_columns(
        pl.int_range(pl.len()).alias("delivery_id"),
        # The file has no dates; what is known is the order.
        pl.lit(date(2008, 5, 1)).alias("delivered_at"),
        pl.when(pl.col("pdays") == 999).then(None).otherwise("pdays").alias("pdays"),
        (pl.col("y") == "yes").alias("is_reached"),
    ).drop("duration", "y")


def run_bank(seed: int, repetitions: int) -> None:
    frame = bank()
    print(
        f"\nS10 bank, random 70/30 (file: {frame.height:,} rows, {frame['is_reached'].sum():,} yes; the published set has 41,188 and 4,640)\n{HEAD}"
    )
    for repetition in range(repetitions):
        order = np.random.default_rng(seed + repetition).permutation(frame.height)
        cut = int(0.7 * frame.height)
        train, test = frame[np.sort(order[:cut])], frame[order[cut:]]
        won = test["is_reached"].to_numpy()
        for library in BOTH:
            for learner in ("auto", "logistic") if library == "lightgbm" else ("auto",):
                start = time.perf_counter()
                model = fit_labelled(train.drop("is_reached"), train, library=library, learner=learner, seed=seed + repetition)
                seconds = time.perf_counter() - start
                line(
                    f"seed {seed + repetition}, {library if learner == 'auto' else learner}: {model.basis}",
                    scores(model, test),
                    won,
                    seconds,
                )
        p, seconds = plain_trees(train, test)
        line(f"seed {seed + repetition}, for comparison: plain LightGBM", p, won, seconds)
    print(f"  {model.notes[0]}")


def plain_trees(train: pl.DataFrame, test: pl.DataFrame) -> tuple[np.ndarray, float]:
    """Fit LightGBM as it comes, with no choice of ours, to say how much of a figure is the data's doing."""
    import lightgbm

    def numbers(frame: pl.DataFrame) -> np.ndarray:
        kept = frame.drop("is_reached", "delivery_id", "delivered_at")
        texts = [name for name in kept.columns if kept[name].dtype == pl.String]
        codes = {name: sorted(train[name].unique().drop_nulls()) for name in texts}
        return kept.with_columns(
            pl.col(name).replace_strict(values, range(len(values)), default=None, return_dtype=pl.Float64) for name, values in codes.items()
        ).to_numpy()

    start = time.perf_counter()
    fitted = lightgbm.LGBMClassifier(verbose=-1, n_jobs=1).fit(numbers(train), train["is_reached"].to_numpy())
    return fitted.predict_proba(numbers(test))[:, 1], time.perf_counter() - start


def run_rolling(seed: int, _: int) -> None:
    frame = bank()
    print(f"\nS11 bank, rolling window of 20,000, next 500, rows 26,000 to {frame.height:,} (the published set goes on to 41,188)\n{HEAD}")
    for library in BOTH:
        parts, outcomes, start = [], [], time.perf_counter()
        for first in range(26_000, frame.height, 500):
            window, following = frame[first - 20_000 : first], frame[first : first + 500]
            model = fit_labelled(window.drop("is_reached"), window, library=library, seed=seed)
            parts.append(scores(model, following))
            outcomes.append(following["is_reached"].to_numpy())
        line(f"{library}, auto", np.concatenate(parts), np.concatenate(outcomes), (time.perf_counter() - start) / len(parts))


def run_forward(seed: int, _: int) -> None:
    frame = bank()
    print(f"\nBank, train early, test late: the first 70 %, then the rest\n{HEAD}")
    cut = int(0.7 * frame.height)
    for name, given in (("all columns", frame), ("without those of the calendar", frame.drop(CALENDAR))):
        train, test = given[:cut], given[cut:]
        for library in BOTH if given is frame else BOTH[:1]:
            start = time.perf_counter()
            model = fit_labelled(train.drop("is_reached"), train, library=library, seed=seed)
            line(f"{name}: {model.basis} ({library})", scores(model, test), test["is_reached"].to_numpy(), time.perf_counter() - start)
        print("\n".join(f"  {sentence}" for sentence in report_drift(model, test, test).says))


CALENDAR = ("month", "emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed")
"""Columns of the bank's file that are the same for all calls of a day or a month, and so tell the date."""


def olist() -> tuple[pl.DataFrame, pl.DataFrame]:
    folder = DATA / "olist-funnel"
    leads = pl.read_csv(folder / "olist_marketing_qualified_leads_dataset.csv", try_parse_dates=True)
    deals = pl.read_csv(folder / "olist_closed_deals_to_2018-09-30.csv", try_parse_dates=True)
    return (
        leads.rename({"mql_id": "delivery_id", "first_contact_date": "delivered_at"}),
        deals.select(delivery_id="mql_id", happened_at="won_date"),
    )


def run_olist(seed: int, _: int) -> None:
    leads, deals = olist()
    train, test = leads.filter(pl.col("delivered_at") < date(2018, 3, 1)), leads.filter(pl.col("delivered_at") >= date(2018, 3, 1))
    lag = (pl.col("happened_at").dt.date() - pl.col("delivered_at")).dt.total_days()
    won = (
        test.join(deals, on="delivery_id", how="left", maintain_order="left")
        .select((lag < 90).fill_null(value=False))
        .to_series()
        .to_numpy()
    )
    print(f"\nOlist: win within 90 days, leads before 2018-03 to fit, after to test; landing page, origin, weekday\n{HEAD}")
    designs = (
        ("all leads, outcomes as of 2018-05-30", train, date(2018, 5, 30), 90),
        ("leads since wins are recorded (2017-12)", train.filter(pl.col("delivered_at") >= date(2017, 12, 1)), date(2018, 5, 30), 90),
        ("as of 2018-02-28, win within 45 days instead", train.filter(pl.col("delivered_at") >= date(2017, 12, 1)), date(2018, 2, 28), 45),
    )
    for name, leads_known, as_of, horizon in designs:
        start = time.perf_counter()
        model = fit_scores(leads_known, deals, as_of=as_of, horizon_days=horizon, seed=seed)
        if model.learner is None:
            print(f"{name:<44} {model.notes[0]}")
        else:
            line(name, scores(model, test), won, time.perf_counter() - start)
    strict = fit_scores(train.filter(pl.col("delivered_at") >= date(2017, 12, 1)), deals, as_of=date(2018, 2, 28), horizon_days=90)
    print(f"{'as of 2018-02-28, win within 90 days':<44} {strict.notes[0]}")
    model = fit_scores(train, deals, as_of=date(2018, 5, 30), horizon_days=90, seed=seed)
    print("\n".join(f"  {sentence}" for sentence in report_drift(model, test, deals, as_of=date(2018, 9, 30)).says))


def no_shows() -> tuple[pl.DataFrame, pl.DataFrame]:
    ids = {"PatientId": pl.String, "AppointmentID": pl.String}
    frame = pl.read_csv(DATA / "medical-no-show" / "KaggleV2-May-2016.csv.gz", schema_overrides=ids, try_parse_dates=True)
    meetings = frame.select(
        meeting_id="AppointmentID",
        prospect="PatientId",
        booked_at="ScheduledDay",
        meeting_at=pl.col("AppointmentDay").dt.date(),
        sex="Gender",
        age="Age",
        place="Neighbourhood",
        welfare="Scholarship",
        hypertension="Hipertension",
        diabetes="Diabetes",
        alcoholism="Alcoholism",
        handicap="Handcap",
        reminded="SMS_received",
    )
    return meetings, frame.select(meeting_id="AppointmentID", is_missed=pl.col("No-show") == "Yes")


def run_noshow(seed: int, _: int) -> None:
    meetings, outcomes = no_shows()
    history = meetings.join(outcomes, on="meeting_id").select("prospect", "meeting_at", "is_missed")
    days = meetings["meeting_at"].unique().sort()
    print(f"\nNo-shows, clinics in Vitoria 2016: fit to the earlier days, test on the later; history as of each booking\n{HEAD}")
    for share in (0.6, 0.7, 0.8):
        last = days[int(share * days.len()) - 1]
        test = meetings.filter(pl.col("meeting_at") > last)
        features = meeting_features(test, history)
        won = test.join(outcomes, on="meeting_id", how="left", maintain_order="left")["is_missed"].to_numpy()
        for learner, library in (("auto", "lightgbm"), ("auto", "scikit-learn"), ("logistic", None)):
            start = time.perf_counter()
            model = fit_no_shows(meetings, outcomes, as_of=last, learner=learner, library=library, seed=seed)
            line(f"to {last}, {library or learner}: {model.basis}", scores(model, features), won, time.perf_counter() - start)


def delayed_world(seed: int, count: int = 20_000) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Deliveries over a year, their features, eventual wins and lags: wins come after 60 days at the median, half as late for some."""
    chance = np.random.default_rng(seed)
    features = pl.DataFrame(
        {
            "delivery_id": np.arange(count),
            "delivered_at": [date(2025, 1, 1) + timedelta(days=int(day)) for day in chance.integers(0, 365, count)],
            "seniority": chance.choice(["manager", "director", "vp", "c-level"], count, p=[0.5, 0.3, 0.15, 0.05]),
            "industry": chance.choice([f"industry {n}" for n in range(12)], count),
            "employees": np.round(np.exp(chance.normal(6, 1.2, count))),
            "visits": chance.poisson(2, count),
        }
    )
    by_industry = chance.normal(0, 0.5, 12)
    rank = features["seniority"].replace_strict({"manager": 0, "director": 1, "vp": 2, "c-level": 3}).to_numpy()
    size = np.log(features["employees"].to_numpy())
    z = -3.4 + 0.45 * rank + by_industry[features["industry"].str.slice(9).cast(pl.Int64).to_numpy()] + 0.25 * features["visits"].to_numpy()
    z += 0.5 * (rank >= 1) * (size - 6) - 0.3 * (size - 6) ** 2 / 2
    won = chance.random(count) < 1 / (1 + np.exp(-z))
    lag = np.exp(chance.normal(np.log(60), 0.9, count))
    wins = features.select(
        "delivery_id",
        (pl.col("delivered_at").cast(pl.Datetime("us")) + pl.Series(lag * 86_400e6).cast(pl.Duration("us"))).alias("happened_at"),
    )
    return features, wins.filter(pl.Series(won)), features.select("delivery_id").with_columns(is_reached=pl.Series(won & (lag < 120)))


def run_delayed(seed: int, repetitions: int) -> None:
    print("\nS13 delayed labels: win within 120 days, 20,000 deliveries over a year, as of its end; tested on as many new ones")
    print(f"{'':<30} {'p/actual':>9} {'AUC':>7}   (mean of {repetitions} worlds)")
    found: dict[str, list[tuple[float, float]]] = {}
    as_of = date(2025, 12, 31)
    for repetition in range(repetitions):
        features, wins, truth = delayed_world(seed + 1000 * repetition)
        half = np.random.default_rng(seed + repetition).permutation(features.height)
        fit, test = features[half[: features.height // 2]], features[half[features.height // 2 :]]
        won = test.join(truth, on="delivery_id", how="left", maintain_order="left")["is_reached"].to_numpy()
        # A deal is not seen before its first lag; the others are made to be so.
        seen = wins.filter(pl.col("happened_at").dt.date() <= as_of).join(fit, on="delivery_id")
        within = (pl.col("happened_at").dt.date() - pl.col("delivered_at")).dt.total_days() < 120
        naive = fit.select("delivery_id", pl.col("delivery_id").is_in(seen.filter(within)["delivery_id"].implode()).alias("is_reached"))
        old = fit.filter(pl.col("delivered_at") <= as_of - timedelta(days=119))
        for learner, library in (("auto", "lightgbm"), ("auto", "scikit-learn"), ("logistic", None)):
            options = {"learner": learner, "library": library, "seed": seed}
            models = {
                "naive (not yet = never)": fit_labelled(fit, naive, **options),
                "old deliveries only": fit_labelled(old, truth, **options),
                "weighted (ours)": fit_scores(fit, wins, as_of=as_of, horizon_days=120, **options),
                "oracle (all known)": fit_labelled(fit, truth, **options),
            }
            for name, model in models.items():
                p = scores(model, test)
                found.setdefault(f"{name:<24} {library or learner}", []).append((p.mean() / won.mean(), assess(p, won).auc or 0))
    for name, pairs in found.items():
        print(f"{name:<38} {np.mean([pair[0] for pair in pairs]):>6.3f} {np.mean([pair[1] for pair in pairs]):>7.4f}")


def run_leaks(seed: int, _: int) -> None:
    print("\nS12 X Education is not among the data here; made-up deliveries with its kinds of leaking columns instead")
    features, _, truth = delayed_world(seed)
    won = truth["is_reached"].to_numpy()
    chance = np.random.default_rng(seed)
    size = won.size
    leaky = features.with_columns(
        pl.Series("Tags", np.where(chance.random(size) < 0.9, np.where(won, "Will revert after reading", "Ringing"), "Busy")),
        pl.Series(
            "Lead Quality", np.where(won | (chance.random(size) < 0.2), np.where(won, "High", "Might be"), None).tolist(), dtype=pl.String
        ),
        pl.Series("Last Notable Activity", np.where(won & (chance.random(size) < 0.5), "SMS Sent", "Modified")),
        pl.Series("stage_code", np.where(won, 7, chance.integers(0, 7, size))),
        pl.Series("rep_notes_length", np.where(won, 80, 20) + chance.integers(0, 50, size)),
        (pl.col("delivered_at").cast(pl.Datetime("us")) + pl.duration(days=3)).alias("called_at"),
        pl.Series("call_minutes", chance.integers(1, 30, size) + 20 * won),
    )
    for name, given in (("honest columns", features), ("with leaking columns", leaky)):
        model = fit_labelled(given, truth, known_at={"call_minutes": "called_at"} if name.startswith("with") else None, seed=seed)
        assert model.assessment
        print(f"{name:<24} AUC {model.assessment.auc:.3f} (cross-fitted); columns used: {', '.join(model.columns)}")
        print("\n".join(f"  {each.verdict}: {each.column}. {each.reason}" for each in model.suspicions))


def run_speed(seed: int, _: int) -> None:
    print("\nScoring 1,000,000 deliveries after fitting to 20,000")
    features, _, truth = delayed_world(seed)
    many = pl.concat([features] * 50).with_columns(delivery_id=pl.int_range(pl.len()))
    for learner, library in (("logistic", None), ("auto", "lightgbm"), ("trees", "lightgbm"), ("trees", "scikit-learn")):
        model = fit_labelled(features, truth, learner=learner, library=library, seed=seed)
        wall, cpu = time.perf_counter(), time.process_time()
        model.score(many)
        print(
            f"{model.basis:<20} {library or '':<13} {time.perf_counter() - wall:>6.1f} s, {time.process_time() - cpu:>6.1f} s of processor"
        )


RUNS = {
    "bank": run_bank,
    "rolling": run_rolling,
    "forward": run_forward,
    "olist": run_olist,
    "noshow": run_noshow,
    "delayed": run_delayed,
    "leaks": run_leaks,
    "speed": run_speed,
}


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--seed", type=int, default=7)
    reader.add_argument("--repetitions", type=int, default=3)
    reader.add_argument("--only", default=",".join(RUNS))
    asked = reader.parse_args()
    print(f"seed {asked.seed}, {asked.repetitions} repetitions, data in {DATA.name if DATA.is_dir() else 'no folder'}")
    for name in asked.only.split(","):
        if name in ("bank", "rolling", "forward", "olist", "noshow") and not DATA.is_dir():
            print(f"\n{name}: the data is not here")
            continue
        RUNS[name](asked.seed, asked.repetitions)


if __name__ == "__main__":
    main()
