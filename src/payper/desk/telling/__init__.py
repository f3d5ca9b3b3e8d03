"""What parties are told of: happenings as messages, letters and call-backs."""
