"""Garbled settings and stored alignments are refused or read.

Usage: python benchmarks/torture/fuzz_configs.py [--count N] [--seed N]

Mutants of a TOML file go through `load_config`, mutants of an alignment.json and of the map beside it through
`read_stored_alignment`, `settings_of` and the pipeline's `restore`. Violations are exceptions other than
ArtifixError, crashes, more than 2 s of processor time and more than 2 GiB of memory.
"""

import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from fuzz_weights import changed, flipped, garbled_json
from guard import Attempt, command
from material import drawn

from artifix.config import AlignmentConfig, load_config
from artifix.config_sections import to_dict
from artifix.inputs.arrays import case_from_arrays
from artifix.inputs.case import Case
from artifix.inputs.stored_alignment import FORMAT, read_stored_alignment, settings_of
from artifix.outputs.encode import encode_npy

_TOML = """seed = 3
[alignment]
contexts = [1.8, 3.0]
zoom = true
min_confidence = 0.5
[refinement]
steps = 4
strength = 0.9
[run]
device = "cpu"
"""
_LINES = (
    "seed = 1e999", "seed = -1", "steps = nan", "[alignment]", "[[run]]", "contexts = []", "= 2",
    'layer = "\\u0000"', "seed = 99999999999999999999", "strength = inf", "zoom = 1", "run = 3", "a.b.c = 1",
    "contexts = 1979-05-27", "x = " + "[" * 4000, "steps = 0x10", 'weights = """', "seed = true", "=",
)  # fmt: skip


def alignment_of(case: Case) -> dict[str, object]:
    """A sound alignment.json: a region for one group."""
    size = list(case.reference.size)
    group = {
        "mask_pixels": int(case.mask.sum()), "box": [2, 2, 20, 20], "confidence": 0.9, "trust": 0.5,
        "repair_confidence": 0.8, "mirrored": False, "certainty": 0.5, "matchers": {"sift": 9},
        "source": "sift", "layer": "a", "timestep": 0,
        "region": {"size": size, "counts": [100, 30, size[0] * size[1] - 130]},
        "transform": {
            "matrix": [[1, 0, 2], [0, 1, 3], [0, 0, 1]], "agreement": 0.9, "speech": 0.1, "source": "sift",
            "model": "affine", "inliers": 9, "tolerance_px": 2.0,
            "bend": {"box": [2, 2, 20, 20], "coefficients": np.zeros((4, 4, 2)).tolist()},
        },
    }  # fmt: skip
    inputs = {name: {"name": name, "sha256": digest} for name, digest in case.digests.items()}
    settings = json.loads(json.dumps(to_dict(AlignmentConfig())))
    told = {"format": FORMAT, "inputs": inputs, "settings": settings, "groups": [group]}
    return {**told, "correspondence": "correspondence.npy"}


def garbled_toml(draw: random.Random) -> bytes:
    """Lines put in, taken out or changed, or bytes."""
    lines = _TOML.splitlines()
    for _ in range(draw.choice((0, 1, 2, 4))):
        place = draw.randrange(len(lines) + 1)
        lines[place : place + draw.randrange(2)] = [draw.choice((*_LINES, *lines))]
    data = "\n".join(lines).encode()
    return flipped(data, draw) if draw.random() < 0.3 else data


def attempts(folder: Path) -> Attempt:
    """Read the mutant of a number."""
    from artifix.pipeline import RefineByAlignPipeline

    mask = np.zeros((40, 44), bool)
    mask[8:16, 9:18] = True
    case = case_from_arrays(drawn(40, 44, 0), mask, drawn(50, 60, 1))
    sound, plain_map = json.dumps(alignment_of(case)), encode_npy(np.zeros((50, 60), np.float32))
    toml, alignment, map_path = (folder / name for name in ("a.toml", "alignment.json", "correspondence.npy"))

    def attempt(number: int) -> str:
        draw = random.Random(number)
        if draw.random() < 0.5:
            toml.write_bytes(garbled_toml(draw))
            load_config(toml, {"steps": 2})
            return "toml"
        told = json.loads(sound)
        if draw.random() < 0.7:  # what lies deep is seldom met by chance
            told["groups"] = changed(told["groups"], draw)
        data = json.dumps(told).encode()
        alignment.write_bytes(garbled_json(data, draw) if draw.random() < 0.4 else data)
        map_path.write_bytes(flipped(plain_map, draw) if draw.random() < 0.3 else plain_map)
        stored = read_stored_alignment(alignment, case)
        settings_of(stored, AlignmentConfig())
        RefineByAlignPipeline.restore(None, case, stored)  # type: ignore[arg-type]
        return "alignment"

    return attempt


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the mutants; returns an exit status."""
    return command(__doc__, "configs", 2000, attempts, arguments)


if __name__ == "__main__":
    sys.exit(main())
