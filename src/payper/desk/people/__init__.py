"""An installation and its people: parties, sign-in, tokens, profiles, erasure."""
