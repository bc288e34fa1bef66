"""What record.json and alignment.json say of a run."""

import time
from typing import TYPE_CHECKING, Any

from artifix.cli.console import printable
from artifix.cli.session import Loaded, Located, Session

if TYPE_CHECKING:
    from artifix.inputs.case import Case
    from artifix.pipeline import LocateResult, RefineResult


def record_of(
    command: str, session: Session, loaded: Loaded, located: Located, result: "LocateResult | RefineResult"
) -> dict[str, Any]:
    """What record.json says of a run.

    Args:
        command: "refine" or "locate".
        session: the run.
        loaded: its network.
        located: the reference used, and what was tried.
        result: what the pipeline gave.

    Returns:
        JSON-ready; names of files without their folders.
    """
    from artifix import __version__
    from artifix.config import to_dict

    settings = to_dict(session.config)
    del settings["run"]  # said by weights, device and dtype as they turned out
    total_s = time.perf_counter() - session.started_s
    timings = {"load_s": loaded.load_s, **result.timings, "total_s": total_s}
    return {
        "artifix": __version__,
        "command": command,
        "weights": {"name": loaded.pipeline.weights_name, "sha256": loaded.pipeline.weights_sha256},
        "device": loaded.device,
        "dtype": loaded.dtype,
        "seed": settings.pop("seed"),
        "settings": settings,
        "inputs": _inputs(located.case),
        **_where_from(session, located),
        "groups": list(result.groups),
        "timings": {name: round(seconds, 3) for name, seconds in timings.items()},
    }


def alignment_of(record: dict[str, Any], result: "LocateResult | RefineResult") -> dict[str, Any]:
    """What alignment.json holds: all that `refine --alignment` needs."""
    from artifix.alignment.stored import describe
    from artifix.inputs.stored_alignment import FORMAT
    from artifix.outputs.save import CORRESPONDENCE

    taken = {name: record[name] for name in ("artifix", "weights", "seed", "inputs")}
    return {
        "format": FORMAT,
        **taken,
        "settings": record["settings"]["alignment"],
        "correspondence": CORRESPONDENCE,
        "groups": [describe(alignment) for alignment in result.alignments],
    }


def _where_from(session: Session, located: Located) -> dict[str, Any]:
    """What was given by hand, and why this reference; empty where neither is worth a word."""
    told: dict[str, Any] = {}
    if located.case.hint.told:
        told["by_hand"] = located.case.hint.told
    if session.stored is not None:
        told["alignment"] = {"name": printable(session.stored.path.name), "sha256": session.stored.sha256}
    if len(session.cases) > 1:
        told["references"] = located.tried
    return told


def _inputs(case: "Case") -> dict[str, dict[str, str]]:
    names = [printable(path.name) for path in case.paths]
    return {
        kind: {"name": name, "sha256": digest}
        for (kind, digest), name in zip(case.digests.items(), names, strict=True)
    }
