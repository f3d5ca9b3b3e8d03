"""The act `payper promote`: which accepted leads to hand to appointment setting, within the meeting slots that are free."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from payper.advice import Offer, ProfileFinding, Setting, promotions, read_profile, recommend
from payper.advice.experience import BOOKING_DAYS, shown_by_age, still_to_come
from payper.advice.futures import offers_of, outlooks_of
from payper.advice.profile import WEEKS_PER_MONTH, numbers_of
from payper.advice.promotion import HAND_OVER
from payper.connectors.writing import write_csv
from payper.desk.asking.advise import Record, record_of
from payper.desk.asking.score import answers_of
from payper.desk.book.standing import Standing, read_standing
from payper.desk.folder.run import Tell, silent
from payper.errors import FileError, UsageError
from payper.measurement.scoring.programme import can_tell, score_programme
from payper.reports.score_words import sheet_words

PERIOD_WEEKS = 4
"""Weeks ahead whose slots are filled, where nothing else is said."""

SCHEMA: Mapping[str, pl.DataType | type[pl.DataType]] = {
    **dict.fromkeys(("contract", "external_id", "company_key", "title_level"), pl.String),
    "delivered_at": pl.Datetime("us", "UTC"),
    "act": pl.String,
    **dict.fromkeys(("chance", "handed_chance", "gain_minor"), pl.Float64),
    **dict.fromkeys(("reason", "basis", "reasons"), pl.String),
}
COLUMNS = tuple(SCHEMA)

NOBODY = "No offer of the profile or programme sets appointments, so there is nobody to hand leads to."

BY_SHARE = "its contract's share"
SCORED_DAYS = 60
"""Leads are scored for a meeting held within so many days of delivery, by what became of leads alone: being one moves no choice here."""


@dataclass(frozen=True)
class Promotion:
    """Which way each open lead goes.

    Attributes:
        leads: One row per open lead, those to hand over first, the greatest gain first: `SCHEMA`; none where no offer sets appointments.
            `basis` says where the chance is from: a score's basis, or `BY_SHARE`; `reasons` what moved it, as text, empty without a score.
        currency: Of `gain_minor`.
        offer: To whose appointment setting leads are handed; None: no offer sets appointments.
        slots: Free slots in the weeks ahead; None: there is no limit.
        on_the_way: Meetings already booked in them.
        weeks: Weeks ahead.
        findings: Slips of the profile; with errors there are no leads.
        notes: What else is worth knowing.
    """

    leads: pl.DataFrame
    currency: str
    offer: str | None
    slots: float | None
    on_the_way: int
    weeks: int
    findings: Sequence[ProfileFinding]
    notes: Sequence[str]

    @property
    def handed(self) -> pl.DataFrame:
        """Give the leads to hand over, the greatest gain first."""
        return self.leads.filter(pl.col("act") == HAND_OVER)

    def to_json(self) -> dict[str, Any]:
        """Give it as plain values, as docs/reference/advice.md tells."""
        rows = self.leads.with_columns(pl.col("delivered_at").dt.to_string("iso:strict")).to_dicts()
        return {
            "currency": self.currency,
            "offer": self.offer,
            "slots": self.slots,
            "on_the_way": self.on_the_way,
            "weeks": self.weeks,
            "leads": rows,
            "findings": [finding.to_json() for finding in self.findings],
            "notes": list(self.notes),
        }


def promote(
    profile_path: Path,
    *,
    place: Path | str,
    as_of: date | None = None,
    slots: float | None = None,
    weeks: int = PERIOD_WEEKS,
    out: Path | None = None,
    tell: Tell = silent,
) -> Promotion:
    """Decide for every open lead of a programme: nurture on, hand to appointment setting, wait, or leave it.

    Args:
        profile_path: The profile, for wages, slots, deal size and margin.
        place: The programme, as of `read_standing`.
        as_of: As of which day.
        slots: Free slots; None: those of the profile's account executives in the weeks ahead, less meetings already booked in them.
        weeks: Weeks ahead, from 1.
        out: A CSV of all leads; None: none is written.
        tell: Told how far work has come.

    Raises:
        FileError: The profile cannot be read, or the list cannot be written.
        UsageError: There is no programme, or slots or weeks make no sense.
    """
    if weeks < 1 or (slots is not None and not 0 <= slots < math.inf):
        raise UsageError(where="promote", seen="Weeks are at least 1, and slots at least 0.", mend="Write --weeks 4 --slots 12.")
    try:
        reading = read_profile(profile_path.read_text("utf-8-sig"), str(profile_path))
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(where=profile_path, seen=f"The profile cannot be read: {error}.", mend="Save it as UTF-8 text.") from error
    if reading.profile is None:
        return Promotion(pl.DataFrame(schema=SCHEMA), "", None, slots, 0, weeks, reading.findings, ())
    standing = read_standing(place, as_of=as_of, tell=tell)
    record = record_of(reading.profile, standing)
    promotion = decide(record, standing, reading.findings, slots=slots, weeks=weeks)
    if out is not None:
        write_csv(promotion.leads, out)
    return promotion


def decide(record: Record, standing: Standing, findings: Sequence[ProfileFinding], *, slots: float | None, weeks: int) -> Promotion:
    """Decide for every open lead of a programme; arguments as of `promote`."""
    numbers = numbers_of(record.profile)
    offers, words = offers_of(record.profile)
    leads = open_leads(standing.outcomes)
    on_the_way = booked_ahead(standing.outcomes, standing.end, weeks)
    if slots is None:
        a_week = numbers["ae_slots"] / (numbers.months * WEEKS_PER_MONTH)
        slots = max(0.0, a_week * weeks - on_the_way)
    setters = [offer for offer in offers if offer.model != "lead"]
    if not setters:
        none = pl.DataFrame(schema=SCHEMA)
        return Promotion(none, record.profile.currency, None, slots, on_the_way, weeks, findings, (NOBODY, *record.notes))
    chosen = min(setters, key=_dearness)
    outlooks = dict(zip([offer.name for offer in offers], outlooks_of(numbers, offers, record.history), strict=True))
    found = recommend(record.profile, history=record.history, is_thorough=False)
    hours = found.mix.use("sdr_hours")
    hour = numbers["sdr_wage"] + (hours.worth_minor if hours is not None and hours.worth_minor else 0.0)
    own = {offer.name: outlooks[offer.name] for offer in offers}
    chances = {name: look.booked.mean * look.held.mean for name, look in own.items()}
    look = outlooks[chosen.name]
    worth = look.opportunity.mean * look.won.mean * look.deal_minor * numbers["margin"]
    setting = Setting(
        currency=record.profile.currency,
        worth_minor=worth,
        chance=sum(chances.values()) / len(chances),
        odds=numbers["setting_odds"],
        price_minor=float(chosen.price_minor) if chosen.model == "appointment" else 0.0,
        held_price_minor=float(chosen.held_price_minor),
        nurture_hours=numbers["sdr_hours_lead"],
        handed_hours=numbers["sdr_hours_appointment"],
        hour_minor=hour,
        slots=slots,
    )
    leads, scored = _scored(leads, standing)
    asked = leads.with_columns(pl.col("delivery_id").cast(pl.String), chance=pl.coalesce("score", _chance(chances))).with_columns(
        chance=still_to_come(pl.coalesce("chance", pl.lit(setting.chance)), _shown(leads, standing))
    )
    ways = promotions(asked, setting).select("act", "chance", "handed_chance", "gain_minor", "reason")
    by = ["order", "gain_minor", "contract", "external_id"]
    told = leads.hstack(ways).with_columns(_order()).sort(by, descending=[False, True, False, False])
    return Promotion(
        told.rename({"seniority": "title_level"}).select(COLUMNS),
        record.profile.currency,
        chosen.name,
        slots,
        on_the_way,
        weeks,
        findings,
        (scored, *words, *record.notes),
    )


def _scored(leads: pl.DataFrame, standing: Standing) -> tuple[pl.DataFrame, str]:
    """Add each lead's `score` at delivery (null: none can be given), its `basis` and `reasons`, and say how chances were found."""
    sheet = score_programme(
        standing.outcomes.filter(pl.col("kind") == "lead"),
        milestone="meeting",
        horizon_days=SCORED_DAYS,
        as_of=standing.end,
        answers=answers_of(standing),
        is_looked_back=False,
    )
    found, why = sheet.model.assessment, ""
    if found is None:
        said = sheet_words(sheet, sheet.model.notes[0]).removeprefix("No score: ")
        why = f" There is no score: {said}"
    elif not can_tell(found)[0]:
        why = " The score may not tell leads apart, so it is not used."
    # What days without it have taken is worked out anew from bookings, as these leads have none.
    own = sheet.scores.select(
        "delivery_id",
        pl.col("chance_at_delivery").alias("score"),
        pl.col("basis"),
        pl.col("reasons").list.eval(pl.element().filter(~pl.element().str.contains("days have passed"))).list.join("; "),
    )
    joined = leads.join(own.head(0) if why else own, on="delivery_id", how="left", maintain_order="left").with_columns(
        pl.when(pl.col("score").is_null()).then(pl.lit(BY_SHARE)).otherwise("basis").alias("basis"), pl.col("reasons").fill_null("")
    )
    known = joined.height - joined["score"].null_count()
    words = f"Chances of a meeting held are from the score for {known:,} of {joined.height:,} open leads, from their contract's share for "
    return joined, f"{words}the others, and lessened by the days without a booking.{why}"


def open_leads(outcomes: pl.DataFrame) -> pl.DataFrame:
    """Give the leads that nobody has met, booked, won, lost or taken back."""
    steps = ("booked_at", "held_at", "opportunity_at", "won_at", "ended_at")
    return outcomes.filter((pl.col("kind") == "lead") & pl.all_horizontal(pl.col(step).is_null() for step in steps)).select(
        "delivery_id", "contract", "provider", "model", "external_id", "company_key", "seniority", "delivered_at"
    )


def booked_ahead(outcomes: pl.DataFrame, end: Any, weeks: int) -> int:
    """Count the meetings that are booked, not yet over, and fall into the weeks ahead; one without a day counts."""
    waiting = outcomes.filter(
        pl.col("booked_at").is_not_null()
        & pl.all_horizontal(pl.col(step).is_null() for step in ("held_at", "missed_at", "cancelled_at", "ended_at", "won_at"))
    )
    day = pl.coalesce("meeting_at", pl.col("booked_at").dt.offset_by("14d"))
    return waiting.filter((day > end) & (day <= end + timedelta(weeks=weeks))).height


def _chance(chances: dict[str, float]) -> pl.Expr:
    """Give each lead the chance of its contract's leads; null where there is no offer of it."""
    return pl.col("contract").replace_strict(list(chances), list(chances.values()), default=None, return_dtype=pl.Float64)


def _shown(leads: pl.DataFrame, standing: Standing) -> pl.Expr:
    """Give the share of bookings that come by each open lead's age, by what all leads of the programme showed."""
    everyone = standing.outcomes.filter(pl.col("kind") == "lead")
    shown = shown_by_age(everyone, "delivered_at", "booked_at", at=standing.end, days=BOOKING_DAYS)
    ages = leads.select(((pl.lit(standing.end) - pl.col("delivered_at")).dt.total_days()).clip(0, BOOKING_DAYS)).to_series()
    return pl.lit(pl.Series("shown", shown[ages.to_numpy()], dtype=pl.Float64))


def _dearness(offer: Offer) -> float:
    """Order those who set appointments by what a held meeting costs besides the lead."""
    return float(offer.held_price_minor + (offer.price_minor if offer.model == "appointment" else 0))


def _order() -> pl.Expr:
    return pl.col("act").replace_strict({"hand over": 0, "wait": 1, "nurture": 2, "leave": 3}, return_dtype=pl.Int8).alias("order")
