"""What demos share that needs torch: they alone import it, in the worker. Python 3.9 and newer."""
