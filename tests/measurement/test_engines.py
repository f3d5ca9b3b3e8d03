"""The same counts by another engine, from the rows as they came."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
from tests.invented_deliveries import FIRST, invent_deliveries

from payper.measurement.histograms import count_histograms
from payper.measurement.snapshot import take_snapshot

AS_OF = FIRST + timedelta(days=200)
READ = """
with read as (
  select model, epoch_us(delivered_at) // 86400000000 as made, round(amount * 10000)::hugeint as amount, round(cost * 10000)::hugeint as cost,
         case when epoch_us(won_at) // 86400000000 <= {day} then epoch_us(won_at) // 86400000000 end as won,
         case when epoch_us(lost_at) // 86400000000 <= {day} then epoch_us(lost_at) // 86400000000 end as lost
  from deliveries)
"""
AGES = """
select model, {day} - made + 1 as age, count(*), count(*) filter (won is null and lost is null), sum(cost)::varchar
from read where made <= {day} group by all order by all
"""
WINS = """
select model, {day} - made + 1 as age, won - made as lag, count(*), sum(amount)::varchar, sum(amount * amount)::varchar
from read where made <= {day} and won is not null group by all order by all
"""


def test_duckdb_counts_the_same_to_the_last_digit() -> None:
    import duckdb

    deliveries = invent_deliveries(1, count=5000).with_columns(model=pl.Series(["lead", "appointment"] * 2500))
    counted = count_histograms(take_snapshot(deliveries, as_of=AS_OF, by="model"))
    day = (AS_OF - date(1970, 1, 1)).days
    with duckdb.connect() as connection:
        connection.register("deliveries", deliveries.to_arrow())
        ages, wins = (connection.execute((READ + query).format(day=day)).fetchall() for query in (AGES, WINS))
    text = pl.col(pl.Int128).cast(pl.String)
    ours = [
        getattr(counted, name).join(counted.segments, on="segment").select(columns).with_columns(text).rows()
        for name, columns in (
            ("ages", ("model", "age_days", "deliveries", "open", "cost")),
            ("wins", ("model", "age_days", "lag_days", "wins", "amount", "amount_squared")),
        )
    ]
    assert sorted(ours[0]) == ages
    assert sorted(ours[1]) == wins
