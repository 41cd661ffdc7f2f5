"""Looks at a host: standard library only, Python 3.8 and newer, and nothing is changed."""
