"""Hostile folders of weights, of every class that is loaded, are refused with a sentence.

Usage: python benchmarks/torture/hostile_weights.py [--count N] [--seed N]

Each mutant is a tiny folder of one class that somebody garbled or made malicious: flipped bits, files cut,
exchanged, renamed or taken away, pickles and code added, settings that ask for code, indexes and links that
lead elsewhere. It is checked twice. With the SHA256SUMS of the sound folder, nothing whose bytes changed may
pass. Without sums it may pass only if it holds nothing that runs code or lies elsewhere, and what passes is
opened by the library that reads tensors. Violations are exceptions other than WeightsError, mutants taken
against their sums, mutants taken that an independent look finds hostile, crashes, and more than 4 s of
processor time.
"""

import json
import os
import random
import shutil
import struct
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fuzz_weights import garbled_json, garbled_tensors
from guard import Attempt, command

from artifix.errors import WeightsError
from artifix.weights.checksums import SUMS_NAME, write_sums
from artifix.weights.verification import verify_weights

CLASSES = {
    "Flux2KleinPipeline": ("transformer", "vae", "text_encoder", "tokenizer", "scheduler"),
    "Flux2KleinInpaintPipeline": ("transformer", "vae", "text_encoder", "tokenizer", "scheduler"),
    "StableDiffusionInpaintPipeline": ("unet", "vae", "text_encoder", "tokenizer", "scheduler"),
    "StableDiffusionXLInpaintPipeline": (
        *("unet", "vae", "text_encoder", "text_encoder_2"),
        *("tokenizer", "tokenizer_2", "scheduler"),
    ),
    "RefineByAlignPipeline": ("unet", "image_encoder", "projection", "scheduler"),
    "Dinov2Model": (),
}
_TRANSFORMERS = {"text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "image_encoder"}
_CODE = ("auto_map", "custom_pipeline", "trust_remote_code")
_PICKLES = ("pytorch_model.bin", "model.pt", "a.ckpt", "x.PKL", "deep/er/a.pth", ".hidden.pickle", "b.dill")
_ELSEWHERE = (
    "/etc/passwd",
    "../outside.safetensors",
    "..\\outside.safetensors",
    "c:\\a.safetensors",
    "a/b.bin",
)
_LIBRARIES = ("os", "subprocess", "builtins", "artifix.cli", "diffusers.utils", "pipeline", "", None, 7)
_PARTS = ("../unet", "/etc", "a/b", "..", "", "a\\b")


def write_folder(folder: Path, kind: str) -> None:
    """A folder of a class as the libraries save it: shards and their index, settings, a vocabulary."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if kind == "Dinov2Model":
        _write_part(folder, "config.json", {"model_type": "dinov2", "hidden_size": 8}, shards=1)
        return
    described: dict[str, Any] = {"_class_name": kind, "_diffusers_version": "0.42.1"}
    for part in CLASSES[kind]:
        library = "transformers" if part in _TRANSFORMERS else "diffusers"
        described[part] = [library, "Class"]
        if part.startswith("tokenizer"):
            _write_part(folder / part, "tokenizer_config.json", {"model_max_length": 77}, shards=0)
            (folder / part / "vocab.json").write_text('{"a": 0, "b": 1}')
        elif part == "scheduler":
            _write_part(folder / part, "scheduler_config.json", {"_class_name": "DDIMScheduler"}, shards=0)
        else:
            _write_part(folder / part, "config.json", {"_class_name": "Class", "layers": 2}, shards=2)
    (folder / "model_index.json").write_text(json.dumps(described, indent=1))


def _write_part(part: Path, name: str, settings: dict[str, Any], shards: int) -> None:
    part.mkdir(parents=True, exist_ok=True)
    (part / name).write_text(json.dumps(settings))
    where = {}
    for number in range(shards):
        file = "model.safetensors" if shards == 1 else f"model-{number + 1:05}-of-{shards:05}.safetensors"
        (part / file).write_bytes(_tensors(f"w{number}"))
        where[f"w{number}"] = file
    if shards > 1:
        (part / "model.safetensors.index.json").write_text(json.dumps({"weight_map": where}))


def _tensors(name: str) -> bytes:
    told = {
        name: {"dtype": "F16", "shape": [4, 8], "data_offsets": [0, 64]},
        f"{name}.bias": {"dtype": "F32", "shape": [4], "data_offsets": [64, 80]},
    }
    header = json.dumps(told).encode()
    return struct.pack("<Q", len(header)) + header + bytes(range(80))


Mutation = Callable[[Path, random.Random], None]


def _files(folder: Path, ending: str = "") -> list[Path]:
    found = [p for p in folder.rglob(f"*{ending}") if p.is_file() and p.name != SUMS_NAME]
    return sorted(found)


def flip(folder: Path, draw: random.Random) -> None:
    """Some bits of a file."""
    path = draw.choice(_files(folder))
    data = bytearray(path.read_bytes())
    for _ in range(draw.choice((1, 1, 3))):
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    path.write_bytes(bytes(data))


def cut(folder: Path, draw: random.Random) -> None:
    """The end of a file."""
    path = draw.choice(_files(folder))
    path.write_bytes(path.read_bytes()[: draw.randrange(path.stat().st_size)])


def garble_tensors(folder: Path, draw: random.Random) -> None:
    """A safetensors file, its header above all."""
    path = draw.choice(_files(folder, ".safetensors"))
    path.write_bytes(garbled_tensors(path.read_bytes(), draw))


def garble_settings(folder: Path, draw: random.Random) -> None:
    """A JSON file: a value, or some of its bytes."""
    path = draw.choice(_files(folder, ".json"))
    path.write_bytes(garbled_json(path.read_bytes(), draw))


def swap(folder: Path, draw: random.Random) -> None:
    """Two files change places."""
    first, second = draw.sample(_files(folder), 2)
    data = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(data)


def lose(folder: Path, draw: random.Random) -> None:
    """A file, or a part with all its files."""
    parts = [p for p in sorted(folder.iterdir()) if p.is_dir()]
    if parts and draw.random() < 0.3:
        shutil.rmtree(draw.choice(parts))
    else:
        draw.choice(_files(folder)).unlink()


def rename(folder: Path, draw: random.Random) -> None:
    """A file gets another name."""
    path = draw.choice(_files(folder))
    path.rename(path.with_name(draw.choice((f"{path.name}.bin", f"x{path.name}", "pytorch_model.bin"))))


def add_pickle(folder: Path, draw: random.Random) -> None:
    """A pickle somewhere; sometimes under the name of tensors."""
    data = b"\x80\x04\x95\x1d\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94."
    home = draw.choice(_files(folder)).parent
    if draw.random() < 0.3:
        draw.choice(_files(folder, ".safetensors")).write_bytes(data)
        return
    path = home / draw.choice(_PICKLES)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def ask_for_code(folder: Path, draw: random.Random) -> None:
    """A setting that names code, somewhere in a JSON file of settings, or code itself."""
    if draw.random() < 0.2:
        (draw.choice(_files(folder)).parent / draw.choice(("pipeline.py", "modeling.py", "a.so"))).write_text(
            ""
        )
        return
    path = draw.choice(
        [p for p in _files(folder, ".json") if "config" in p.name or p.name == "model_index.json"]
    )
    told = json.loads(path.read_text())
    asked = {draw.choice(_CODE): draw.choice((True, "a/b", {"AutoModel": "a--b.C"}))}
    told |= asked if draw.random() < 0.5 else {"deep": [{"er": asked}]}
    path.write_text(json.dumps(told))


def hostile_index(folder: Path, draw: random.Random) -> None:
    """A shard that lies elsewhere, or none."""
    found = _files(folder, ".safetensors.index.json")
    path = (found and draw.choice(found)) or draw.choice(
        _files(folder)
    ).parent / "model.safetensors.index.json"
    value: Any = draw.choice((*_ELSEWHERE, None, 3, "", ".", "missing.safetensors", "config.json"))
    path.write_text(json.dumps({"weight_map": {"w0": value}}))


def hostile_parts(folder: Path, draw: random.Random) -> None:
    """A part whose class or name comes from elsewhere, or another class of the whole."""
    path = folder / "model_index.json"
    told = json.loads(path.read_text()) if path.exists() else {"_class_name": "Dinov2Model"}
    match draw.randrange(3):
        case 0:
            told["_class_name"] = draw.choice(("DiffusionPipeline", "os.system", None, 3, [], "../x"))
        case 1:
            told[draw.choice(("unet", "vae", "extra"))] = [
                draw.choice(_LIBRARIES),
                draw.choice(("system", None)),
            ]
        case _:
            told[draw.choice(_PARTS)] = ["diffusers", "UNet2DConditionModel"]
    path.write_text(json.dumps(told))


def trick_paths(folder: Path, draw: random.Random) -> None:
    """A link that leads out of the folder, to a folder, to nothing; a pipe."""
    path = draw.choice(_files(folder))
    outside = folder.parent / "outside"
    outside.mkdir(exist_ok=True)
    kept = outside / "kept"
    shutil.copyfile(path, kept)
    match draw.randrange(4):
        case 0:
            path.unlink()
            path.symlink_to(draw.choice((kept, os.path.relpath(kept, path.parent))))
        case 1:
            (path.parent / "linked").symlink_to(draw.choice((outside, folder)))
        case 2:
            path.unlink()
            path.symlink_to("nothing")
        case _:
            path.unlink()
            os.mkfifo(path)


MUTATIONS: tuple[Mutation, ...] = (
    *(flip, cut, garble_tensors, garble_settings, swap, lose, rename),
    *(add_pickle, ask_for_code, hostile_index, hostile_parts, trick_paths),
)


def attempts(place: Path) -> Attempt:
    """Check the mutant of a number."""

    def attempt(number: int) -> str:
        draw = random.Random(number)
        kind = list(CLASSES)[number % len(CLASSES)]
        mutate = MUTATIONS[number // len(CLASSES) % len(MUTATIONS)]
        folder = place / "mutant"
        write_folder(folder, kind)
        write_sums(folder)
        verify_weights(folder)
        sound = state_of(folder)
        mutate(folder, draw)
        if state_of(folder) != sound:
            _require_refused(folder, mutate.__name__)
        for path in folder.glob(SUMS_NAME):
            path.unlink()
        verify_weights(folder)
        _require_harmless(folder)
        return mutate.__name__

    return attempt


def state_of(folder: Path) -> dict[str, object]:
    """Every name in a folder, with its bytes or the kind of thing it is."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        if path.is_file() and not path.is_symlink()
        else path.lstat().st_mode
        for path in folder.rglob("*")
    }


def _require_refused(folder: Path, mutation: str) -> None:
    try:
        verify_weights(folder)
    except WeightsError:
        return
    raise AssertionError(f"{mutation}: taken against its sums")


def _require_harmless(folder: Path) -> None:
    """What was taken is looked at by other means: names, the text of settings, and safetensors itself."""
    from safetensors import safe_open

    for path in folder.rglob("*"):
        if path.is_symlink() or path.suffix.lower() in (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".py", ".so"):
            raise AssertionError(f"{path}: was taken")
        if path.suffix == ".safetensors":
            with safe_open(path, "np") as tensors:
                for name in tensors.keys():  # noqa: SIM118 (it is no dict)
                    tensors.get_slice(name).get_shape()
        if path.name.endswith(".index.json"):
            for shard in json.loads(path.read_text())["weight_map"].values():
                if not (path.parent / shard).resolve().is_relative_to(folder.resolve()):
                    raise AssertionError(f"{path}: {shard} was taken")
        if path.name.endswith("config.json") or path.name == "model_index.json":
            text = json.dumps(json.loads(path.read_bytes()))
            if any(f'"{word}"' in text for word in _CODE):
                raise AssertionError(f"{path}: asks for code, and was taken")


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the mutants; returns an exit status."""
    return command(__doc__, "hostile weights", 2000, attempts, arguments)


if __name__ == "__main__":
    sys.exit(main())
