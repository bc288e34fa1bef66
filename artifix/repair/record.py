"""What record.json and alignment.json say of a repair: the same for the same repair."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artifix import __version__
from artifix.config import RefineConfig, split_matcher
from artifix.config_sections import to_dict
from artifix.inputs.case import Case
from artifix.inputs.reading import Inputs
from artifix.inputs.stored_alignment import FORMAT
from artifix.outputs.encode import encodable
from artifix.outputs.save import CORRESPONDENCE
from artifix.repair.loading import Loaded
from artifix.repair.locating import Located

if TYPE_CHECKING:
    from artifix.alignment.locate_result import LocateResult
    from artifix.refinement.repainted import Repainted
    from artifix.result import RefineResult


@dataclass(frozen=True, slots=True, eq=False)
class Repair:
    """What was done, and what with."""

    command: str  # "refine" or "locate"
    inputs: Inputs
    config: RefineConfig
    loaded: Loaded
    located: Located
    result: "LocateResult | RefineResult"


def record_of(repair: Repair) -> dict[str, Any]:
    """What record.json says, but for the time it took; JSON-ready, names of files without their folders."""
    settings = to_dict(repair.config)
    settings.pop("run", None)  # said by weights, device and dtype as they turned out
    settings.pop("output", None)  # said by coding
    settings["alignment"]["matchers"] = _matchers(repair.config.alignment.matchers)
    pipeline = repair.loaded.pipeline
    return {
        "artifix": __version__,
        "command": repair.command,
        "weights": {"name": pipeline.weights_name, "sha256": pipeline.weights_sha256},
        **({"located_with": pipeline.located_with} if pipeline.located_with else {}),
        **_learned(repair),
        "device": repair.loaded.device,
        "dtype": repair.loaded.dtype,
        "threads": repair.loaded.threads,  # sums differ in their last digits with it
        "seed": settings.pop("seed"),
        "settings": settings,
        "inputs": _inputs(repair.located.case),
        **_proposed(repair.located.case),
        **_refused(repair.located),
        **_where_from(repair),
        "groups": groups_of(repair.result),
        **_filled(repair.result),
    }


def alignment_of(record: Mapping[str, Any], result: "LocateResult | RefineResult") -> dict[str, Any]:
    """What alignment.json holds: all that `refine --alignment` needs."""
    from artifix.alignment.stored import describe

    names = ("artifix", "weights", "located_with", "matchers", "seed", "inputs")
    taken = {name: record[name] for name in names if name in record}
    return {
        "format": FORMAT,
        **taken,
        "settings": record["settings"]["alignment"],
        "correspondence": CORRESPONDENCE,
        "groups": [describe(alignment) for alignment in result.alignments],
    }


def groups_of(result: "LocateResult | RefineResult") -> list[dict[str, Any]]:
    """What record.json says of each mask group, JSON-ready."""
    from artifix.alignment.stored import summarise
    from artifix.result import RefineResult

    groups = [summarise(alignment) for alignment in result.alignments]
    if not isinstance(result, RefineResult):
        return groups
    return [group | _drawn(drawn) for group, drawn in zip(groups, result.repainted, strict=True)]


def _drawn(repainted: "Repainted | None") -> dict[str, Any]:
    """How a group was repainted; empty where it is filled from around."""
    if repainted is None:
        return {}
    tried = [{"seed": one.seed, "agreement": round(one.agreement, 4)} for one in repainted.candidates]
    told = {"seed": repainted.seed, "grain": round(repainted.grain, 2)}
    return {**told, "candidates": tried} if tried else told


def _proposed(case: Case) -> dict[str, Any]:
    """How the mask was proposed; empty where it was drawn."""
    return {} if case.proposed is None else {"proposed_mask": dict(case.proposed)}


def _refused(located: Located) -> dict[str, str]:
    """Why the match is not used; empty where it is, forced or not."""
    refusal = located.result.refusal
    return {} if refusal is None else {"refused": refusal.problem}


def _filled(result: "LocateResult | RefineResult") -> dict[str, int]:
    """How much of the mask is filled from around; empty where nothing is."""
    return {} if result.filled is None else {"filled_px": int(result.filled.sum())}


def _matchers(entries: Sequence[str]) -> list[str]:
    """Those of the settings, their folders by their names alone."""
    parts = map(split_matcher, entries)
    return [f"{name}={encodable(Path(folder).name)}" if folder else name for name, folder in parts]


def _learned(repair: Repair) -> dict[str, Any]:
    """sha256 of the weights of the learned matchers that ran; empty where none did."""
    from artifix.matching.installed import NOT_INSTALLED, digests_of

    if repair.inputs.stored is not None:
        told = repair.inputs.stored.matchers
    else:
        counts = [alignment.matchers or {} for alignment in repair.result.alignments]
        ran = {name for group in counts for name, count in group.items() if count != NOT_INSTALLED}
        digests = digests_of(repair.config.alignment.matchers, ran)
        told = {name: {"sha256": digest} for name, digest in digests.items()}
    return {"matchers": told} if told else {}


def _where_from(repair: Repair) -> dict[str, Any]:
    """What was given by hand, and why this reference; empty where neither is worth a word."""
    told: dict[str, Any] = {}
    if repair.located.case.hint.told:
        told["by_hand"] = repair.located.case.hint.told
    if stored := repair.inputs.stored:
        told["alignment"] = {"name": encodable(stored.path.name), "sha256": stored.sha256}
    if repair.located.tried:
        told["references"] = repair.located.tried
    return told


def _inputs(case: Case) -> dict[str, dict[str, Any]]:
    """Of each file its name and sha256, and its part that was meant if that is not all of it."""
    told: dict[str, dict[str, Any]] = {}
    for (kind, digest), path in zip(case.digests.items(), case.paths, strict=True):
        told[kind] = {"name": encodable(path.name), "sha256": digest}
        if kind in case.crops:
            told[kind]["crop"] = list(case.crops[kind].as_tuple())
    return told
