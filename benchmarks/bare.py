"""The least that Textual can do with a page of prose: what the tutor's screen is measured against."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Footer, Header, Markdown

PAGE = """\
## The limit is 2 over the curvature

One step of gradient descent moves each parameter **against** its gradient, by the learning rate
times its size. Where the loss is a bowl of curvature `λ` along some direction, the gradient there
is `λ·w`, so a step leaves `(1 − lr·λ)·w`.

That factor decides everything. Between 0 and 1 the parameter walks home without crossing the
bottom. Between −1 and 0 it crosses over at every step and still comes closer. At −1 it swings for
ever, and below that every step is longer than the one before: the loss grows without end.

- `lr·λ` below 1: monotone
- `lr·λ` from 1 to 2: a zigzag that narrows
- `lr·λ` above 2: it diverges

A bowl has more than one direction, and one learning rate serves them all. The steepest direction
sets the limit, the flattest one sets the pace: with curvatures 20 and 1 the limit is 2 / 20, and
along the flat direction a step at that limit takes away a tenth of what is left. The ratio of the
two curvatures is what makes a loss hard.

```python
for step in range(200):
    optimizer.zero_grad()
    loss(w).backward()
    optimizer.step()
```
"""


class Bare(App[None]):
    """A header, a page of Markdown, a footer."""

    TITLE = "bare"
    BINDINGS = [("q", "quit", "Quit")]  # noqa: RUF012

    def compose(self) -> ComposeResult:
        yield Header()
        yield Markdown(PAGE)
        yield Footer()


if __name__ == "__main__":
    Bare().run()
