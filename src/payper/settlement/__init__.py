"""Settlement: what is owed for accepted deliveries, and which transfer says so."""

from payper.settlement.admission import Admissions, Owed
from payper.settlement.outcome import ChargeState
from payper.settlement.rates import Rate, Rates
from payper.settlement.settle import DELIVERY_SCHEMA, OTHERS_SCHEMA, Made, Settlement, settle

__all__ = ["DELIVERY_SCHEMA", "OTHERS_SCHEMA", "Admissions", "ChargeState", "Made", "Owed", "Rate", "Rates", "Settlement", "settle"]
