"""The files of a study and of its scores, encoded."""

from collections.abc import Mapping, Sequence
from typing import Any

from artifix import __version__
from artifix.config_sections import to_dict
from artifix.evaluation.study.chart import preference_chart
from artifix.evaluation.study.config import StudyConfig
from artifix.evaluation.study.design import Design
from artifix.evaluation.study.key import key_record
from artifix.evaluation.study.methods import Method
from artifix.evaluation.study.raters import Rater
from artifix.evaluation.study.scoring import PartScore
from artifix.evaluation.study.study import Study
from artifix.evaluation.study.tables import latex, markdown, methods_csv, pairs_csv, plain, raters_csv
from artifix.outputs.encode import encodable, encode_json
from artifix.outputs.save import RECORD

PAGE, KEY = "study.html", "key.json"
BUILT = frozenset({PAGE, KEY, RECORD})
SCORED = frozenset(
    {"methods.csv", "pairs.csv", "raters.csv", "scores.md", "scores.tex", "scores.png", RECORD}
)


def built_record(
    design: Design, methods: Sequence[Method], wanted: StudyConfig, page: bytes
) -> dict[str, Any]:
    """What record.json says of a study; it names methods, and belongs to the key."""
    study, pictures = design.study, design.pictures.values()
    return {
        "artifix": __version__,
        "command": "study build",
        "study": study.id,
        "settings": to_dict(wanted),
        "methods": {method.name: encodable(str(method.folder)) for method in methods},
        "questions": {part: sum(q.part == part for q in study.questions) for part in study.parts},
        "possible_questions": design.possible,
        "pictures": len(pictures),
        "picture_bytes": sum(len(one.data) for one in pictures),
        "page_bytes": len(page),
        "alike": [encodable(name) for name in design.alike],
        "extra": {method.name: [encodable(name) for name in method.extra] for method in methods},
    }


def built_files(design: Design, page: bytes, record: Mapping[str, Any]) -> dict[str, bytes]:
    """The files of a study by name."""
    return {PAGE: page, KEY: encode_json(key_record(design.study)), RECORD: encode_json(record)}


def scored_record(
    study: Study, scores: Sequence[PartScore], raters: Sequence[Rater], level: float, allowed: int
) -> dict[str, Any]:
    """All figures, JSON-ready."""
    return {
        "artifix": __version__,
        "command": "study score",
        "study": study.id,
        "form": study.form,
        "methods": list(study.methods),
        "settings": {"level": level, "allow_failed": allowed},
        "raters": sum(not one.left_out for one in raters),
        "left_out": [
            {"rater": one.rater, "file": encodable(one.name), "why": one.left_out}
            for one in raters
            if one.left_out
        ],
        "parts": [plain(score) for score in scores],
    }


def scored_files(
    scores: Sequence[PartScore], raters: Sequence[Rater], level: float, record: Mapping[str, Any]
) -> dict[str, bytes]:
    """The files of the scores by name."""
    return {
        "methods.csv": methods_csv(scores),
        "pairs.csv": pairs_csv(scores),
        "raters.csv": raters_csv(raters),
        "scores.md": markdown(scores, raters, level),
        "scores.tex": latex(scores),
        "scores.png": preference_chart(scores, level),
        RECORD: encode_json(record),
    }
