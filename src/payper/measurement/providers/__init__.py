"""Provider scorecards: rates that allow for small samples, ranks that say how sure they are."""

from payper.measurement.providers.rank import FLAGS, RANK_SCHEMA, rank
from payper.measurement.providers.wins import WIN_FLAGS, WINS_SCHEMA, rank_wins

__all__ = ["FLAGS", "RANK_SCHEMA", "WINS_SCHEMA", "WIN_FLAGS", "rank", "rank_wins"]
