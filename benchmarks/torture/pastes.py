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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from material import drawn
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

import artifix.cli.refine
from artifix.alignment.located import LocateResult, result_of
from artifix.alignment.stage import Alignment
from artifix.batch.task import Task
from artifix.batch.worker import Worker
from artifix.cli.app import main as artifix_main
from artifix.config import OutputConfig, RefineConfig
from artifix.geometry import box_of, square_around
from artifix.inputs.parts import parts_of
from artifix.inputs.request import Request
from artifix.outputs.save import save_result
from artifix.pipeline import RefineByAlignPipeline
from artifix.refinement.stage import Patch
from artifix.repair.loading import Loaded

_ORIENTATION = 0x0112
MODES = ("L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "L16", "RGB16", "RGBA16")
FORMATS = {
    "L": ("PNG", "JPEG", "TIFF", "WEBP"), "LA": ("PNG", "TIFF"), "P": ("PNG", "TIFF", "GIF"), "PA": ("PNG",),
    "RGB": ("PNG", "JPEG", "TIFF", "WEBP"), "RGBA": ("PNG", "TIFF", "WEBP"), "CMYK": ("JPEG", "TIFF"),
    "L16": ("PNG", "TIFF"), "RGB16": ("PNG", "TIFF"), "RGBA16": ("PNG",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """A picture file and what it shows."""

    path: Path
    kind: str
    pixels: NDArray  # (H, W, 3), upright
    alpha: NDArray | None
    profile: bytes | None


class Painter:
    """A pipeline that finds any place, and paints noise there."""

    weights_name, weights_sha256 = "noise", "0" * 64

    def search(self, case: Any, config: RefineConfig, progress: Any = None) -> LocateResult:
        region = np.zeros(case.reference.size, bool)
        region[2:9, 2:9] = True
        found = tuple(
            Alignment(
                mask=part,
                box=square_around(box_of(part), 1.5, 1, *case.image.size),
                correspondence=region.astype(np.float32),
                region=region,
                transform=None,
                confidence=0.9,
                layer="none",
                timestep=0,
                source="attention",
            )
            for part in parts_of(case.mask).groups
        )
        return result_of(found)

    def _aligned(self, *_: Any) -> None:
        """Nothing is laid onto the image."""

    def _repaint(self, case: Any, alignment: Alignment, config: RefineConfig, *rest: Any) -> Any:
        size = alignment.box.height, alignment.box.width, 3
        noise = np.random.default_rng(config.seed).random(size, np.float32)
        return Patch(alignment.box, noise), config.seed, ()

    refine = RefineByAlignPipeline.refine


def write_source(folder: Path, draw: np.random.Generator) -> Source:
    """A random picture file."""
    height, width = (round(16 * (700 / 16) ** draw.random()) for _ in range(2))
    mode = str(draw.choice(MODES))
    kind = str(draw.choice(FORMATS[mode]))
    path = folder / f"image.{kind.lower()}"
    picture = drawn(height, width, int(draw.integers(2**31)))
    alpha = draw.integers(0, 256, (height, width)).astype(np.uint8)
    if mode.endswith("16"):
        return _deep(path, kind, mode, picture, alpha, draw)
    image = Image.fromarray(picture)
    if "A" in mode:
        image.putalpha(Image.fromarray(alpha))
    image = image.convert("LA" if mode == "PA" else mode)
    options: dict[str, Any] = {"transparency": int(draw.integers(8))} if mode == "P" and kind == "PNG" else {}
    if mode == "PA":
        image = image.convert("L").convert("P")
        options["transparency"] = bytes(draw.integers(0, 256, 256).astype(np.uint8))
    return _shallow(path, kind, mode, image, options, draw)


def _shallow(
    path: Path, kind: str, mode: str, image: Image.Image, options: dict[str, Any], draw: np.random.Generator
) -> Source:
    turn, profile = int(draw.integers(1, 9)), None
    if kind in ("PNG", "JPEG", "WEBP") and draw.random() < 0.6:
        exif = Image.Exif()
        exif[_ORIENTATION] = turn
        options["exif"] = exif
    if "RGB" in mode and draw.random() < 0.5:
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        options["icc_profile"] = profile
    image.save(path, kind, **options)
    with Image.open(path) as opened:
        shown = ImageOps.exif_transpose(opened)
        has_alpha = shown.has_transparency_data
        samples = np.asarray(shown.convert("RGBA" if has_alpha else "RGB"))
    return Source(path, f"{mode} {kind}", samples[..., :3], samples[..., 3] if has_alpha else None, profile)


def _deep(
    path: Path, kind: str, mode: str, picture: NDArray, alpha: NDArray, draw: np.random.Generator
) -> Source:
    pixels = picture.astype(np.uint16) * 256 + draw.integers(0, 256, picture.shape).astype(np.uint16)
    deep_alpha = alpha.astype(np.uint16) * 256 + draw.integers(0, 256, alpha.shape).astype(np.uint16)
    if mode == "L16":
        pixels = np.repeat(pixels[..., :1], 3, axis=2)
        written = np.ascontiguousarray(pixels[..., 0])
    elif mode == "RGB16":
        written = np.ascontiguousarray(pixels[..., ::-1])
    else:
        written = np.dstack([pixels[..., ::-1], deep_alpha])
    assert cv2.imwrite(str(path), written)
    return Source(path, f"{mode} {kind}", pixels, deep_alpha if mode == "RGBA16" else None, None)


def drawn_mask(size: tuple[int, int], draw: np.random.Generator) -> NDArray[np.uint8]:
    """Blobs, specks, a border or soft greys, and something left of the image."""
    height, width = size
    mask = np.zeros(size, np.uint8)
    shape = draw.choice(("blobs", "specks", "border", "soft"))
    for _ in range(int(draw.integers(1, 5))):
        y, x = int(draw.integers(height)), int(draw.integers(width))
        if shape == "specks":
            mask[y, x] = int(draw.integers(16, 256))
        elif shape == "border":
            mask[: max(height // 8, 1)] = 255
            mask[:, -max(width // 8, 1) :] = 255
        else:
            axes = int(draw.integers(1, max(width // 4, 2))), int(draw.integers(1, max(height // 4, 2)))
            cv2.ellipse(mask, (x, y), axes, float(draw.integers(180)), 0, 360, 255, -1)
    if shape == "soft":
        mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), float(draw.uniform(0.5, 6))))
    mask[-1, 0] = mask[-1, 1] = 0  # or else nothing might be left
    if mask.max() <= 8:
        mask[0, 0] = 255
    return mask


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
