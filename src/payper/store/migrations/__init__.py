"""Numbered SQL files; each brings the schema one version on, and data with it."""
