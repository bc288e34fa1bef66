"""What lies outside the mask comes back bit by bit, whatever the picture's mode, depth, turn or profile.

Usage: python benchmarks/torture/pastes.py [--count N] [--seed N]

Random pictures of 16 to 700 px (grey, palette, RGB, CMYK, alpha, 8 and 16 bit; PNG, JPEG, TIFF, WebP; EXIF
orientations, ICC profiles) with masks of blobs, specks, borders and soft greys are refined by the code that
`artifix refine` and `artifix batch` run, but for the network: noise is painted in its place. The saved
picture, of every exact format, is decoded anew and held against the source, decoded without artifix: pixels
where the mask is 0, alpha, size, depth and profile must be equal.
"""

import argparse
import contextlib
import io
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from material import drawn
from numpy.typing import NDArray
from PIL import Image
from random_pictures import Source, drawn_mask, write_source

import artifix.cli.refine
import artifix.repainting
from artifix.alignment.alignment import Alignment
from artifix.alignment.locate_result import LocateResult, result_of
from artifix.batch.task import Task
from artifix.batch.worker import Worker
from artifix.cli.app import main as artifix_main
from artifix.config import OutputConfig, RefineConfig
from artifix.geometry import Box, box_of, square_around
from artifix.inputs.parts import parts_of
from artifix.inputs.request import Request
from artifix.outputs.save import save_result
from artifix.pipeline import RefineByAlignPipeline
from artifix.refinement.stage import Patch
from artifix.repair.loading import Loaded


class Painter:
    """A pipeline that finds any place, and paints noise there."""

    weights_name, weights_sha256 = "noise", "0" * 64

    def search(self, case: Any, config: RefineConfig, progress: Any = None) -> LocateResult:
        region = np.zeros(case.reference.size, bool)
        region[2:9, 2:9] = True
        found = tuple(
            Alignment(
                mask=part,
                box=box_around(part),
                correspondence=region.astype(np.float32),
                region=region,
                hypothesis=None,
                confidence=0.9,
                layer="none",
                timestep=0,
                source="attention",
            )
            for part in parts_of(case.mask).groups
        )
        return result_of(found)

    network = painter = located_with = None  # nobody asks them
    refiner, settled = RefineByAlignPipeline.refiner, RefineByAlignPipeline.settled
    refine = RefineByAlignPipeline.refine


def painted(network: None, image: NDArray[np.uint8], mask: NDArray[np.bool_], *rest: Any) -> list[Patch]:
    """In place of `repaint`: a patch of noise for each seed."""
    box, seeds = box_around(mask), rest[-2]
    size = box.height, box.width, 3
    return [Patch(box, np.random.default_rng(seed).random(size, np.float32)) for seed in seeds]


def box_around(mask: NDArray[np.bool_]) -> Box:
    """The box of the image that is painted."""
    return square_around(box_of(mask), 1.5, 1, *mask.shape)


def decoded(path: Path) -> tuple[NDArray, NDArray | None]:
    """(H, W, 3) RGB, and (H, W) alpha if there is one, at the depth of the file."""
    samples = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    assert samples is not None
    if samples.dtype == np.uint8:  # OpenCV multiplies the colours of a TIFF by its alpha
        with Image.open(path) as opened:
            samples = np.asarray(opened.convert("RGBA" if opened.mode in ("LA", "RGBA") else "RGB"))
        return samples[..., :3], samples[..., 3] if samples.shape[2] == 4 else None
    if samples.ndim == 2:  # a grey image stays one
        samples = np.repeat(samples[..., None], 3, axis=2)
    return samples[..., 2::-1], samples[..., 3] if samples.shape[2] == 4 else None


def violations_of(refined: Path, source: Source, mask: NDArray[np.uint8]) -> list[str]:
    """In what the saved picture differs from the source where it may not."""
    pixels, alpha = decoded(refined)
    if pixels.shape != source.pixels.shape or pixels.dtype != source.pixels.dtype:
        return [f"is {pixels.shape} {pixels.dtype}, not {source.pixels.shape} {source.pixels.dtype}"]
    found = []
    outside = mask == 0
    if wrong := int((pixels != source.pixels).any(2)[outside].sum()):
        found.append(f"{wrong} pixels outside the mask differ")
    if alpha is None and refined.suffix == ".webp" and source.alpha is not None:
        alpha = np.full_like(source.alpha, 255)  # of which a WebP keeps no account
    if (alpha is None) != (source.alpha is None) or (
        alpha is not None and not np.array_equal(alpha, source.alpha)
    ):
        found.append("alpha differs")
    with Image.open(refined) as opened:
        if opened.info.get("icc_profile") != source.profile:
            found.append("the profile differs")
    if np.count_nonzero(mask) > 50 and mask.max() == 255 and np.array_equal(pixels, source.pixels):
        found.append("nothing was painted")
    return found


def refined_by(
    command: str, files: list[Path], out: Path, worker: Worker, seed: int, output: OutputConfig
) -> Path:
    """Run the command's code; returns the saved picture."""
    image, mask, reference = files
    if command == "refine":
        asked = [image, "--mask", mask, "--ref", reference, "--out", out, "--seed", seed, "--quiet"]
        asked += ["--format", output.format]
        told = io.StringIO()
        with contextlib.redirect_stderr(told):
            code = artifix_main(["refine", *map(str, asked)])
        assert code == 0, told.getvalue()
    else:
        request = Request(image, mask, (reference,))
        outcome = worker.do(Task("row", request, RefineConfig(seed=seed), output=output))
        assert outcome.failure is None, outcome.failure
        save_result(out, outcome.files)
    return next(out.glob("refined.*"))


def check(number: int, folder: Path, worker: Worker) -> tuple[str, list[str]]:
    """One random case; its kind, and what is wrong."""
    draw = np.random.default_rng(number)
    source = write_source(folder, draw)
    mask = drawn_mask(source.pixels.shape[:2], draw)
    files = [source.path, folder / "mask.png", folder / "reference.png"]
    Image.fromarray(mask).save(files[1])
    Image.fromarray(drawn(40, 48, number)).save(files[2])
    command = ("refine", "batch")[number % 2]
    exact = ("png", "tiff", "webp") if source.pixels.dtype == np.uint8 else ("png", "tiff")
    output = OutputConfig(str(draw.choice(exact)))
    kind = f"{command} {source.kind} {output.format}"
    try:
        refined = refined_by(command, files, folder / "out", worker, number, output)
    except AssertionError as error:
        return kind, [str(error)[:300]]
    return kind, violations_of(refined, source, mask)


def main(arguments: Sequence[str] | None = None) -> int:
    """Refine and compare; returns an exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    loaded = Loaded(Painter(), "cpu", "float32")  # type: ignore[arg-type]
    worker = Worker.__new__(Worker)
    worker.loaded = loaded
    artifix.repainting.repaint = painted
    artifix.cli.refine.open_pipeline = lambda config, console: loaded
    kinds: Counter[str] = Counter()
    broken = 0
    for number in range(options.seed * 1_000_000, options.seed * 1_000_000 + options.count):
        with tempfile.TemporaryDirectory(prefix="pastes-") as place:
            kind, found = check(number, Path(place), worker)
        kinds[kind] += 1
        broken += bool(found)
        for what in found:
            print(f"case {number}: {kind}: {what}", flush=True)
    print(json.dumps({"cases": options.count, "kinds": len(kinds), "violations": broken}))
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
