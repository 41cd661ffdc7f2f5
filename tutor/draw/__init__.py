"""Pictures as rows of styled cells: pure functions, no widgets."""
