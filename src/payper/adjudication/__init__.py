"""Judging: what a contract says of every delivery, with all reasons."""
