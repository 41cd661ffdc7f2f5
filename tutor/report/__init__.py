"""Lessons and demos as plain text and JSON."""
