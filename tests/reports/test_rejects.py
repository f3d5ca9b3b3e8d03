"""Rejects: what the sender gets back can be mended and sent again."""

from __future__ import annotations

import polars as pl

from invented_programme import northwind
from payper.deliveries import SCHEMA
from payper.reasons import Reason
from payper.reports import rejects_table
from payper.reports.rejects import MENDS, what_to_do

CONTRACT = "northwind-reach-2026q1"


def test_every_rejected_delivery_of_the_contract_is_there_once_and_no_other() -> None:
    verdicts = northwind().verdicts
    rejected = verdicts.filter((pl.col("contract") == CONTRACT) & (pl.col("verdict") == "rejected"))
    assert rejects_table(verdicts, CONTRACT)["external_id"].to_list() == rejected["external_id"].to_list()


def test_columns_are_the_senders_in_order_of_the_schema_then_what_payper_says() -> None:
    table = rejects_table(northwind().verdicts, CONTRACT)
    sent = [name for name in table.columns if not name.startswith("payper_")]
    assert sent[0] == "external_id"
    assert [name for name in sent if name in SCHEMA] == [name for name in SCHEMA if name in sent]
    said = [name for name in table.columns if name.startswith("payper_")]
    assert said[:3] == ["payper_reasons", "payper_can_mend", "payper_what_to_do"]
    assert {"payper_file", "payper_row"} <= set(said)
    assert all(table[name].null_count() < table.height for name in sent)
    assert not {"verdict", "email_normal", "price_minor", "delivered_at"} & set(table.columns)


def test_what_to_do_mends_only_what_can_be_mended() -> None:
    for reason in Reason:
        assert what_to_do(reason).startswith("Sending it again cannot help") != reason.can_mend
    assert set(MENDS) <= {reason for reason in Reason if reason.can_mend}


def test_a_delivery_can_be_mended_only_if_each_of_its_reasons_can() -> None:
    table = rejects_table(northwind().verdicts, CONTRACT)
    for reasons, can in table.select("payper_reasons", "payper_can_mend").iter_rows():
        assert (can == "yes") == all(Reason[code].can_mend for code in reasons.split(";"))


def test_values_as_the_sender_wrote_them_take_the_place_of_those_judged() -> None:
    verdicts = northwind().verdicts
    raw = verdicts.select("file", "row", "external_id", email=pl.lit("  Ana@Example.COM "))
    assert set(rejects_table(verdicts, CONTRACT, raw)["email"]) == {"  Ana@Example.COM "}


def test_a_contract_without_rejects_gives_an_empty_table_with_its_columns() -> None:
    table = rejects_table(northwind().verdicts.clear(), CONTRACT)
    assert table.height == 0
    assert "external_id" in table.columns
