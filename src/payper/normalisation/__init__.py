"""Bring what senders write to one form: titles, companies, sizes, industries, countries, addresses, people.

Every reader takes a column of texts and gives columns of canonical values; null is "empty or not recognised", never a guess.
"""
