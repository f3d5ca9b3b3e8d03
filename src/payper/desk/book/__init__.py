"""What is recorded of one buyer: judge into it, settle it, verify it, read how it stands."""
