"""A whole profile to read, and the way to change it."""

from __future__ import annotations

COMPLETE = """\
currency = "USD"

[goals]
kind = "revenue"
amount = "400000"
months = 3
horizon_days = 180

[sales]
cycle_days = 60
sdr_count = 2
sdr_hours_per_week = 15
sdr_wage = "40"
ae_count = 3
ae_meetings_per_week = 4
follow_up = "same day"
nurture = "automated"

[audience]
prospects = 6000
industries = ["software", "banking"]
seniority = "manager"
segment = "mid-market"

[revenue]
deal_size = "12000"
margin = "0.75"
expansion = "0.2"
margin_months = 12
risk = "balanced"
budget = "60000"
budget_every = "quarter"

[[offer]]
provider = "intentreach"
model = "lead"
price = "62.00"
max_units = 800

[[offer]]
provider = "bookwell"
model = "appointment"
price = "420"
min_units = 20

[[offer]]
provider = "intentreach"
model = "hybrid"
price = "45"
held_price = "260"
"""
