"""`artifix weights`: which there are, and pulling, checking and removing them."""

import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from artifix.cli.console import Console
from artifix.cli.options import DebugFlag, JsonFlag, SpeechOptions, option
from artifix.cli.signature import flattened
from artifix.cli.weights_import import weights_import
from artifix.errors import UsageError, WeightsError
from artifix.setting_names import setting

if TYPE_CHECKING:
    from artifix.weights.catalogue import Entry

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="Of the weights, as artifix weights list tells it.")
]
weights = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="List, pull, check, remove and import weights: those that come with artifix, and public ones.",
)


def list_(
    *,
    check: Annotated[bool, option("--check", "Check every byte of those that are here.")] = False,
    json: JsonFlag = False,
    debug: DebugFlag = False,
) -> None:
    """List all weights that have a name, and whether they are here."""
    from artifix.weights.inventory import check as checked
    from artifix.weights.inventory import inventory

    found = inventory()
    width = max(len(one.name) for one in found)
    lines, records = [], []
    for one in found:
        about = f"{one.purpose} ({one.base})" if one.base else one.purpose
        where = "" if one.place is None else f" in {one.place}"
        record = one.record
        if check and one.place is not None:
            record["problem"] = checked(one.name).problem
            where += f"; {record['problem'] or 'as it should be'}"
        lines += [f"{one.name:{width}}  {one.told}{where}", f"{'':{width}}  {about}"]
        records.append(record)
    Console(json=json).result("\n".join(lines), {"weights": records})


def info(*, name: Name, json: JsonFlag = False, debug: DebugFlag = False) -> None:
    """Tell all that is known of weights: purpose, licence, size, memory, and where they come from."""
    from artifix.weights.inventory import known

    one = known(name)
    facts = {
        "purpose": one.purpose,
        "base": one.base,
        "size, licence": one.told,
        "class": one.record["class"] or "",
        "place": "" if one.place is None else str(one.place),
    }
    lines = [f"{label + ':':15}{value}" for label, value in facts.items() if value]
    for origin in one.origins:
        lines.append(f"{'source:':15}{origin.repo} at commit {origin.commit or 'of the first pull'}")
        lines.append(f"{'':15}{origin.licence}, {origin.licence_url}")
    Console(json=json).result("\n".join([name, *lines]), one.record)


def pull(
    *,
    name: Name,
    accept_licence: Annotated[
        bool, option("--accept-licence", "Accept the licences without being asked; info tells them.")
    ] = False,
    speech: SpeechOptions,
) -> None:
    """Fetch public weights from the Hugging Face Hub, and check every file of them.

    A pull that broke off goes on where it was. Mirrors, proxies and tokens are those of the Hub's programs.
    """
    from artifix.weights.catalogue import entry_of
    from artifix.weights.inventory import known
    from artifix.weights.pulling import pull as fetch

    console = Console(speech.quiet, speech.json)
    if known(name).state == "bundled":
        raise UsageError(f"{name}: came with artifix", "there is nothing to pull")
    entry = entry_of(name)
    accepted = _accepted(entry, accept_licence, known(name).state)
    with console.progress() as progress:
        place = fetch(entry, accepted, progress, console.note)
    console.result(f"{name}: is in {place}, checked", known(name).record)


def _accepted(entry: "Entry", by_option: bool, state: str) -> str:
    """When the licences were accepted, now or before a pull that broke off."""
    from artifix.weights.plan import read_plan

    now = datetime.now(UTC).isoformat(timespec="seconds")
    if by_option or state == "pulled":
        return now
    if (earlier := read_plan(entry)) is not None:
        return earlier.accepted
    terms = "; ".join(f"{s.repo} under {s.licence} ({s.licence_url})" for s in entry.sources)
    if not sys.stdin.isatty():
        raise UsageError(
            f"{entry.name}: its licences have to be accepted first: {terms}",
            f"read them, and pass {setting('accept_licence', True)}",
        )
    if not typer.confirm(f"{entry.name} consists of {terms}. Do you accept?", err=True):
        raise UsageError(f"{entry.name}: its licences were not accepted", "nothing was fetched")
    return now


def verify(
    *,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Default: all that are here.")
    ] = None,
    speech: SpeechOptions,
) -> None:
    """Check every byte of weights against the sha256 that were recorded for them."""
    from artifix.weights.inventory import check, inventory

    console = Console(speech.quiet, speech.json)
    found = [check(name) for name in names or [one.name for one in inventory() if one.place is not None]]
    lines = [f"{one.name}: {one.problem or f'as it should be, sha256 {one.sha256}'}" for one in found]
    console.result("\n".join(lines), {"weights": [asdict(one) for one in found]})
    if wrong := [one.name for one in found if one.problem is not None]:
        raise WeightsError(
            f"not as they should be: {', '.join(wrong)}",
            "remove them and pull them again; install artifix again where they came with it",
        )


def path(*, name: Name, json: JsonFlag = False, debug: DebugFlag = False) -> None:
    """Print the folder of weights that are here."""
    from artifix.weights.finding import find_weights

    folder = find_weights(name)
    Console(json=json).result(str(folder), {"name": name, "place": str(folder)})


def remove(
    *, name: Name, yes: Annotated[bool, option("--yes -y", "Do not ask.")] = False, speech: SpeechOptions
) -> None:
    """Delete pulled weights, or what an unfinished pull left."""
    from artifix.weights.finding import bundled_names
    from artifix.weights.store import place_of
    from artifix.weights.store import remove as delete

    if name in bundled_names():
        raise UsageError(f"{name}: came with artifix, and stays", "only pulled weights can be removed")
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError(f"{name}: nobody can be asked here", f"pass {setting('yes', True)}")
        if not typer.confirm(f"Delete {place_of(name)}?", err=True):
            raise UsageError(f"{name}: was not removed", "")
    folder = delete(name)
    Console(speech.quiet, speech.json).result(f"{folder}: is deleted", {"name": name, "place": str(folder)})


for command in (list_, info, pull, verify, path, remove):
    weights.command(command.__name__.rstrip("_"))(flattened(command))
weights.command("import")(flattened(weights_import))
