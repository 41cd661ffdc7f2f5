"""How CUDA's kernels check their tensors, a table a torch version: made by make_rules, read by `table`."""
