"""Practising: the reader's own file of an exercise, watched and judged. No widgets."""
