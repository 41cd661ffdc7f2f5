"""A training script under watch. Standard library and torch only, Python 3.9 and newer."""
