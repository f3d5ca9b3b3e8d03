"""The file to mend and resend: what was rejected under a contract, as the sender wrote it, with why and what to do."""

from __future__ import annotations

import polars as pl

from payper.deliveries import ANSWER_PREFIX, SCHEMA
from payper.reasons import Group, Reason, Verdict

MENDS: dict[Reason, str] = {
    Reason.CONTRACT_UNKNOWN: "Send it again when the contract is there, or under the id of another that both parties accepted.",
    Reason.CONTRACT_PAUSED: "Send it again after the pause.",
    Reason.ROW_MALFORMED: "Mend the row: as many cells as the header, closed quotes, dates such as 2026-03-14.",
    Reason.FIELD_MISSING: "Fill in the fields that the contract requires.",
    Reason.EMAIL_SYNTAX: "Correct the e-mail address.",
    Reason.EMAIL_FREE: "Give the person's business e-mail address.",
    Reason.EMAIL_ROLE: "Give the person's own address, not one of a function such as info@ or sales@.",
    Reason.EMAIL_NO_MX: "Correct the domain of the e-mail address: it takes no mail.",
    Reason.PHONE_INVALID: "Correct the phone number, with its country prefix.",
    Reason.PHONE_COUNTRY: "Give a phone number of the delivery's country, or correct the country.",
    Reason.CONSENT_MISSING: "Fill in the proof of consent.",
    Reason.ANSWER_MISSING: "Fill in the answer to the qualifying question.",
    Reason.IMPLAUSIBLE: "Replace test data by the real record, and date nothing after its delivery.",
    Reason.COUNTRY_UNKNOWN: "Write the country as a name or ISO code.",
    Reason.SIZE_UNKNOWN: "Write the number of employees, or a range inside one the contract asks for.",
    Reason.REVENUE_UNKNOWN: "Write the revenue with its currency, or a range inside the one the contract asks for.",
    Reason.INDUSTRY_UNKNOWN: "Write the industry as a code or title of NAICS, SIC, NACE or ISIC.",
    Reason.TITLE_UNKNOWN: "Write the full job title, so that function and seniority can be told.",
    Reason.RULE_UNKNOWN: "Fill in the values that the contract's rule looks at, as figures rather than ranges.",
    Reason.NOTICE_TOO_SHORT: "Agree a later time for the meeting.",
    Reason.BEYOND_HORIZON: "Agree an earlier time for the meeting.",
    Reason.NOT_DECISION_MAKER: "Bring an attendee of the standing that the contract asks for.",
    Reason.CAP_DAY: "Send it again on a later day.",
    Reason.CAP_MONTH: "Send it again in a later month.",
    Reason.CAP_PACE: "Send it again on a later day.",
}
"""What to do about each reason that mending can cure."""

_NO_HELP = {
    Group.CONTRACT: "Sending it again cannot help: the contract was not in force.",
    Group.RECORD: "Sending it again cannot help.",
    Group.AUDIENCE: "Sending it again cannot help: the contract does not ask for it.",
    Group.DUPLICATE: "Sending it again cannot help: it was delivered or known before.",
    Group.CAP: "Sending it again cannot help: the contract takes no more.",
    Group.AFTER: "Sending it again cannot help.",
}


_PLACES = (("file", "file"), ("row", "row"), ("evidence", "seen"), ("raw", "row_as_sent"))
"""Where the delivery was read, what judging noted, and the text of a row that could not be cut into cells."""


def what_to_do(reason: Reason) -> str:
    """Say what mends a reason, or why sending again cannot help."""
    if reason.can_mend:
        return MENDS.get(reason, "Mend it and send it again.")
    if reason is Reason.EMAIL_DISPOSABLE:
        return "Sending it again cannot help: throw-away addresses are not taken."
    if reason in {Reason.STALE, Reason.CONSENT_EXPIRED}:
        return "Sending it again cannot help: it only gets older."
    if reason is Reason.ANSWER_DISQUALIFIES:
        return "Sending it again cannot help: the answer is not one the contract takes."
    return _NO_HELP.get(reason.group, "Sending it again cannot help.")


def rejects_table(verdicts: pl.DataFrame, contract: str, raw: pl.DataFrame | None = None) -> pl.DataFrame:
    """Give the rejected deliveries of a contract as a table that can be mended and sent again.

    Args:
        verdicts: The verdicts frame; lists of reasons, canonical columns as sent.
        contract: The contract's id.
        raw: The deliveries as sent, with `file`, `row` and canonical columns, where `verdicts` does not carry them as the sender wrote
            them; its values take the place of those in `verdicts`.

    Returns:
        `external_id`, the sender's other canonical columns in the order of the schema and the answers, those with any value only;
        `delivered_at` only of what was rejected as `CONTRACT_UNKNOWN`, which counts from its first sending once the contract is there,
        while anything else is handed over anew; then
        `payper_reasons` (codes joined by `;`), `payper_can_mend` (yes, no), `payper_what_to_do`, and where they are known `payper_file`,
        `payper_row`, `payper_seen` and `payper_row_as_sent`. Intake ignores columns whose name
        starts with `payper_`. Formulas are not made harmless here: write the frame with `csv_text`. In the order of arrival.
    """
    rejected = verdicts.filter((pl.col("contract") == contract) & (pl.col("verdict") == Verdict.REJECTED.value))
    if raw is not None:
        sent = [name for name in raw.columns if name in SCHEMA or name.startswith(ANSWER_PREFIX)]
        dropped = [name for name in sent if name in rejected.columns]
        rejected = rejected.drop(dropped).join(raw.select("file", "row", *sent), on=["file", "row"], how="left", maintain_order="left")
    answers = sorted(name for name in rejected.columns if name.startswith(ANSWER_PREFIX))
    if "delivered_at" in rejected.columns:
        is_unknown = pl.col("reasons").list.contains(Reason.CONTRACT_UNKNOWN.name)
        rejected = rejected.with_columns(pl.when(is_unknown).then(pl.col("delivered_at")).alias("delivered_at"))
    columns = [name for name in (*SCHEMA, *answers) if name in rejected.columns and name != "external_id"]
    filled = [name for name in columns if rejected[name].null_count() < rejected.height]
    advice = {reason.name: what_to_do(reason) for reason in Reason}
    helps = [reason.name for reason in Reason if reason.can_mend]
    reasons = pl.col("reasons")
    words = reasons.list.eval(pl.element().replace_strict(advice, default="", return_dtype=pl.String)).list.unique(maintain_order=True)
    return rejected.select(
        "external_id",
        *filled,
        reasons.list.join(";").alias("payper_reasons"),
        pl.when(reasons.list.eval(pl.element().is_in(helps)).list.all())
        .then(pl.lit("yes"))
        .otherwise(pl.lit("no"))
        .alias("payper_can_mend"),
        words.list.join(" ").alias("payper_what_to_do"),
        *(pl.col(name).alias(f"payper_{label}") for name, label in _PLACES if name in rejected.columns),
    )
