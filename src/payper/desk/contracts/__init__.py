"""Contracts on their way into force: checked, drafted, proposed, accepted, paused; and the lists they name."""
