"""What a pull fetches: decided once, and kept, so that a pull goes on with the same commits."""

import json
from dataclasses import asdict, dataclass, replace

from artifix.errors import WeightsError
from artifix.weights.catalogue import Entry, File, Source
from artifix.weights.hub import HubUnreachableError, Listed, Listing, cached_file, listing_of
from artifix.weights.part import Part
from artifix.weights.store import staging_of
from artifix.writing import write_file

PLAN_NAME = ".pull.json"


@dataclass(frozen=True, slots=True)
class Plan:
    """All files of a pull, and when their licences were accepted (ISO 8601)."""

    accepted: str
    parts: tuple[Part, ...]


def make_plan(entry: Entry, accepted: str) -> Plan:
    """What is to be fetched, as catalogue and Hub say it.

    Without a network the catalogue suffices where all files are here already: in the cache of the Hub's
    library, or put where they belong by hand.

    Raises:
        HubUnreachableError: there is no network, and not all files are here.
        WeightsError: the Hub does not give them, or has others than the catalogue.
    """
    parts: list[Part] = []
    for source in entry.sources:
        try:
            listing = listing_of(source)
        except HubUnreachableError as error:
            if source.commit is None or not _is_here(entry, source, source.commit):
                raise HubUnreachableError(error.problem, by_hand(entry)) from error
            listing = Listing(source.commit, {})
        parts += [_part(source, file, listing) for file in source.files]
    return Plan(accepted, tuple(parts))


def read_plan(entry: Entry) -> Plan | None:
    """The plan of a pull that did not finish; None where there is none, or where it is of another catalogue.

    Raises:
        WeightsError: it is damaged.
    """
    path = staging_of(entry.name) / PLAN_NAME
    if not path.is_file():
        return None
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        plan = Plan(str(told["accepted"]), tuple(Part(**part) for part in told["parts"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(
            f"{path}: is damaged: {error}", f"begin anew: artifix weights remove {entry.name}"
        ) from error
    known = {(source.repo, file.path, file.to) for source in entry.sources for file in source.files}
    pinned = {(source.repo, source.commit) for source in entry.sources if source.commit is not None}
    of_repo = {(part.repo, part.commit) for part in plan.parts}
    same = {(part.repo, part.path, part.to) for part in plan.parts} == known and pinned <= of_repo
    return plan if same else None


def write_plan(entry: Entry, plan: Plan) -> None:
    """Keep a plan beside what it fetches.

    Raises:
        OSError: the disk refuses.
    """
    text = json.dumps(asdict(plan), indent=1)
    write_file(staging_of(entry.name) / PLAN_NAME, lambda stream: stream.write(text.encode()))


def by_hand(entry: Entry) -> str:
    """How a machine without a network gets these weights: which files, and where to put them."""
    lines = [f"connect and pull again, or put these files into {staging_of(entry.name)} and pull again:"]
    for source in entry.sources:
        lines.append(f"  of {source.page} at commit {source.commit or '(the newest)'}:")
        lines += [f"    {_moved(file)}" for file in source.files]
    return "\n".join(lines)


def _moved(file: File) -> str:
    return file.path if file.path == file.to else f"{file.path} as {file.to}"


def _is_here(entry: Entry, source: Source, commit: str) -> bool:
    staging = staging_of(entry.name)
    return all(
        (staging / file.to).is_file() or cached_file(source, commit, file.path) is not None
        for file in source.files
    )


def _part(source: Source, file: File, listing: Listing) -> Part:
    told = listing.files.get(file.path)
    if told is None and listing.files:
        raise WeightsError(
            f"{source.repo}: has no {file.path} at commit {listing.commit[:12]}",
            "install a newer artifix; if there is none, report it",
        )
    told = told or Listed(None, None, None)
    for name, known, found in (("bytes", file.bytes, told.bytes), ("sha256", file.sha256, told.sha256)):
        if known is not None and found is not None and known != found:
            raise WeightsError(
                f"{source.repo}: {file.path}: the Hub has another file than was released: {name} {found}, "
                f"expected {known}",
                "use no mirror that you do not trust; if it is the Hub itself, report it",
            )
    part = Part(source.repo, listing.commit, file.path, file.to, file.bytes, file.sha256, told.blob)
    return replace(part, bytes=part.bytes or told.bytes, sha256=part.sha256 or told.sha256)
