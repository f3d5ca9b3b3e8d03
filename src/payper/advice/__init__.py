"""Advice: which model or mix to buy, what it is worth, and what would change the answer."""
