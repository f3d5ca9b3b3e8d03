"""The world's files and services: reading what parties send, writing what payper answers."""
