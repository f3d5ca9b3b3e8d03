"""How scores are put into words: the headline, what a score is worth, what moved, and what to book."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from payper.advice.overbooking import DayPlan
from payper.measurement.scoring.assessment import Assessment
from payper.measurement.scoring.programme import LookBack, ScoreSheet, can_tell
from payper.reports.words import count, counted, day_in_words, enumerated, percent

SCORE_HEADS = (
    "Delivery", "Company", "Title level", "Contract", "Delivered", "Chance from now", "Between", "At delivery", "Age, days",
    "What moves it", "Basis",
)  # fmt: skip
MEETING_HEADS = (
    "Delivery", "Company", "Title level", "Contract", "Meeting", "Chance of a no-show", "Between", "What moves it", "Basis",
)  # fmt: skip
_PLURALS = {
    "meeting": ("meeting held", "meetings held"),
    "opportunity": ("opportunity", "opportunities"),
    "win": ("won deal", "won deals"),
    "show": ("no-show", "no-shows"),
}


@dataclass(frozen=True)
class ScoreStory:
    """What is told of scores, on the terminal, on the page and to programs.

    Attributes:
        programme: Its name.
        is_simulated: Whether it is invented.
        day: As of which day.
        zone: In which dates and times are written.
        sheet: The scores.
        slots: Meetings that can be taken in a day; None: nobody asked.
        turned_away: What a prospect turned away costs, in meetings held.
        plans: What to book by day; empty: nobody asked, or nothing is known of no-shows.
        notes: What else is worth knowing.
    """

    programme: str
    is_simulated: bool
    day: date
    zone: str
    sheet: ScoreSheet
    slots: int | None
    turned_away: float
    plans: Sequence[DayPlan]
    notes: Sequence[str]

    @property
    def is_of_meetings(self) -> bool:
        """Tell whether no-shows are foretold, not a milestone of deliveries."""
        return self.sheet.milestone == "show"

    @property
    def has_score(self) -> bool:
        """Tell whether there is a score."""
        return self.sheet.model.learner is not None


def headline(story: ScoreStory) -> str:
    """Say the answer in a sentence."""
    sheet, model = story.sheet, story.sheet.model
    if not story.has_score:
        return f"No score for {target(story)}: {_lower(_reason(told_words(story, model.notes[0])))}"
    found = model.assessment
    assert found is not None
    if not can_tell(found)[0]:
        what = "meetings" if story.is_of_meetings else "deliveries"
        return f"The score may not tell {what} apart: take each at the average, {percent(model.rate)} for {target(story)}"
    chances = sheet.scores["chance"].to_numpy()
    if story.is_of_meetings:
        return f"{_ahead(sheet)}, of which {chances.sum():,.1f} can be expected to be missed" if chances.size else "No meeting lies ahead"
    if not chances.size:
        return f"No delivery can still bring {target(story)}: all {count(sheet.counts['all'])} reached it, ended, or are too old"
    best = int(np.searchsorted(np.cumsum(np.sort(chances)[::-1]), chances.sum() / 2) + 1)
    return (
        f"{counted(chances.size, 'open delivery', 'open deliveries')} can be expected to bring {_expected(story, float(chances.sum()))}; "
        f"half of that is among the best {count(best)}"
    )


def target(story: ScoreStory) -> str:
    """Name what is foretold, with the horizon."""
    model = story.sheet.model
    return model.milestone + (f" within {counted(model.horizon_days, 'day')} of delivery" if model.horizon_days else "")


def three_findings(story: ScoreStory) -> list[str]:
    """Say what the score is worth: whether it tells apart, whether it means what it says, and how an earlier one did."""
    model = story.sheet.model
    if model.assessment is None:
        return []
    told = [order_words(model.assessment), meaning_words(model.assessment)]
    if story.sheet.look_back is not None:
        told.append(look_back_words(story.sheet.look_back, is_of_meetings=story.is_of_meetings))
    return told


def order_words(found: Assessment) -> str:
    """Say whether scores tell deliveries apart."""
    is_told, low, high = can_tell(found)
    area = f"AUC {found.auc or 0:.2f}, {low:.2f} to {high:.2f}, each scored by a model that had not seen it"
    if not is_told:
        return f"It may not tell them apart: the interval holds chance, 0.50 ({area})."
    return f"It tells them apart: the better half by score holds {percent(found.top_half)} of all that reached it ({area})."


def meaning_words(found: Assessment) -> str:
    """Say whether chances can be taken at their word."""
    return f"{difference_words(found)}. {error_words(found)}"


def difference_words(found: Assessment) -> str:
    """Say how far chances and what came differ."""
    return f"Chances and what came differ by {100 * found.ece:.1f} points on average"


def error_words(found: Assessment) -> str:
    """Say the slope and the error of chances, beside those of the average given to all."""
    plain = found.rate * (1 - found.rate)
    gain = 1 - found.brier / plain if plain > 0 else 0.0
    slope = "" if found.slope is None else f"Slope {found.slope:.2f}, where 1 is right; "
    error = f"Brier score {found.brier:.3f}, against {plain:.3f} for the average given to all"
    told = slope + error + (f": {percent(gain)} less error." if gain > 0 else ": no better.")
    return told[:1].upper() + told[1:]


def look_back_words(found: LookBack, *, is_of_meetings: bool = False) -> str:
    """Say how a score made earlier did on what came after it."""
    later, expected = found.assessment, found.assessment.mean_p * found.assessment.deliveries
    what = "meetings" if is_of_meetings else "deliveries"
    is_told, low, high = can_tell(later)
    verb = "told" if is_told else "did not surely tell"
    return (
        f"A score made on {day_in_words(found.as_of)}, knowing nothing later, {verb} the {count(later.deliveries)} {what} after it apart "
        f"(AUC {later.auc or 0:.2f}, {low:.2f} to {high:.2f}); it foretold {expected:,.0f} where {count(later.wins)} came."
    )


def moved_words(story: ScoreStory) -> list[str]:
    """Say what has moved since the earlier score; today's is fitted to all up to today."""
    found = story.sheet.look_back
    if found is None:
        return []
    if not found.drift.is_refit_due:
        return ["Nothing has moved since by more than chance explains."]
    told = [told_words(story, sentence) for sentence in found.drift.says[1:]]
    return [f"Since {day_in_words(found.as_of)} things have moved; the score shown is fitted to all up to now.", *told]


def counts_words(story: ScoreStory) -> str:
    """Say who is scored, and why the others are not."""
    counts, sheet = story.sheet.counts, story.sheet
    if story.is_of_meetings:
        parts = [f"{count(counts['ended'])} are over ({count(counts['missed'])} missed)", f"{count(sheet.scores.height)} lie ahead"]
        were = "was" if counts["unknown"] == 1 else "were"
        parts += [f"{count(counts['unknown'])} {were} due and nobody said what became of it"] if counts["unknown"] else []
        were = "was" if counts["left_out"] == 1 else "were"
        parts += [f"{count(counts['left_out'])} {were} called off in time or missed by the buyer"] if counts["left_out"] else []
        rest = f" {counted(counts['untimed'], 'further one')} has no time and cannot be scored." if counts["untimed"] == 1 else ""
        rest = rest or (f" {count(counts['untimed'])} further ones have no time and cannot be scored." if counts["untimed"] else "")
        return f"Of {counted(counts['all'], 'meeting')} with a time, {enumerated(parts)}.{rest}"
    parts = [f"{count(sheet.scores.height)} are open and scored" if story.has_score else f"{count(sheet.scores.height)} are open"]
    parts += [f"{count(counts['reached'])} reached it", f"{count(counts['ended'])} ended", f"{count(counts['old'])} are too old"]
    return f"Of {counted(counts['all'], 'accepted delivery', 'accepted deliveries')}, {enumerated(parts)}."


def plan_words(story: ScoreStory) -> list[str]:
    """Say how many meetings to book into the slots of a day."""
    if not story.plans or story.slots is None:
        return []
    rule, *days = story.plans
    found = rule.plan
    told = [
        f"Book {found.booked} into {counted(found.slots, 'slot')}: {found.expected_held:.1f} meetings are held, and with a chance of "
        f"{percent(found.chance_over)} somebody comes in vain."
    ]
    for one in days:
        day = day_in_words(one.day) if one.day else ""
        if one.is_full:
            told.append(f"{day}: {counted(one.taken, 'meeting')} booked, more than worth; {one.plan.expected_over:.1f} come in vain.")
        elif one.more:
            told.append(f"{day}: {counted(one.taken, 'meeting')} booked; book {count(one.more)} more.")
        else:
            told.append(f"{day}: {counted(one.taken, 'meeting')} booked; no more.")
    return told


def told_words(story: ScoreStory, sentence: str) -> str:
    """Put a sentence of the scorer, to which every milestone is a win, into the words of this one and the numbers of pages."""
    return sheet_words(story.sheet, sentence)


def sheet_words(sheet: ScoreSheet, sentence: str) -> str:
    """Do the same for scores of which nothing else is told."""
    one, many = _PLURALS[sheet.milestone]
    named = re.sub(r"(\d) wins\b", rf"\1 {many}", re.sub(r"\b1 win\b", f"1 {one}", sentence))
    return named.replace("without a win", f"without {sheet.model.milestone}").replace(" %", "%")


def all_notes(story: ScoreStory) -> list[str]:
    """Say how the score was made, and what else to know."""
    return [*(told_words(story, note) for note in (*story.sheet.model.notes, *story.sheet.notes)), *story.notes]


def chance_words(chance: float | None) -> str:
    """Write a chance: one decimal below ten per cent; no score in words."""
    return "no score" if chance is None else percent(chance, 1 if chance < 0.0995 else 0)


def between_words(low: float | None, high: float | None) -> str:
    """Write the honesty interval."""
    return "" if low is None or high is None else f"{chance_words(low)} to {chance_words(high)}"


def _ahead(sheet: ScoreSheet) -> str:
    number = sheet.scores.height
    return f"{count(number)} {'meeting lies' if number == 1 else 'meetings lie'} ahead"


def _expected(story: ScoreStory, total: float) -> str:
    return f"{total:,.1f} {_PLURALS[story.sheet.milestone][1]} within {counted(story.sheet.model.horizon_days or 0, 'day')} of delivery"


def _reason(note: str) -> str:
    return note.removeprefix("No score: ").removesuffix(".").split(". ")[0]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
