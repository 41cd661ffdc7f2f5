"""The commands. Each imports what it needs inside it: `tutor --help` loads neither Textual nor a lesson."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from diagnostics.text import clean
from tutor import __version__, output
from tutor.arguments import Completion, Parser, Reset, UsageError, count, rate, takes_a_script, words

if TYPE_CHECKING:
    from lessons.kit.course import Course, Topic
    from tutor.courses import Opened
    from tutor.interpreter import Interpreter
    from tutor.practice.practice import Practice, Standing
    from tutor.terminal import Profile

OK, WRONG, USAGE, INTERRUPTED = 0, 1, 64, 130

LONGEST = 1000
"""Characters of a sentence about what the reader gave, which has the reader's own words in it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; the process's exit code."""
    output.adapt()
    return output.written(lambda: _run(argv))


def _run(argv: Sequence[str] | None) -> int:
    try:
        options = parser().parse_args(argv)
        if getattr(options, "ascii", False):
            output.adapt(ascii_only=True)
        code: int = options.run(options)
        return code
    except UsageError as error:
        print(f"tutor: {clean(str(error), LONGEST)}", file=sys.stderr)
        return USAGE
    except SystemExit as done:  # --help and what else argparse prints by itself
        return int(done.code or OK)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # pressed again while Python takes itself down, it would kill it
        return INTERRUPTED
    except Exception as error:
        from lessons.kit.problems import CourseError

        if not isinstance(error, CourseError):
            raise
        print(f"tutor: the course cannot be read: {error}", file=sys.stderr)
        if len(error.problems) > 1:
            print(f"{len(error.problems)} problems.", file=sys.stderr)
        return WRONG


# The command line


def parser() -> Parser:
    """Every command with its help."""
    top = Parser(
        prog="tutor",
        description="A terminal tutor for PyTorch: lessons beside live demos that run real torch.",
        epilog="Without a command the course opens where you left off. In it, ? shows every key.\n"
        "On a remote server: ssh -t host tutor.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = top.add_subparsers(title="commands", metavar="COMMAND", parser_class=Parser, prog="tutor")
    _everywhere(top)
    _of_a_course(top)
    top.add_argument(
        "--completion",
        choices=("bash", "zsh", "tcsh"),
        action=Completion,
        help='shell completion: eval "$(tutor --completion bash)"',
    )
    top.set_defaults(run=_open)
    _lessons_parser(commands)
    _lesson_parser(commands)
    _demo_parser(commands)
    _practice_parser(commands)
    _progress_parser(commands)
    _check_parser(commands)
    _explain_parser(commands)
    _doctor_parser(commands)
    _gpus_parser(commands)
    return top


def _everywhere(command: argparse.ArgumentParser) -> None:
    """The options of every command. A value given before the command's name is kept, so no defaults after it."""
    group = command.add_argument_group("everywhere")
    add = group.add_argument
    missing = argparse.SUPPRESS
    add(
        "--python",
        metavar="EXE",
        default=missing,
        help="the Python whose torch is used (default: the active environment's, else the tutor's own)",
    )
    add("--theme", choices=("dark", "light"), default=missing, help="colours for a dark or a light terminal")
    add("--ascii", action="store_true", default=missing, help="draw with ASCII characters only")
    add(
        "--fps",
        type=rate,
        metavar="N",
        default=missing,
        help="pictures drawn a second (default: 20, over SSH 10 at most)",
    )
    add(
        "--motion",
        choices=("full", "off"),
        default=missing,
        help="whether Textual's own widgets may animate (default: off)",
    )
    add("--version", action="version", version=f"tutor {__version__}")
    add(
        "--reset-terminal",
        action=Reset,
        nargs=0,
        default=missing,
        help="repair a terminal that a kill left odd, and leave",
    )


def _of_a_course(command: argparse.ArgumentParser) -> None:
    """The options of every command that opens a course."""
    group = command.add_argument_group("a course of one's own")
    missing = argparse.SUPPRESS
    group.add_argument(
        "--course",
        metavar="DIR",
        default=missing,
        help="the course in this folder, with progress of its own; its code runs once you have allowed it",
    )
    group.add_argument(
        "--trust",
        action="store_true",
        default=missing,
        help="allow the code of that course, as it stands now, without a question",
    )


def _lessons_parser(commands: Any) -> None:
    lessons = commands.add_parser(
        "lessons",
        help="list the topics, search them, check them",
        usage="tutor lessons [-h] [--json] [--search WORDS | --glossary [WORD ...]]\n"
        "       tutor lessons check [DIR]\n       tutor lessons new NAME [DIR]",
        description="Lists the topics with what you have done of each. `check` and `new` are for authors.",
        allow_abbrev=False,
    )
    of_lessons = lessons.add_subparsers(title="commands", metavar="COMMAND", parser_class=Parser, prog="tutor lessons")
    _everywhere(lessons)
    _of_a_course(lessons)
    lessons.add_argument("--json", action="store_true", help="as JSON on stdout")
    which = lessons.add_mutually_exclusive_group()
    which.add_argument(
        "--search", type=words, metavar="WORDS", help="only where all these words stand, with the sentence"
    )
    which.add_argument(
        "--glossary", nargs="*", metavar="WORD", help="the course's terms, or those that have these words in their name"
    )
    lessons.set_defaults(run=_lessons)
    check = of_lessons.add_parser(
        "check",
        help="validate a course and run each of its demos",
        description="Reads every file of a course, says what is wrong with file and line, then runs each demo from its "
        "first frame to its last, and judges the solutions of its exercises, unasked. Exit code 0: nothing is wrong.",
        allow_abbrev=False,
    )
    _everywhere(check)
    check.add_argument(
        "folder",
        metavar="DIR",
        nargs="?",
        help="a course folder, with its course.toml (default: the course that is installed)",
    )
    check.add_argument("--course", metavar="DIR", default=argparse.SUPPRESS, help="the same")
    check.set_defaults(run=_lessons_check)
    new = of_lessons.add_parser(
        "new",
        help="begin a topic, sound from the start",
        description="Makes a topic with a section, a question, a demo and an exercise, and a course.toml where there "
        "is none. `tutor lessons check` finds nothing wrong with it. Nothing is overwritten.",
        allow_abbrev=False,
    )
    _everywhere(new)
    new.add_argument("name", metavar="NAME", help="of its folder: small letters, digits and _, as in learning_rate")
    new.add_argument("folder", metavar="DIR", nargs="?", help="the course's folder (default: the current one)")
    new.add_argument("--course", metavar="DIR", default=argparse.SUPPRESS, help="the same")
    new.set_defaults(run=_lessons_new)


def _lesson_parser(commands: Any) -> None:
    lesson = commands.add_parser(
        "lesson",
        help="open one topic, or print it",
        description="Opens a topic where you left it. With --plain, or without a terminal, prints it with what its "
        "demos say.",
        allow_abbrev=False,
    )
    _everywhere(lesson)
    _of_a_course(lesson)
    lesson.add_argument(
        "name", metavar="NAME", help="a topic, as `tutor lessons` lists them; NAME#SECTION opens it there"
    )
    lesson.add_argument("--plain", action="store_true", help="print it: for screen readers, pipes and small windows")
    lesson.set_defaults(run=_lesson)


def _demo_parser(commands: Any) -> None:
    demo = commands.add_parser(
        "demo",
        help="run a demo without the app",
        description="Runs a demo and prints what its pictures show, as sentences and numbers.",
        epilog="example:  tutor demo learning_rate/bowl --set lr=0.101 --json\n\nIn JSON, inf and nan are words, and a "
        "surface's field is null where it is\nthat of the line before.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _everywhere(demo)
    _of_a_course(demo)
    demo.add_argument("demo", metavar="TOPIC/NAME", help="a demo; `tutor lessons --json` lists them")
    demo.add_argument("--set", metavar="KNOB=VALUE", action="append", default=[], help="turn a knob; may be repeated")
    form = demo.add_mutually_exclusive_group()
    form.add_argument("--plain", action="store_true", help="sentences and values (the default)")
    form.add_argument("--json", action="store_true", help="one frame a line, as JSON")
    demo.add_argument("--frames", type=count, metavar="N", help="stop after N frames")
    demo.set_defaults(run=_demo)


def _practice_parser(commands: Any) -> None:
    practice = commands.add_parser(
        "practice",
        help="exercises: write the code, have it judged",
        usage="tutor practice [-h] [NAME] [--check | --watch | --hint | --hints | --skip\n"
        "                      | --reset | --solution | --path]\n"
        "       tutor practice --list [--json]",
        description="Opens the exercises, at NAME or at the first that is left. What you edit is a file of your own; "
        "its properties are tested on random and edge inputs, at every save.",
        epilog="Exit code of --check: 0 solved, 1 not. Any editor will do, at the file that --path names.",
        allow_abbrev=False,
    )
    _everywhere(practice)
    _of_a_course(practice)
    practice.add_argument("name", metavar="NAME", nargs="?", help="an exercise, as --list has them")
    action = practice.add_mutually_exclusive_group()
    for name, meaning in {
        "check": "judge your file: each property held, broken by an example, or not reached",
        "watch": "judge it now and at every save, until Ctrl-C",
        "hint": "the next hint",
        "hints": "the hints that are open; all, once it is solved or skipped",
        "skip": "leave it; the reference can be read, and it can still be solved",
        "reset": "begin anew; your file is kept as NAME.py.before",
        "solution": "the reference, once it is solved or skipped",
        "path": "where your file is",
    }.items():
        action.add_argument(f"--{name}", dest="action", action="store_const", const=name, help=meaning)
    action.add_argument("--list", action="store_true", help="the exercises, and how you stand with each")
    practice.add_argument("--json", action="store_true", help="with --list: as JSON on stdout")
    practice.set_defaults(run=_practice)


def _progress_parser(commands: Any) -> None:
    progress = commands.add_parser(
        "progress",
        help="what you have done, and to carry it to another machine",
        description="Prints what you read, predicted, solved and skipped, topic by topic, and which misconceptions you "
        "met.",
        epilog="Import adds what is not here yet: the same file twice changes nothing. FILE may be -.",
        allow_abbrev=False,
    )
    _everywhere(progress)
    _of_a_course(progress)
    form = progress.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as JSON on stdout")
    form.add_argument("--export", metavar="FILE", help="write all of it to a file")
    form.add_argument("--import", metavar="FILE", dest="imported", help="add what such a file has")
    progress.set_defaults(run=_progress)


def _check_parser(commands: Any) -> None:
    check = commands.add_parser(
        "check",
        help="run a training script under watch",
        usage="tutor check [-h] [--device cuda|cpu|real] [--gpus N] [--json FILE]\n"
        "                   [--steps N] (SCRIPT | -m MODULE) [ARGS...]",
        description="Runs a script as python would, and says which tensor is on the wrong device and which labels are "
        "wrong, with name, line and fix. Needs no GPU.",
        epilog="Exit code: the script's own when it is not 0, else 1 if something was found, else 0.",
        allow_abbrev=False,
    )
    _everywhere(check)
    takes_a_script(check)
    check.add_argument("--json", metavar="FILE", help="write the findings there as JSON; stdout is the script's")
    check.set_defaults(run=_check)


def _explain_parser(commands: Any) -> None:
    explain = commands.add_parser(
        "explain",
        help="say what an error log means",
        description="Reads an error log from a file or stdin, and says what went wrong, at which line of yours, and "
        "what to do: the root cause first.",
        epilog="Exit code: 0 explained, 1 not known. Example:  python train.py 2>&1 | tutor explain",
        allow_abbrev=False,
    )
    _everywhere(explain)
    explain.add_argument("file", metavar="FILE", nargs="?", help="the log (default: stdin; then it can be pasted, too)")
    explain.add_argument("--json", action="store_true", help="as JSON on stdout")
    explain.set_defaults(run=_explain)


def _doctor_parser(commands: Any) -> None:
    doctor = commands.add_parser(
        "doctor",
        help="say what is wrong with a CUDA set-up, and what to do",
        description="Looks at GPUs, driver, libraries, environment, container, limits, Python and torch, and says what "
        "is wrong, why, and the next step. Changes nothing and needs no root, no network and no torch.",
        epilog="Exit code: 0 nothing is wrong, 1 warnings with --strict, 2 something is broken, 3 the doctor itself "
        "failed.",
        allow_abbrev=False,
    )
    _everywhere(doctor)
    add = doctor.add_argument
    form = doctor.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as JSON on stdout")
    form.add_argument("--report", choices=("md",), help="md: markdown for an issue, without names of users and hosts")
    add("--strict", action="store_true", help="exit code 1 for warnings")
    add("--only", metavar="ID", action="append", default=[], help="look for this fault or theme alone; may be repeated")
    add("--skip", metavar="ID", action="append", default=[], help="leave this fault or theme out; may be repeated")
    add("--no-torch", action="store_true", help="do not try torch, which takes seconds: judge its files alone")
    add("--facts", metavar="FILE", default="", help="judge what --save-facts wrote on any machine (-: stdin)")
    add("--save-facts", metavar="FILE", default="", help="write what was seen there, without names of users and hosts")
    known = doctor.add_mutually_exclusive_group()
    known.add_argument("--list", action="store_true", help="the faults that it knows, a line each, the id first")
    known.add_argument("--explain", metavar="ID", help="what is looked at for a fault, why it matters, where to learn")
    doctor.set_defaults(run=_doctor)


def _gpus_parser(commands: Any) -> None:
    gpus = commands.add_parser(
        "gpus",
        help="what the GPUs do: live readings",
        description="Shows utilisation, memory, temperature, power, clocks and processes of all NVIDIA GPUs, as their "
        "driver tells of them. Without a GPU: the CPU, and why.",
        epilog="Exit code: 1 where the driver's NVML could not be read, else 0.",
        allow_abbrev=False,
    )
    _everywhere(gpus)
    gpus.add_argument("--json", action="store_true", help="a line of JSON a second, with all GPUs")
    gpus.add_argument("--once", action="store_true", help="one sample, as a table; with --json, one line")
    gpus.set_defaults(run=_gpus)


# The commands


def _open(options: argparse.Namespace) -> int:
    return _screen(options, "", "", lambda opened: _print_list(opened, None))


def _lesson(options: argparse.Namespace) -> int:
    name, _, section = options.name.partition("#")
    opened = _opened(options)
    topic = _topic(opened.course, name)
    slugs = [section.slug for section in topic.page.sections]
    if section and section not in slugs:
        from lessons.kit.names import unknown

        raise UsageError(unknown("section", section, slugs, of=topic.name))
    if options.plain:
        _ask_first(opened)
        return _print_lesson(options, opened, topic, section)
    return _screen(options, name, section, lambda _: _print_lesson(options, opened, topic, section))


def _lessons(options: argparse.Namespace) -> int:
    opened = _opened(options)
    course = opened.course
    if options.glossary is not None:
        from tutor.report.listing import glossary_json, glossary_text

        called = " ".join(options.glossary)
        if options.json:
            output.write_json(glossary_json(course, called))
        else:
            print(glossary_text(course, called))
        return OK
    if options.json:
        from tutor.report.listing import lessons_json

        output.write_json(lessons_json(course, opened.progress(), options.search))
        return OK
    return _print_list(opened, options.search)


def _lessons_check(options: argparse.Namespace) -> int:
    from tutor.report.checking import check_course

    named = _named(options)
    if named is None:
        return check_course(None, _interpreter(options))
    from tutor.courses import folder_of

    return check_course(folder_of(named), _interpreter(options))


def _lessons_new(options: argparse.Namespace) -> int:
    from tutor.report.beginning import begin_topic

    return begin_topic(options.name, _named(options) or ".")


def _named(options: argparse.Namespace) -> str | None:
    """The folder of a course, as an author names it: alone or with --course, but not two of them."""
    folder, course = options.folder, getattr(options, "course", None)
    if folder is not None and course is not None and folder != course:
        raise UsageError("name the course's folder once, as DIR or with --course")
    named: str | None = course if folder is None else folder
    return named


def _demo(options: argparse.Namespace) -> int:
    from tutor.report.demo import print_demo

    name, slash, demo = options.demo.partition("/")
    if not slash:
        raise UsageError(f"a demo is named TOPIC/NAME, as in learning_rate/bowl; {options.demo!r} has no slash")
    opened = _opened(options)
    topic = _topic(opened.course, name)
    given: dict[str, str] = {}
    for pair in options.set:
        knob, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"--set takes KNOB=VALUE, as in --set lr=0.1; {pair!r} has no =")
        given[knob] = value
    try:
        setting = topic.demo(demo).setting(given)
    except (LookupError, ValueError) as error:
        raise UsageError(str(error)) from None
    if not _may_run(opened):
        return WRONG
    interpreter = _interpreter(options)
    return print_demo(topic, setting, interpreter, as_json=options.json, most=options.frames, gate=opened.gate)


def _practice(options: argparse.Namespace) -> int:
    from tutor.practice.practice import Practice
    from tutor.report.practice import act, list_json, list_text

    if options.json and not options.list:
        raise UsageError("--json goes with --list")
    if options.action and not options.name:
        raise UsageError(f"--{options.action} takes the NAME of an exercise; `tutor practice --list` has them")
    opened = _opened(options)
    practice = Practice(opened.course, opened.progress())
    one = _exercise(practice, options.name) if options.name else None
    if options.list:
        output.write_json(list_json(practice)) if options.json else print(list_text(practice))
        return OK
    if one is not None and options.action:
        if options.action in ("check", "watch") and not _may_run(opened):
            return WRONG
        return act(one, options.action, lambda: _interpreter(options), opened.gate)

    def plain(_: Opened) -> int:
        if one is not None:
            return act(one, "show", lambda: _interpreter(options))
        print(list_text(practice))
        return OK

    if not practice.course.exercises:
        return plain(opened)
    return _screen(options, one.exercise.name if one else "", "", plain, place="practice")


def _progress(options: argparse.Namespace) -> int:
    from tutor.report.progress import export_progress, import_progress, progress_json, progress_text

    opened = _opened(options)
    progress = opened.progress()
    if options.export is not None:
        return export_progress(progress, options.export)
    if options.imported is not None:
        return import_progress(progress, options.imported)
    if options.json:
        output.write_json(progress_json(opened.course, progress))
    else:
        print(progress_text(opened.course, progress))
    return OK


def _check(options: argparse.Namespace) -> int:
    from tutor.report.check import check
    from tutor.report.watched import Asked

    if not options.words or options.words == ["-m"]:
        raise UsageError("check takes a SCRIPT or -m MODULE; `tutor check --help` shows how")
    asked = Asked(tuple(options.words), options.device, options.gpus, options.steps, options.json)
    return check(asked, _interpreter(options))


def _explain(options: argparse.Namespace) -> int:
    from tutor.report.explain import explain_log

    return explain_log(options.file, as_lines=options.json)


def _doctor(options: argparse.Namespace) -> int:
    from tutor.report.doctor import FAILED, Asked, doctor, known

    if options.list:
        from tutor.report.doctor_faults import list_faults

        list_faults(options.json)
        return OK
    if options.explain is not None:
        from tutor.report.doctor_faults import explain_faults

        explain_faults(known([options.explain]), options.json)
        return OK
    asked = Asked(
        only=known(options.only),
        skip=known(options.skip),
        strict=options.strict,
        form="json" if options.json else options.report or "text",
        facts=options.facts,
        save=options.save_facts,
        torch=not options.no_torch,
        named=hasattr(options, "python"),
    )
    return output.written(lambda: doctor(asked, _interpreter(options)), unwritable=FAILED)


def _gpus(options: argparse.Namespace) -> int:
    from tutor.report.gpus import print_once, stream

    if options.json and not options.once:
        return stream()
    if options.once or options.json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return print_once(as_lines=options.json)
    return _screen(options, "", "", lambda _: print_once(as_lines=False), place="gpus")


# What they share


def _screen(
    options: argparse.Namespace, topic: str, section: str, plain: Callable[[Opened], int], place: str = ""
) -> int:
    """Opens the app, or where there is no screen to draw on says so and does `plain`."""
    from tutor.terminal import here, prepare

    opened = _opened(options)
    profile = here(
        theme=getattr(options, "theme", None) or opened.theme or None,
        ascii_only=getattr(options, "ascii", False),
        fps=getattr(options, "fps", None),
        motion=getattr(options, "motion", None),
    )
    if profile.refusal:
        print(f"tutor: {profile.refusal}; here it is as text.", file=sys.stderr)
        return plain(opened)
    interpreter = _interpreter(options)
    for each in opened.course.topics:
        each.page  # noqa: B018 - read now: what is wrong with a page is a sentence here, and a traceback on the screen
    _ask_first(opened)
    prepare(profile)
    return _run_app(opened, profile, interpreter, topic, section, place)


def _run_app(opened: Opened, profile: Profile, interpreter: Interpreter, topic: str, section: str, place: str) -> int:
    from tutor.app import TutorApp

    app = TutorApp(opened.course, opened.progress(), profile, interpreter, topic, section, place, opened.gate)
    app.run()
    return app.return_code or OK


def _opened(options: argparse.Namespace) -> Opened:
    """The course that is asked for; where --trust goes with it, its code is allowed."""
    from tutor.courses import open_course

    opened = open_course(getattr(options, "course", None))
    if opened.trust and getattr(options, "trust", False):
        from tutor.report.asking import trust_now

        trust_now(opened.trust)
    return opened


def _may_run(opened: Opened) -> bool:
    """Whether the code of the course may run, asked where that is not known; where it may not, a sentence."""
    if opened.trust is None:
        return True
    from tutor.report.asking import may_run

    return may_run(opened.trust)


def _ask_first(opened: Opened) -> None:
    """As above, but what cannot run is said where it would have: reading goes on without it."""
    if opened.trust is not None:
        from tutor.report.asking import ask_first

        ask_first(opened.trust)


def _exercise(practice: Practice, name: str) -> Standing:
    try:
        return practice.of(name)
    except LookupError as error:
        raise UsageError(str(error)) from None


def _topic(course: Course, name: str) -> Topic:
    try:
        return course.topic(name)
    except LookupError as error:
        raise UsageError(str(error)) from None


def _interpreter(options: argparse.Namespace) -> Interpreter:
    from tutor.interpreter import choose

    try:
        return choose(getattr(options, "python", None))
    except ValueError as error:
        raise UsageError(str(error)) from None


def _print_list(opened: Opened, search: str | None) -> int:
    from tutor.report.listing import lessons_text

    print(lessons_text(opened.course, opened.progress(), search))
    return OK


def _print_lesson(options: argparse.Namespace, opened: Opened, topic: Topic, section: str) -> int:
    from tutor.report.lesson import print_lesson

    return print_lesson(topic, _interpreter(options), section, opened.gate)
