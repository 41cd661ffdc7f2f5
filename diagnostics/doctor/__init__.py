"""A CUDA set-up judged: a probe looks at the host, checks judge what it saw."""
