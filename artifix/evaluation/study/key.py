"""key.json: what the opaque ids of a page stand for. It stays with the researcher."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from artifix import __version__
from artifix.errors import InputError
from artifix.evaluation.study.config import PARTS
from artifix.evaluation.study.study import Question, Study
from artifix.inputs.table import read_text
from artifix.outputs.encode import encodable

KIND = "artifix study key"
_REMEDY = "name the key.json that `artifix study build` wrote beside the page, unchanged"


def key_record(study: Study) -> dict[str, Any]:
    """What key.json holds, JSON-ready."""
    return {
        "kind": KIND,
        "artifix": __version__,
        "study": study.id,
        "form": study.form,
        "ties": study.ties,
        "seed": study.seed,
        "methods": list(study.methods),
        "questions": [
            {
                "id": question.id,
                "part": question.part,
                "case": encodable(question.case),
                "pictures": [{"id": name, "method": method} for name, method in question.methods.items()],
                "right": question.right,
            }
            for question in study.questions
        ],
    }


def read_key(path: Path) -> Study:
    """The study of a key.json.

    Raises:
        InputError: it cannot be read, is no key, or contradicts itself.
    """
    try:
        found = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: is not JSON: {error}", _REMEDY) from error
    if not isinstance(found, dict) or found.get("kind") != KIND:
        raise InputError(f"{path}: is no key of a study", _REMEDY)
    try:
        study = _study(found)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path}: is damaged ({type(error).__name__}: {error})", _REMEDY) from error
    return study


def _study(found: Mapping[str, Any]) -> Study:
    study = Study(
        id=str(found["study"]),
        form=found["form"],
        ties=bool(found["ties"]),
        seed=int(found["seed"]),
        methods=tuple(found["methods"]),
        questions=tuple(_question(one) for one in found["questions"]),
    )
    ids = [question.id for question in study.questions]
    if len(set(ids)) < len(ids) or study.form not in ("pairs", "rank") or not ids:
        raise ValueError("questions or form")
    for question in study.questions:
        shown = set(question.methods.values())
        if question.part not in PARTS or len(shown) < 2 or len(shown) < len(question.methods):
            raise ValueError(f"question {question.id}")
        needed = len(study.methods) if study.form == "rank" and not question.is_check else 2
        if question.right not in question.methods if question.is_check else shown - set(study.methods):
            raise ValueError(f"question {question.id}")
        if len(shown) != needed:
            raise ValueError(f"question {question.id} shows {len(shown)} pictures, not {needed}")
    return study


def _question(found: Mapping[str, Any]) -> Question:
    methods = {str(one["id"]): str(one["method"]) for one in found["pictures"]}
    return Question(str(found["id"]), str(found["part"]), str(found["case"]), methods, str(found["right"]))
