"""What pages and systems read, to each party its own half."""
