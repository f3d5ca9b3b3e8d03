"""The store: what payper keeps, in SQLite or PostgreSQL."""

from payper.store.database import Batch, Database, open_database, read_database

__all__ = ["Batch", "Database", "open_database", "read_database"]
