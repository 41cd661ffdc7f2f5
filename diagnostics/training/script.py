"""Runs a script or a module as `__main__`, as the interpreter does, and keeps our frames out of its tracebacks."""

from __future__ import annotations

import builtins
import importlib.machinery
import os
import pkgutil
import re
import runpy
import sys
import threading
from collections.abc import Sequence
from types import CodeType, ModuleType, TracebackType

HERE = os.path.dirname(os.path.abspath(__file__))

OUR_LINES = re.compile(rf'  File "{re.escape(HERE + os.sep)}[^\n]*\n(    [^\n]*\n)*')
"""A frame of ours as it stands in a traceback's text: a loader's worker sends its own inside the error's message."""


def run_as_main(words: Sequence[str]) -> None:
    """Runs `SCRIPT ARGS` or `-m MODULE ARGS`; whatever it raises is raised, SystemExit and KeyboardInterrupt too."""
    main = _blank(sys.modules["__main__"])
    sys.modules["__main__"] = main
    if words[0] == "-m":
        sys.argv = ["-m", *words[2:]]
        _path_starts_with(os.getcwd())
        runpy._run_module_as_main(words[1])  # type: ignore[attr-defined]  # what `python -m` itself calls
    elif os.path.isdir(words[0]):
        sys.argv = list(words)
        sys.path.insert(0, os.path.join(os.getcwd(), words[0]))
        runpy._run_module_as_main("__main__", alter_argv=False)  # type: ignore[attr-defined]
    else:
        sys.argv = list(words)
        _path_starts_with(os.path.dirname(os.path.realpath(words[0])))
        _run_file(words[0], main)


def _blank(ours: ModuleType) -> ModuleType:
    """A `__main__` with what this interpreter puts there before a script begins."""
    main = ModuleType("__main__")
    main.__builtins__ = builtins  # type: ignore[attr-defined]
    if "__annotations__" in vars(ours):  # before Python 3.14
        main.__annotations__ = {}
    if "__cached__" in vars(ours):
        vars(main)["__cached__"] = None
    return main


def _path_starts_with(folder: str) -> None:
    if not getattr(sys.flags, "safe_path", False):
        sys.path.insert(0, folder)


def _run_file(name: str, main: ModuleType) -> None:
    file = os.path.join(os.getcwd(), name)  # as python joins them: a leading ./ stays
    main.__file__ = file
    main.__loader__ = importlib.machinery.SourceFileLoader("__main__", file)
    exec(_code(file), vars(main))  # noqa: S102 - it is what we are for


def _code(file: str) -> CodeType:
    with open(file, "rb") as opened:
        compiled = pkgutil.read_code(opened)  # a .pyc, which python runs too
    if isinstance(compiled, CodeType):
        return compiled
    with open(file, "rb") as opened:
        text = opened.read()
    try:
        return compile(text, file, "exec", dont_inherit=True)
    except SyntaxError as error:
        if error.filename is None:  # not even text
            error.filename, error.lineno = file, 1
        raise


def hide_our_frames() -> None:
    """From here on an exception that nobody caught is shown as if the script had been run by python."""
    hook = sys.excepthook

    def show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        _hide(error, set())
        hook(kind, error, error.__traceback__)

    sys.excepthook = show


def hide_our_frames_in_threads() -> None:
    """The same for threads; a hook that the script sets takes this one's place."""
    hook = threading.excepthook

    def show(args: threading.ExceptHookArgs) -> None:
        _hide(args.exc_value, set())
        trace = args.exc_value.__traceback__ if args.exc_value else None
        hook(threading.ExceptHookArgs((args.exc_type, args.exc_value, trace, args.thread)))

    threading.excepthook = show


def _hide(error: BaseException | None, seen: set[int]) -> None:
    """Rebuilds the traceback of an error, and of all that led to it, without the frames of this package."""
    if error is None or id(error) in seen:
        return
    seen.add(id(error))
    error.__traceback__ = _the_scripts(error.__traceback__)
    if any(isinstance(text, str) and HERE in text for text in error.args):
        error.args = tuple(OUR_LINES.sub("", text) if isinstance(text, str) else text for text in error.args)
    for other in (error.__cause__, error.__context__, *getattr(error, "exceptions", ())):
        _hide(other, seen)


def _the_scripts(trace: TracebackType | None) -> TracebackType | None:
    calls = []
    while trace is not None:
        calls.append(trace)
        trace = trace.tb_next
    rebuilt: TracebackType | None = None
    for call in reversed(calls):
        if not _is_ours(call.tb_frame.f_code.co_filename):
            rebuilt = TracebackType(rebuilt, call.tb_frame, call.tb_lasti, call.tb_lineno)
    return rebuilt


def _is_ours(file: str) -> bool:
    return os.path.abspath(file).startswith(HERE + os.sep)
