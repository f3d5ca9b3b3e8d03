"""Signals: what can be seen on a delivery that honest work shows seldom, and how often each provider's deliveries of a week show it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import polars as pl

from payper.deliveries import ANSWER_PREFIX
from payper.errors import DeliveryError
from payper.reasons import GOOD, Group, Reason, Verdict

SIGNALS: dict[str, str] = {
    "repeated": "repeats of earlier deliveries",
    "invalid_email": "invalid e-mail addresses",
    "invalid_phone": "invalid phones",
    "outside_audience": "people outside the audience",
    "templated_text": "answers in another person's words",
    "impossible_time": "records dated after their own delivery",
    "burst": "records made within seconds of two others",
    "shared_ip": "IP addresses shared with another company",
    "wrong_person": "wrong people or numbers told within 14 days",
    "bounced": "addresses that bounced within 14 days",
}
"""Every signal with the words for the deliveries that show it, in the order of tables."""

FEEDBACK: dict[str, tuple[Reason, ...]] = {
    "wrong_person": (Reason.PERSON_WRONG, Reason.PHONE_WRONG, Reason.LEFT_COMPANY, Reason.DENIES_REQUEST),
    "bounced": (Reason.EMAIL_BOUNCED,),
}
"""Reasons of returns that are signals. They come later, so each delivery is looked at for `FEEDBACK_DAYS` and counted at their end."""

FEEDBACK_DAYS = 14
TEXT_WORDS_MIN = 5
"""Shorter answers come from a list to choose from, and are alike by design."""
LOOK_BACK = 50
"""Texts and addresses are looked for among so many of the provider's deliveries before. A number of days would find more the more is
delivered, and less as long as there is little to look back on."""

FILLS_UP: frozenset[str] = frozenset({"repeated"})
"""Signals that honest work shows more of by itself as history fills up: no slow rise is looked for."""

BURST_WITHIN = timedelta(seconds=10)

COUNTS_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "provider": pl.String,
    "week": pl.Date,
    "signal": pl.String,
    "k": pl.Int64,
    "n": pl.Int64,
}
"""Columns of counts: `week` is the Monday (UTC), `n` how many deliveries the signal can be seen on or not, `k` how many show it."""

_INVALID_EMAIL = (Reason.EMAIL_SYNTAX, Reason.EMAIL_DISPOSABLE, Reason.EMAIL_NO_MX)
_INVALID_PHONE = (Reason.PHONE_INVALID, Reason.PHONE_COUNTRY)
_REPEATED = (Reason.RESENT, Reason.DUPLICATE_SELF)
_OUTSIDE = tuple(
    reason for reason in Reason if (reason.group is Group.AUDIENCE and not reason.is_uncertain) or reason is Reason.NOT_DECISION_MAKER
)
_LATE_STAGE = tuple(reason for reason in Reason if reason.group in {Group.DUPLICATE, Group.CAP})
_NEEDED = ("contract", "provider", "verdict", "reasons", "delivered_at")
_OPTIONAL: dict[str, pl.DataType | type[pl.DataType]] = {
    "external_id": pl.String,
    "delivery_id": pl.Int64,
    "generated_at": pl.Datetime("us", "UTC"),
    "consent_at": pl.Datetime("us", "UTC"),
    "first_name": pl.String,
    "last_name": pl.String,
    "email": pl.String,
    "phone": pl.String,
    "company": pl.String,
    "ip": pl.String,
    "campaign": pl.String,
    "asset": pl.String,
    "email_normal": pl.String,
    "phone_e164": pl.String,
    "domain": pl.String,
    "company_key": pl.String,
}


def count_signals(verdicts: pl.DataFrame, returns: pl.DataFrame | None = None, *, as_of: datetime) -> pl.DataFrame:
    """Count, per provider, week and signal, the deliveries that show the signal and those it was looked for on.

    Args:
        verdicts: As for `mark_signals`.
        returns: As for `mark_signals`; None: no feedback was looked at.
        as_of: Nothing later has happened; with a zone.

    Returns:
        `COUNTS_SCHEMA`, sorted; weeks in which a signal was looked for on no delivery are left out.

    Raises:
        DeliveryError: A column is missing.
    """
    marks = mark_signals(verdicts, returns, as_of=as_of)
    frames = []
    for week, signals in (("week", [name for name in SIGNALS if name not in FEEDBACK]), ("feedback_week", list(FEEDBACK))):
        wide = (
            marks.filter(pl.col(week).is_not_null())
            .group_by("provider", pl.col(week).alias("week"))
            .agg(*(each for name in signals for each in (pl.col(name).sum().alias(f"k {name}"), pl.col(name).count().alias(f"n {name}"))))
        )
        frames += [
            wide.select(
                "provider",
                "week",
                pl.lit(name).alias("signal"),
                pl.col(f"k {name}").cast(pl.Int64).alias("k"),
                pl.col(f"n {name}").cast(pl.Int64).alias("n"),
            )
            for name in signals
        ]
    return pl.concat(frames).filter(pl.col("n") > 0).sort("provider", "week", "signal")


def mark_signals(verdicts: pl.DataFrame, returns: pl.DataFrame | None = None, *, as_of: datetime) -> pl.DataFrame:
    """Mark every delivery with the signals it shows.

    Args:
        verdicts: One row per delivery: `contract, provider, verdict, reasons` (list of codes), `delivered_at` (UTC), and as many of
            `external_id, delivery_id, generated_at, consent_at, first_name, last_name, email, phone, company, ip, campaign, asset`,
            `email_normal, phone_e164, domain, company_key` and `answer_<field>` as there are. Malformed rows and rows without an
            instant of delivery are left out, as are those after `as_of`.
        returns: `contract, external_id, reason, claimed_at` (UTC), with or without `outcome` (granted, refused, contested, pending) or
            `decision` (granted, refused); refused ones do not count.
        as_of: Nothing later has happened; with a zone.

    Returns:
        `provider, contract, delivery_id, external_id, delivered_at, week, feedback_week` (null: not yet looked at long enough) and one
        Boolean column per signal, null where it cannot be seen (no phone given, no answer of five words, not accepted, ...).

    Raises:
        DeliveryError: A column is missing.
    """
    known = prepared(verdicts, as_of)
    reasons = pl.col("reasons")
    was_compared = pl.col("verdict").is_in([each.value for each in GOOD]) | has_any(reasons, _LATE_STAGE)
    later = pl.max_horizontal("generated_at", "consent_at") > pl.col("delivered_at")
    marked = known.with_columns(
        repeated=pl.when(was_compared).then(has_any(reasons, _REPEATED)),
        invalid_email=_where_given("email", has_any(reasons, _INVALID_EMAIL) | pl.col("email_normal").is_null()),
        invalid_phone=_where_given("phone", has_any(reasons, _INVALID_PHONE) | pl.col("phone_e164").is_null()),
        outside_audience=has_any(reasons, _OUTSIDE),
        templated_text=_templated(known),
        impossible_time=later,
        burst=_burst(known),
        shared_ip=_shared(known, "ip", company_of()),
    )
    return _with_feedback(marked, returns, as_of).select(
        "provider", "contract", "delivery_id", "external_id", "delivered_at", "week", "feedback_week", *SIGNALS
    )


def has_any(reasons: pl.Expr, wanted: Collection[Reason]) -> pl.Expr:
    """Tell whether a list of codes holds any of the reasons; an empty or null list holds none."""
    return reasons.list.eval(pl.element().is_in([each.name for each in wanted])).list.any().fill_null(value=False)


def company_of() -> pl.Expr:
    """Give what tells companies apart: the domain, else the company's key, else its name; null: not known."""
    return pl.coalesce("domain", "company_key", pl.col("company").str.to_lowercase().str.strip_chars())


def prepared(verdicts: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Give the well-formed deliveries up to an instant with all columns that signals look at, null where absent, and their `week`."""
    missing = [name for name in _NEEDED if name not in verdicts.columns]
    if missing:
        raise DeliveryError(
            where="verdicts",
            seen=f"the columns {', '.join(missing)} are missing",
            mend="Give one row per delivery with contract, provider, verdict, reasons and delivered_at.",
        )
    absent = {name: dtype for name, dtype in _OPTIONAL.items() if name not in verdicts.columns}
    known = verdicts.with_columns(pl.lit(None, dtype=dtype).alias(name) for name, dtype in absent.items())
    # Frames that were not normalised have these empty for everybody; what was sent then stands for itself.
    known = known.with_columns(
        pl.when(pl.col("email_normal").is_null().all())
        .then(pl.col("email").str.to_lowercase().str.strip_chars())
        .otherwise("email_normal")
        .alias("email_normal"),
        pl.when(pl.col("phone_e164").is_null().all()).then("phone").otherwise("phone_e164").alias("phone_e164"),
    )
    known = known.filter(
        pl.col("delivered_at").is_not_null() & (pl.col("delivered_at") <= as_of) & ~has_any(pl.col("reasons"), (Reason.ROW_MALFORMED,))
    )
    return known.with_columns(week=week_of(pl.col("delivered_at")))


def week_of(instant: pl.Expr) -> pl.Expr:
    """Give the Monday of an instant's week, in UTC."""
    return instant.dt.truncate("1w").dt.date()


def _where_given(column: str, shown: pl.Expr) -> pl.Expr:
    return pl.when(pl.col(column).str.strip_chars().str.len_chars() > 0).then(shown)


def _shared(known: pl.DataFrame, column: str, owner: pl.Expr) -> pl.Series:
    """Mark rows whose value one of the provider's last deliveries had for another owner.

    Null where value or owner is missing, and as long as there are fewer than `LOOK_BACK` deliveries with both to look back on.
    """
    rows = known.select("provider", pl.col(column).alias("value"), owner.alias("owner"), "delivered_at").with_row_index()
    given = rows.filter(pl.col("value").is_not_null() & (pl.col("value") != "") & pl.col("owner").is_not_null()).sort(
        "delivered_at", "index"
    )
    # Sorted by value, so that the delivery before is the row before; a window per value would be several times slower.
    placed = given.with_columns(place=pl.int_range(pl.len()).over("provider")).sort("provider", "value", "place")
    begins = pl.any_horizontal((pl.col(name) != pl.col(name).shift(1)).fill_null(value=True) for name in ("provider", "value"))
    other = pl.when(begins).then(pl.lit(-LOOK_BACK - 1)).when(pl.col("owner") != pl.col("owner").shift(1)).then(pl.col("place").shift(1))
    # The same owner may come several times in a row: the last other one is then further back.
    marked = placed.with_columns(other=other.forward_fill()).with_columns(
        shown=pl.when(pl.col("place") >= LOOK_BACK).then(pl.col("place") - pl.col("other") <= LOOK_BACK)
    )
    return rows.select("index").join(marked.select("index", "shown"), on="index", how="left", maintain_order="left")["shown"]


def _templated(known: pl.DataFrame) -> pl.Series:
    """Mark rows with a long answer that the provider gave before for another person, names and digits apart."""
    answers = [name for name in known.columns if name.startswith(ANSWER_PREFIX) and known.schema[name] == pl.String]
    person = pl.coalesce("email_normal", pl.concat_str("first_name", "last_name", separator=" ")).alias("person")
    own = [pl.col(name).str.to_lowercase().str.strip_chars().alias(name) for name in ("first_name", "last_name", "company")]
    marks = []
    for name in answers:
        rows = known.select("provider", "delivered_at", person, *own, pl.col(name).str.to_lowercase().alias("text")).with_row_index("row")
        given = rows.filter(pl.col("text").str.count_matches(r"\S+") >= TEXT_WORDS_MIN)
        for word in ("first_name", "last_name", "company"):
            masked = pl.col("text").str.split(pl.col(word)).list.join("·")
            given = given.with_columns(pl.when(pl.col(word).str.len_chars() > 1).then(masked).otherwise("text").alias("text"))
        given = given.with_columns(pl.col("text").str.replace_all(r"[\d\s\pP\pS]+", " ").str.strip_chars())
        shown = given.select("row", _shared(given, "text", pl.col("person")).alias("shown"))
        marks.append(rows.select("row").join(shown, on="row", how="left", maintain_order="left")["shown"])
    if not marks:
        return pl.Series([None] * known.height, dtype=pl.Boolean)
    columns = pl.DataFrame({str(number): each for number, each in enumerate(marks)})
    was_seen = pl.any_horizontal(pl.all().is_not_null())
    return columns.select(pl.when(was_seen).then(pl.any_horizontal(pl.all().fill_null(value=False)))).to_series()


def _burst(known: pl.DataFrame) -> pl.Series:
    """Mark rows generated within ten seconds of two others of the same provider, contract, campaign and asset.

    Null where no time of generation is given, or where more than half of a provider's share one time of day: it only dates them.
    """
    group = ("provider", "contract", "campaign", "asset")
    rows = known.select(*group, "generated_at").with_row_index()
    clock = pl.col("generated_at").dt.time()
    most = clock.mode().first().over("provider")
    tells_time = ((clock == most).mean().over("provider") <= 0.5) | (pl.len().over("provider") < 3)
    given = rows.filter(pl.col("generated_at").is_not_null()).filter(tells_time)
    at = pl.col("generated_at")
    spans = [at.shift(-later).over(*group) - at.shift(2 - later).over(*group) for later in (0, 1, 2)]
    marked = given.sort("generated_at", "index").with_columns(
        shown=pl.any_horizontal((span <= BURST_WITHIN).fill_null(value=False) for span in spans)
    )
    return rows.select("index").join(marked.select("index", "shown"), on="index", how="left", maintain_order="left")["shown"]


def _with_feedback(marked: pl.DataFrame, returns: pl.DataFrame | None, as_of: datetime) -> pl.DataFrame:
    """Add the week in which a delivery's time for feedback ended, and whether it came."""
    end = pl.col("delivered_at") + timedelta(days=FEEDBACK_DAYS)
    if returns is None:
        none = [pl.lit(None, dtype=pl.Boolean).alias(name) for name in FEEDBACK]
        return marked.with_columns(pl.lit(None, dtype=pl.Date).alias("feedback_week"), *none)
    counted = returns.filter(pl.col("claimed_at") <= as_of)
    for column in ("outcome", "decision"):
        if column in returns.columns:
            counted = counted.filter(pl.col(column).fill_null("") != "refused")
    key = ["contract", "external_id"]
    firsts = [
        pl.col("claimed_at").filter(pl.col("reason").is_in([each.name for each in reasons])).min().alias(f"{name} at")
        for name, reasons in FEEDBACK.items()
    ]
    claims = counted.filter(pl.col("external_id").is_not_null()).group_by(key).agg(firsts)
    is_over = (pl.col("verdict") == Verdict.ACCEPTED.value) & (end <= as_of)
    joined = marked.join(claims, on=key, how="left", maintain_order="left")
    return joined.with_columns(
        pl.when(is_over).then(week_of(end)).alias("feedback_week"),
        *(pl.when(is_over).then((pl.col(f"{name} at") <= end).fill_null(value=False)).alias(name) for name in FEEDBACK),
    )
