"""Garbled weights are refused, whether their checksums tell or not.

Usage: python benchmarks/torture/fuzz_weights.py [--count N] [--configs] [--seed N]

Mutants of the safetensors files of tiny random weights, or with --configs of their JSON files, go through
`load_pipeline` twice: as they are, when the checksum must not fit, and with a checksum that fits, so that the
loader sees them. Violations are exceptions other than ArtifixError, mutants taken against their checksum,
parameters whose values are not those of the files, crashes, more than 2 s of processor time and more than
2 GiB of memory.
"""

import argparse
import json
import random
import shutil
import struct
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from guard import Attempt, judge
from material import write_tiny_weights

from artifix.errors import WeightsError
from artifix.weights.checksums import SUMS_NAME, write_sums

_NUMBERS = (0, 1, -1, 2, 7, 2**31, 2**63 - 1, 2**64, -(2**63), 10**30, 1e308, 0.5)
_VALUES: tuple[Any, ...] = (None, True, "", "F64", "I4", "../x", "os.system", [], {}, [[]], [-1], *_NUMBERS)


def garbled_tensors(data: bytes, draw: random.Random) -> bytes:
    """A safetensors file of which the length, the header, its offsets or the payload are changed."""
    size = struct.unpack("<Q", data[:8])[0]
    header, payload = data[8 : 8 + size], data[8 + size :]
    match draw.randrange(6):
        case 0:
            length = draw.choice((0, 1, size - 1, size + 1, len(data), 2**32, 2**63, 2**64 - 1))
            return struct.pack("<Q", length) + data[8:]
        case 1:
            return data[: draw.choice((0, 4, 8, 8 + size, draw.randrange(len(data))))]
        case 2:
            return data[:8] + flipped(header, draw) + payload
        case 3:
            return data[:8] + header + flipped(payload, draw)
        case 4:
            return data + draw.randbytes(draw.randrange(1, 100))
    told = changed(json.loads(header), draw)
    header = json.dumps(told).encode()
    return struct.pack("<Q", len(header)) + header + payload


def flipped(data: bytes, draw: random.Random) -> bytes:
    """One to eight bytes changed."""
    found = bytearray(data)
    for _ in range(draw.choice((1, 2, 8)) if found else 0):
        found[draw.randrange(len(found))] = draw.randrange(256)
    return bytes(found)


def changed(told: Any, draw: random.Random) -> Any:
    """One value somewhere in a JSON tree changed, renamed, doubled or taken away."""
    if not isinstance(told, dict | list) or not told or draw.random() < 0.1:
        return draw.choice(_VALUES)
    keys = list(told) if isinstance(told, dict) else list(range(len(told)))
    key = draw.choice(keys)
    match draw.randrange(8) if isinstance(told, dict) else 7:
        case 0:
            del told[key]
        case 1:
            told[f"{key}x"] = told.pop(key)
        case 2:
            told[key] = told[draw.choice(keys)]
        case _:
            told[key] = changed(told[key], draw)
    return told


def garbled_json(data: bytes, draw: random.Random) -> bytes:
    """A JSON file, one value of it or a few of its bytes changed."""
    if draw.random() < 0.25:
        return draw.choice(
            (flipped(data, draw), data[: draw.randrange(len(data))], b"[" * 100_000, b"\xff" + data)
        )
    return json.dumps(changed(json.loads(data), draw)).encode()


def attempts(folder: Path, configs: bool) -> Attempt:
    """Load the mutant of a number."""
    import torch

    from artifix.pretrained import load_pipeline
    from artifix.repair.loading import quiet_libraries

    quiet_libraries()
    torch.set_num_threads(1)
    weights = folder / "mutant"
    shutil.rmtree(weights, ignore_errors=True)  # a process before this one may have died over its mutant
    shutil.copytree(folder / "tiny", weights)
    files = sorted(weights.rglob("*.json" if configs else "*.safetensors"))
    sound = {path: path.read_bytes() for path in files}
    sums = (weights / SUMS_NAME).read_bytes()
    load_pipeline(
        str(weights), torch.device("cpu"), torch.float32
    )  # what it imports is not the mutants' fault

    def attempt(number: int) -> str:
        draw = random.Random(number)
        path = draw.choice(files)
        path.write_bytes((garbled_json if configs else garbled_tensors)(sound[path], draw))
        try:
            if path.read_bytes() != sound[path]:
                _require_refused(weights)
            write_sums(weights)
            pipeline = load_pipeline(str(weights), torch.device("cpu"), torch.float32)
            _require_values_of_files(weights, pipeline.components)
        finally:
            path.write_bytes(sound[path])
            (weights / SUMS_NAME).write_bytes(sums)
        return path.parent.name

    def _require_refused(weights: Path) -> None:
        try:
            load_pipeline(str(weights), torch.device("cpu"), torch.float32)
        except WeightsError as error:
            if "was changed" not in error.problem:
                raise AssertionError(error.problem) from error
        else:
            raise AssertionError("taken against its checksum")

    return attempt


def _require_values_of_files(weights: Path, parts: Mapping[str, Any]) -> None:
    """No parameter may keep the numbers that it was made with. The libraries rename some: values tell."""
    import torch
    from safetensors.torch import load_file

    for name, part in parts.items():
        found = dict(part.named_parameters()) if isinstance(part, torch.nn.Module) else {}
        files = (weights / name).glob("*.safetensors") if found else ()
        stored = {value.float().numpy().tobytes() for path in files for value in load_file(path).values()}
        for key, value in found.items():
            if value.detach().numpy().tobytes() not in stored:
                raise AssertionError(f"{name}: {key} is not what the file says")


def main(arguments: Sequence[str] | None = None) -> int:
    """Load the mutants; returns an exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--configs", action="store_true", help="of the JSON files")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    place = Path(tempfile.mkdtemp(prefix="fuzz-"))
    try:
        write_tiny_weights(place / "tiny")
        verdict = judge(lambda: attempts(place, options.configs), options.seed * 1_000_000, options.count)
    finally:
        shutil.rmtree(place)
    return verdict.close("configs of weights" if options.configs else "weights")


if __name__ == "__main__":
    sys.exit(main())
