"""Write a programme folder from real data: 8,000 B2B leads of Olist, a marketplace, with the deals and revenue that came of them.

    python examples/olist/make_programme.py DATA_FOLDER OUT_FOLDER

DATA_FOLDER holds the files of the public set "Marketing Funnel by Olist" (CC BY-NC-SA 4.0, so they are not in this repository):
olist_marketing_qualified_leads_dataset.csv, olist_closed_deals_to_2018-09-30.csv and won_seller_order_items.csv.gz.

How the data become a programme:

* Each origin of leads (paid search, e-mail, ...) is a provider with a contract of its own, `olist-<origin>`; leads without an origin are
  of the provider `none-given`, which is not the origin called `unknown`.
* The data hold no prices, so every contract pays the same 10.00 BRL for each accepted lead, and asks nothing of it: there are no names or
  addresses to check. Amounts owed are therefore counts, and no finding about cost.
* A lead is generated and delivered at 00:00 of its first contact date in Sao Paulo; its external id is its mql_id.
* A closed deal is the milestone `won` at its won_date. Its amount is what the seller sold on the marketplace by the end of the data
  (2018-09-06), the sum of item prices without freight; 0.00 where nothing was sold. That is turnover of the seller, not of Olist. Where
  a seller closed two deals the amount stands on the earlier one, so that nothing is counted twice.
* One deal is dated two days before its lead's first contact. It stays as it is, and the settlement refuses and lists it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

STARTS = "2017-06-14"
PRICE = "10.00"
NO_ORIGIN = "none-given"

_CONTRACT = """\
[contract]
id = "{id}"
buyer = "olist"
provider = "{provider}"
currency = "BRL"
timezone = "America/Sao_Paulo"
starts = {starts}

[record]
uncertain = "accept"

[[price]]
on = "accepted"
amount = "{price}"
"""

_PROGRAMME = """\
# Real, anonymised data: Marketing Funnel by Olist and Brazilian E-Commerce Public Dataset by Olist, CC BY-NC-SA 4.0.
# The price of 10.00 BRL for a lead is assumed; the data hold none.
name = "Olist marketing funnel 2017-2018"
base_currency = "BRL"
timezone = "America/Sao_Paulo"
horizon_days = 120
"""


def make_programme(data: Path, out: Path) -> dict[str, int]:
    """Write the folder and count what is in it: `contracts`, `deliveries`, `won`."""
    leads = pl.read_csv(data / "olist_marketing_qualified_leads_dataset.csv", infer_schema=False)
    leads = leads.with_columns(provider=pl.col("origin").replace("", None).fill_null(NO_ORIGIN).str.replace_all("_", "-"))
    leads = leads.with_columns(contract=pl.lit("olist-") + pl.col("provider"))
    for (contract, provider), part in leads.group_by("contract", "provider", maintain_order=True):
        text = _CONTRACT.format(id=contract, provider=provider, starts=STARTS, price=PRICE)
        _write(out / "contracts" / f"{contract}.toml", text.encode())
        rows = part.select(
            external_id="mql_id",
            generated_at="first_contact_date",
            delivered_at="first_contact_date",
            campaign="landing_page_id",
            channel="origin",
        )
        _write(out / "deliveries" / str(contract) / "leads.csv", rows.sort("delivered_at", maintain_order=True).write_csv().encode())
    won = _won(data, leads)
    _write(out / "milestones" / "won.csv", won.write_csv().encode())
    _write(out / "programme.toml", _PROGRAMME.encode())
    return {"contracts": leads["contract"].n_unique(), "deliveries": leads.height, "won": won.height}


def _won(data: Path, leads: pl.DataFrame) -> pl.DataFrame:
    """Give the closed deals as milestones, with the seller's turnover as amount."""
    deals = pl.read_csv(data / "olist_closed_deals_to_2018-09-30.csv", infer_schema=False).sort("won_date", maintain_order=True)
    items = pl.read_csv(data / "won_seller_order_items.csv.gz", infer_schema=False)
    cents = (pl.col("price").cast(pl.Decimal(18, 2)) * 100).cast(pl.Int64)
    sold = items.group_by("seller_id").agg(cents.sum().alias("cents"))
    first = pl.int_range(pl.len()).over("seller_id") == 0
    told = deals.join(sold, on="seller_id", how="left", maintain_order="left").with_columns(
        cents=pl.when(first).then(pl.col("cents").fill_null(0)).otherwise(0)
    )
    placed = told.join(leads.select("mql_id", "contract"), on="mql_id", how="left", maintain_order="left")
    whole, part = pl.col("cents") // 100, (pl.col("cents") % 100).cast(pl.String).str.zfill(2)
    return placed.select(
        contract="contract",
        external_id="mql_id",
        milestone=pl.lit("won"),
        happened_at="won_date",
        amount=pl.concat_str(whole, pl.lit("."), part),
        currency=pl.lit("BRL"),
        source=pl.lit("olist"),
        source_id=pl.lit("deal-") + pl.col("mql_id"),
    )


def _write(path: Path, content: bytes) -> None:
    """Write a file, its folder made where needed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def main() -> int:
    """Read the two folders from the command line."""
    if len(sys.argv) != 3 or not Path(sys.argv[1]).is_dir():
        print("usage: python examples/olist/make_programme.py DATA_FOLDER OUT_FOLDER", file=sys.stderr)
        return 2
    counts = make_programme(Path(sys.argv[1]), Path(sys.argv[2]))
    print(f"{sys.argv[2]}: {counts['contracts']} contracts, {counts['deliveries']:,} deliveries, {counts['won']:,} won")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
