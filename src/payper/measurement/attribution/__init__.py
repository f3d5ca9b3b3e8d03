"""Attribution: what each paid touch added, beside what would have happened anyway."""

from payper.measurement.attribution.attribute import ANYWAY, ATTRIBUTE_FLAGS, attribute, e_value
from payper.measurement.attribution.orders import compare_orders
from payper.measurement.attribution.paths import read_paths
from payper.measurement.attribution.touches import PATHS_SCHEMA, touch_paths

__all__ = ["ANYWAY", "ATTRIBUTE_FLAGS", "PATHS_SCHEMA", "attribute", "compare_orders", "e_value", "read_paths", "touch_paths"]
