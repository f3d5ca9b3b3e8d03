"""The store: what payper keeps, in one SQLite file."""

from payper.store.database import Batch, Database, open_database

__all__ = ["Batch", "Database", "open_database"]
