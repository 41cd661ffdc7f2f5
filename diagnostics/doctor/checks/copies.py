"""torch's own files: is there one torch, whole, and of one version?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath

from diagnostics.doctor import compatibility
from diagnostics.doctor.checks import install
from diagnostics.doctor.checks.fault import Seen
from diagnostics.doctor.facts import Facts
from diagnostics.finding import Step
from diagnostics.text import clean


def duplicate_torch(facts: Facts) -> Iterator[Seen]:
    """Two records in one folder are a fault; one torch that hides another further on is worth knowing."""
    packages = facts.packages
    if packages is None or not packages.torches:
        return
    folders = Counter(str(PurePosixPath(one).parent) for one in set(packages.metadata or []))
    twice = [folder for folder, count in folders.items() if count > 1]
    once = install.again(facts, "Remove torch until pip finds none, and install it once.")
    removal = f"{install.uninstall(facts, 'torch')} && {install.uninstall(facts, 'torch')}"
    fix = (Step(once.text, install.removed_first(facts, removal, once.command)),)
    if twice:
        here = [one for one in sorted(set(packages.metadata or [])) if str(PurePosixPath(one).parent) in twice]
        cause = "An installation over another one did not remove what was there."
        yield Seen(
            "warn", "torch is recorded more than once in one folder", tuple(clean(one, 160) for one in here), cause, fix
        )
        return
    others = [one for one in packages.torches[1:] if one.version != packages.torches[0].version and not one.user_site]
    if others and not packages.torches[0].user_site:
        first = packages.torches[0]
        lines = [f"imported: {clean(first.version or '?', 40)} in {clean(first.folder, 120)}"]
        lines += [f"behind it: {clean(one.version or '?', 40)} in {clean(one.folder, 120)}" for one in others]
        yield Seen("note", "more than one torch is on the path; the first is imported", tuple(lines))


def torch_leftovers(facts: Facts) -> Iterator[Seen]:
    """Litter, where torch runs all the same."""
    left = (facts.packages.leftovers if facts.packages else None) or []
    if not left:
        return
    remove = f"rm -r {' '.join(install.in_shell(one) for one in left[:6])}"
    anew = install.again(facts, "Remove them, and install torch anew.")
    fix = Step("Remove them.", remove) if install.works(facts) else Step(anew.text, f"{remove} && {anew.command}")
    yield Seen(
        "note" if install.works(facts) else "warn",
        f"an interrupted pip left {len(left)} folder{'s' * (len(left) > 1)} behind",
        tuple(clean(one, 160) for one in left[:6]),
        "pip renames what it is about to replace, and was stopped before it removed it.",
        (fix,),
    )


def torch_metadata_differs(facts: Facts) -> Iterator[Seen]:
    """Where there is no metadata, as in a build from source, nothing differs."""
    found = install.first_torch(facts)
    if found is None or not found.metadata or not found.version or not _differ(found.version, found.metadata):
        return
    yield Seen(
        "warn",
        f"torch's files are {clean(found.version, 40)}, and its metadata says {clean(found.metadata, 40)}",
        (
            f"version.py: {clean(found.version, 40)}",
            f"dist-info: {clean(found.metadata, 40)}",
            f"in {clean(found.folder, 120)}",
        ),
        "Files of one version were written over another, by two tools or by an installation that broke off.",
        (install.again(facts, "Install torch once, in place of what is there."),),
    )


def conda_pip_mix(facts: Facts) -> Iterator[Seen]:
    """The INSTALLER file says whose the dist-info is."""
    found = install.first_torch(facts)
    recorded = facts.packages.conda_torch if facts.packages else None
    if found is None or not recorded or found.installer not in ("pip", "uv"):
        return
    anew = install.again(facts, f"Take torch out of conda's records, and install {found.installer}'s anew.")
    removal = f"conda remove -y --force{install.prefix(facts)} pytorch"
    yield Seen(
        "warn",
        f"conda and {found.installer} both installed torch here",
        (
            f"conda's records: torch {clean(recorded, 40)}",
            f"{found.installer}: torch {clean(found.version or '?', 40)}",
        ),
        "Each writes its files over the other's and knows nothing of them.",
        (Step(anew.text, install.removed_first(facts, removal, anew.command)),),
    )


def _differ(version: str, metadata: str) -> bool:
    """PyPI's metadata has no "+cu126", which the files have; other tags are spelled in two ways."""
    return version.partition("+")[0] != metadata.partition("+")[0] or compatibility.builds_clash(version, metadata)
