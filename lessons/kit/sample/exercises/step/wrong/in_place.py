"""The tensor that was given is changed. Breaks: what_was_given_stays."""


def step(w, gradient, lr):
    w -= lr * gradient
    return w
