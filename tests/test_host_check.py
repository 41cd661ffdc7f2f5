"""How the doctor's look stands in the app: what is waited for, how long it took, and that it was cut off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from diagnostics.doctor.decode import sections
from diagnostics.doctor.facts import Facts
from tutor.host_check import HostCheck
from tutor.interpreter import Interpreter

WITHOUT_TORCH = Facts(troubles={name: "not asked" for name in sections() if name != "torch"})
WHOLE = Facts(troubles=dict.fromkeys(sections(), "not asked"))


def test_a_run_that_is_cut_off_says_so() -> None:
    """It does not look complete; while torch is tried it said that, with the limit."""

    async def told() -> list[str]:
        begun = asyncio.Event()

        async def examine(python: str) -> AsyncIterator[Facts]:
            yield WITHOUT_TORCH
            begun.set()
            await asyncio.Event().wait()

        check = HostCheck(Interpreter("python", ""), examine)
        look = asyncio.create_task(check.look(lambda: None))
        await begun.wait()
        sentences = [check.standing.sentence]
        look.cancel()
        await asyncio.wait([look])
        return [*sentences, check.standing.sentence]

    running, after = asyncio.run(told())
    assert running == "torch is tried now, for 60 s at most."
    assert after == "It was cut off: torch was not tried to its end. `r` starts again."


def test_a_run_that_ended_says_how_long_it_took() -> None:
    """Without torch and with it."""

    async def examine(python: str) -> AsyncIterator[Facts]:
        yield WITHOUT_TORCH
        yield WHOLE

    check = HostCheck(Interpreter("python", ""), examine)
    asyncio.run(check.look(lambda: None))
    assert "without torch" in check.standing.sentence
    assert check.standing.sentence.endswith("Nothing was changed.")
    assert not check.running
