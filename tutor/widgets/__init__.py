"""One module a thing the reader sees."""
