"""A drawn case in files, and a pipeline that answers at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from artifix.alignment.alignment import Alignment
from artifix.alignment.choice import refusal_of
from artifix.alignment.locate_result import LocateResult, result_of
from artifix.cli import locate, refine
from artifix.config import CommandConfig
from artifix.geometry import box_of, square_around
from artifix.inputs.case import Case
from artifix.inputs.stored_alignment import StoredAlignment
from artifix.pipeline import RefineByAlignPipeline
from artifix.refinement.refiner import Sampling
from artifix.registration.context_band import BandScore
from artifix.registration.hypothesis import Hypothesis, Support
from artifix.registration.transform import Transform
from artifix.repair.loading import Loaded
from artifix.result import RefineResult
from artifix.scene import Matches

Progress = Callable[[str, int, int], None]

MASKED = slice(20, 30), slice(24, 40)  # rows and columns of the mask
SPOTS = np.array([[30.0, 15], [50, 40], [60, 20]])  # (x, y) of the image, seen in both
SHIFT = 5  # the reference shows the image so many pixels further right and down


def drawn(height: int, width: int, seed: int = 0) -> np.ndarray:
    """(height, width, 3) uint8 of coloured squares."""
    random = np.random.default_rng(seed)
    picture = np.full((height, width, 3), (200, 190, 160), np.uint8)
    for _ in range(30):
        (y, x), size = random.integers(0, (height - 6, width - 6)), random.integers(4, 14)
        picture[y : y + size, x : x + size] = random.integers(0, 256, 3)
    return picture


@dataclass
class Files:
    """The files of a case in a folder of their own."""

    folder: Path
    image: Path
    mask: Path
    reference: Path
    out: Path

    def arguments(self, **changed: Path) -> list[Path | str]:
        """Of `refine` or `locate`, some files exchanged."""
        of = {"image": self.image, "mask": self.mask, "reference": self.reference, "out": self.out} | changed
        return [of["image"], "--mask", of["mask"], "--ref", of["reference"], "--out", of["out"]]

    def listing(self) -> dict[str, int]:
        """Everything in the folder with its time of change."""
        return {str(p.relative_to(self.folder)): p.stat().st_mtime_ns for p in self.folder.rglob("*")}


@pytest.fixture
def files(tmp_path: Path) -> Files:
    clean = drawn(64, 80)
    wrong = clean.copy()
    wrong[MASKED] = wrong[MASKED][::-1, ::-1]
    mask = np.zeros((64, 80), np.uint8)
    mask[MASKED] = 255
    made = Files(tmp_path, *(tmp_path / f"{n}.png" for n in ("gen", "mask", "ref")), tmp_path / "out")
    Image.fromarray(wrong).save(made.image)
    Image.fromarray(mask).save(made.mask)
    Image.fromarray(np.roll(clean, (SHIFT, SHIFT), (0, 1))).save(made.reference)
    return made


def _silent(stage: str, done: int, total: int) -> None:
    """Tell nobody."""


@dataclass
class FakePipeline:
    """Answers with the true match; raises `failure`, if there is one, in the middle of sampling."""

    failure: BaseException | None = None
    transforms: bool = True  # whether it finds any
    source: str = "sift"
    confidence: float = 0.875
    repair_confidence: float = 0.75
    agreement: float = 1.0  # of its transform with the context band
    scale: float = 1.0  # of the reference, over that of the image
    mirrored: bool = False
    parts: int = 1  # mask groups it tells of
    matches: tuple[Matches, ...] = (Matches(SPOTS, SPOTS + SHIFT, np.ones(3), "sift", 1.0),)
    weights_name: str = "fake"
    weights_sha256: str = "0" * 64
    located_with: None = None
    seen: list[CommandConfig] = field(default_factory=list)

    def settled(self, config: CommandConfig) -> CommandConfig:
        return replace(config, refinement=Sampling(1, 1.0, 1.0).settle(config.refinement))

    def search(self, case: Case, config: CommandConfig, progress: Progress | None = None) -> LocateResult:
        self.seen.append(config)
        progress = progress or _silent
        progress("align", 0, 1)
        place = square_around(box_of(case.mask), 1.5, 1, *case.image.size)
        region = np.zeros(case.reference.size, bool)
        region[25:35, 29:45] = True
        matrix = np.array([[self.scale, 0, SHIFT], [0, self.scale, SHIFT], [0, 0, 1]])
        if self.mirrored:
            matrix = matrix @ np.array([[-1.0, 0, 63], [0, 1, 0], [0, 0, 1]])
        support, band = Support("sift", "similarity", 9, 3.0), BandScore(self.agreement)
        alignment = Alignment(
            box=place,
            mask=case.mask,
            correspondence=region.astype(np.float32),
            region=region,
            hypothesis=Hypothesis(Transform(matrix), support, band) if self.transforms else None,
            confidence=self.confidence,
            layer="up_blocks.1.attentions.0",
            timestep=0,
            source=self.source,
            matches=self.matches,
            repair_confidence=self.repair_confidence,
            mirrored=self.mirrored,
            tried="tried 3 matches of sift, which agree hardly",
        )
        progress("align", 1, 1)
        found = (alignment,) * self.parts
        return result_of(found, refusal_of(found, config.alignment), {"align_s": 0.25})

    def search_best(self, cases: Sequence[Case], config: CommandConfig, progress: Progress) -> Any:
        return len(cases) - 1, [self.search(case, config, progress) for case in cases]

    def restore(self, case: Case, stored: StoredAlignment, config: CommandConfig) -> LocateResult:
        return RefineByAlignPipeline.restore(self, case, stored, config)

    def refine(
        self, case: Case, config: CommandConfig, progress: Progress | None = None, located: Any = None
    ) -> Any:
        progress = progress or _silent
        located = located or self.search(case, config, progress)
        located.check_for_repair(config.alignment)
        progress("sample", 1, 4)
        if self.failure is not None:
            raise self.failure
        progress("sample", 4, 4)
        refined = case.image.pixels.copy()
        refined[case.mask] = np.iinfo(refined.dtype).max
        timings = located.timings | {"sample_s": 0.5}
        return RefineResult(refined, located.alignments, (None,) * self.parts, timings, case.image.alpha)


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> FakePipeline:
    """Stands in for the network in `refine` and `locate`."""
    fake = FakePipeline()
    for command in (refine, locate):
        monkeypatch.setattr(
            command, "open_pipeline", lambda config, console: Loaded(fake, "cpu", "float32", 0.1)
        )
    return fake
