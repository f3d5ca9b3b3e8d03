"""Pages for people, in the order of the loop."""
