"""Provider scorecards: rates that allow for small samples, ranks that say how sure they are."""

from payper.measurement.providers.rank import FLAGS, rank

__all__ = ["FLAGS", "rank"]
