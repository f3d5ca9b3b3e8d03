"""A programme folder: read it, judge and settle what is new, write its results."""
