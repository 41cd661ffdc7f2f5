"""The learning rate is forgotten. Breaks: it_goes_against_the_gradient."""


def step(w, gradient, lr):
    return w - gradient
