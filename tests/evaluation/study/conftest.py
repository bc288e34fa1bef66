"""Five drawn cases, what three methods made of them, and studies of those."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from artifix.evaluation.manifest import find_cases
from artifix.evaluation.study.answers import KIND
from artifix.evaluation.study.config import StudyConfig
from artifix.evaluation.study.design import Design, design_of
from artifix.evaluation.study.methods import methods_of
from artifix.evaluation.study.study import Question, Study, plan_of

METHODS = ("SuperRepair", "OldInpainter", "PlainPaste")
CASES = 5
SIZE = (48, 64)  # (height, width) of an image


@dataclass(frozen=True)
class Sources:
    """Folders of cases and methods."""

    cases: Path
    methods: dict[str, Path]

    @property
    def named(self) -> list[str]:
        """As the command takes them."""
        return [f"{name}={folder}" for name, folder in self.methods.items()]

    def design(self, **wanted: Any) -> Design:
        cases = find_cases(self.cases)
        return design_of(
            cases, methods_of(self.named, cases), StudyConfig(**wanted), lambda stage, done, total: None
        )


def write_sources(folder: Path, scene: Callable[..., np.ndarray], cases: int = CASES) -> Sources:
    """Draw them; of each method another part of a picture is another colour."""
    methods = {name: folder / "methods" / name for name in METHODS}
    for place in methods.values():
        place.mkdir(parents=True)
    for number in range(cases):
        case = folder / "cases" / f"secretcase{number}"
        case.mkdir(parents=True)
        image = scene(*SIZE, number)
        mask = np.zeros(SIZE, bool)
        mask[8:20, 40:56] = True
        pictures = {"image": image, "mask": mask, "reference": scene(60, 40, 100 + number)}
        for name, picture in pictures.items():
            Image.fromarray(picture).save(case / f"{name}.png")
        for place, method in enumerate(METHODS):
            made = image.copy()
            made[mask] = 60 * place
            path = methods[method] / f"{case.name}.png"
            if method == "PlainPaste":  # as a run of artifix leaves it
                path = methods[method] / case.name / "refined.png"
                path.parent.mkdir()
            Image.fromarray(made).save(path)
    return Sources(folder / "cases", methods)


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory, scene: Callable[..., np.ndarray]) -> Sources:
    """To be read only."""
    return write_sources(tmp_path_factory.mktemp("study"), scene)


@pytest.fixture
def own_sources(tmp_path: Path, scene: Callable[..., np.ndarray]) -> Sources:
    """To be changed."""
    return write_sources(tmp_path / "own", scene)


@pytest.fixture(scope="session")
def design(sources: Sources) -> Design:
    """All 15 pairs in both parts, with two checks in each, and ties."""
    return sources.design(ties=True)


def drawn_study(
    pairs: Mapping[tuple[str, ...], int], ties: bool = False, parts: tuple[str, ...] = ("realism",)
) -> Study:
    """A study of so many questions about each group of methods, and one check a part; no pictures."""
    asked = []
    for part in parts:
        for shown, count in pairs.items():
            for number in range(count):
                name = f"{part}-{'-'.join(shown)}-{number}"
                asked.append(Question(name, part, f"case{number}", {f"{name}.{m}": m for m in shown}))
        asked.append(
            Question(
                f"{part}-check",
                part,
                "case0",
                {f"{part}.bad": "destroyed", f"{part}.good": "image"},
                f"{part}.good",
            )
        )
    methods = tuple(dict.fromkeys(name for shown in pairs for name in shown))
    form = "pairs" if max(map(len, pairs)) == 2 else "rank"
    return Study("0123456789abcdef", form, ties, 0, methods, tuple(asked))


def saved_answers(
    study: Study, rater: str, choose: Callable[[Question], tuple[str, ...]], count: int | None = None
) -> dict[str, Any]:
    """What the page saves of a rater who chooses methods so, best first; checks are passed."""
    answers = []
    for step in plan_of(study, rater)[:count]:
        question = step.question
        ids = {method: name for name, method in question.methods.items()}
        wanted = ("image", "destroyed") if question.is_check else choose(question)
        answers.append(
            {
                "question": question.id,
                "shown": list(step.shown),
                "choice": [ids[method] for method in wanted],
                "seconds": 1.5,
                "closer": False,
            }
        )
    return {"kind": KIND, "study": study.id, "rater": rater, "answers": answers}


def write_answers(folder: Path, given: Mapping[str, Any], name: str = "") -> Path:
    """One file, as it was downloaded."""
    path = folder / (name or f"answers-{given['rater']}.json")
    path.write_text(json.dumps(given))
    return path
