"""The command line's grammar: argparse with our exit code, one sentence for a mistake, and a guess what was meant."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn


class UsageError(Exception):
    """Bad input: one sentence that says what is wrong and what to do."""


class Parser(argparse.ArgumentParser):
    """Raises UsageError where argparse prints its usage and leaves."""

    launches = False
    """Whether from `-m` or the first word that is no option on, all belongs to a program, and arrives as `words`.

    Arguments of the program are declared for help and completion alone.
    """

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message.removeprefix('argument ')}; `{self.prog} --help` shows how")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does, but first looks for options that do not exist: it would take their value for a command."""
        words = list(sys.argv[1:] if args is None else args)
        own = self._own(words) if self.launches else len(words)
        self._refuse_unknown_options(words[:own])
        options, rest = super().parse_known_args(words[:own], namespace)
        if self.launches:
            options.words = words[own + (words[own : own + 1] == ["--"]) :]
        return options, rest

    def _own(self, words: Sequence[str]) -> int:
        """How many of the words are this command's options and their values."""
        place = 0
        while place < len(words) and words[place].startswith("-") and words[place] not in ("-", "--", "-m"):
            action = self._option_string_actions.get(words[place])
            place += 1 if action is None or action.nargs == 0 else 2
        return min(place, len(words))

    def _refuse_unknown_options(self, words: Sequence[str]) -> None:
        options = [option for option in self._option_string_actions if option.startswith("--")]
        for word in words:
            if word == "--" or word in self._commands():
                return
            name = word.partition("=")[0]
            if name.startswith("--") and name not in options:
                from lessons.kit.names import unknown  # here: what starts in no time needs none of the course

                raise UsageError(unknown("option", name, options, of=self.prog))

    def _commands(self) -> list[str]:
        """The names of the commands below this one."""
        return [name for action in self._actions if action.nargs == argparse.PARSER for name in action.choices or ()]

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        if action.nargs == argparse.PARSER:
            from lessons.kit.names import unknown

            raise UsageError(unknown("command", value, action.choices, of=self.prog))
        raise UsageError(f"{action.option_strings[-1]} is one of {', '.join(action.choices)}, not {value!r}")


def takes_a_script(check: Parser) -> None:
    """What a check is told, by the command line and in the app."""
    check.launches = True
    add = check.add_argument
    add(
        "--device",
        choices=("cuda", "cpu", "real"),
        help="cuda: a virtual one, on the CPU; cpu: none, and devices are left out; real: the GPU that is here "
        "(default: real with a GPU, else cuda)",
    )
    add("--gpus", type=count, metavar="N", default=1, help="how many virtual GPUs there are (default: 1)")
    add("--steps", type=count, metavar="N", help="stop after N steps of the script's optimizers")
    add("-m", metavar="MODULE", dest="module", help="run a module, as python -m does")
    add("script", metavar="SCRIPT", nargs="?", help="the script, as you would give it to python")
    add("arguments", metavar="ARGS", nargs="*", help="what the script gets as its arguments")


def rate(text: str) -> float:
    """Pictures a second, for --fps."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0.1 <= number <= 60:
        raise argparse.ArgumentTypeError(f"takes a number from 0.1 to 60, not {text!r}")
    return number


def count(text: str) -> int:
    """How many, from 1."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"takes a whole number from 1, not {text!r}")
    return int(text)


def words(text: str) -> str:
    """What to search for."""
    if not text.strip():
        raise argparse.ArgumentTypeError("takes at least one word")
    return text


class Reset(argparse.Action):
    """Repairs the terminal and leaves."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: object, values: Any, option: str | None = None
    ) -> None:
        from tutor.output import control
        from tutor.terminal import reset

        control(sys.stderr, reset())
        parser.exit()


class Completion(argparse.Action):
    """Prints a shell's completion script and leaves."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: object, values: Any, option: str | None = None
    ) -> None:
        import shtab

        from diagnostics.doctor.judge import faults

        for action in _all_actions(parser):
            if action.metavar == "ID":
                action.choices = sorted(faults())
            elif action.metavar in ("FILE", "EXE", "SCRIPT"):
                action.complete = shtab.FILE  # type: ignore[attr-defined]
        print(shtab.complete(parser, values))
        parser.exit()


def _all_actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Those of a command, and of the commands below it."""
    for action in parser._actions:
        yield action
        if action.nargs == argparse.PARSER:
            for command in dict(action.choices or {}).values():
                yield from _all_actions(command)
