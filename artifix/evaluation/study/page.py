"""The page that raters answer: one file that needs nothing but itself and a browser."""

import base64
from collections.abc import Mapping
from string import Template
from typing import Any

from artifix.errors import UsageError
from artifix.evaluation.study.config import StudyConfig
from artifix.evaluation.study.design import Design
from artifix.evaluation.study.study import Study
from artifix.outputs.page import as_html, house_style, json_block, page_head, page_part
from artifix.setting_names import setting

_PACKAGE = "artifix.evaluation.study"


def page_of(design: Design, texts: Mapping[str, str]) -> bytes:
    """The page, in ASCII; the same for the same arguments.

    It loads nothing, sends nothing and runs no script but its own. No name of a method or case is in it.

    Args:
        design: questions and pictures.
        texts: all that a rater reads.
    """
    style = house_style() + page_part(_PACKAGE, "page.css")
    script = page_part(_PACKAGE, "page.js")
    # The template is cut before it is filled in, where no text of others can stand for the mark.
    before, _, after = page_part(_PACKAGE, "page.html").partition("$blocks")
    head = page_head(texts["title"], style, script, texts["language"])
    top = Template(before).substitute(title=as_html(texts["title"]))
    blocks = [json_block(_content(design, texts), "study"), *_pictures(design)]
    return "".join([head, top, *blocks, Template(after).substitute(script=script)]).encode("ascii")


def check_size(page: bytes, design: Design, wanted: StudyConfig) -> None:
    """Raise UsageError where the page is larger than it may be."""
    if len(page) <= wanted.most_mb * 1e6:
        return
    enough = setting("most_mb", len(page) // 10**6 + 1)
    raise UsageError(
        f"the page would be {len(page) / 1e6:.0f} MB with its {len(design.pictures)} pictures, "
        f"{setting('most_mb')} allows {wanted.most_mb}",
        f"ask fewer {setting('questions')} than {wanted.questions}, embed smaller pictures "
        f"({setting('side')}, {setting('quality')}, {setting('crop')}), or allow {enough}",
    )


def _content(design: Design, texts: Mapping[str, str]) -> dict[str, Any]:
    study = design.study
    return {
        "study": study.id,
        "form": study.form,
        "ties": study.ties,
        "texts": dict(texts),
        "parts": [{"name": part, "questions": _questions(design, study, part)} for part in study.parts],
    }


def _questions(design: Design, study: Study, part: str) -> list[dict[str, Any]]:
    return [
        {
            "id": question.id,
            "pictures": question.pictures,
            "reference": design.references[question.id],
            "focus": [round(share, 4) for share in design.focus[question.id]],
        }
        for question in study.questions
        if question.part == part
    ]


def _pictures(design: Design) -> list[str]:
    return [
        json_block(
            {
                "id": name,
                "kind": picture.kind,
                "size": [picture.width, picture.height],
                "data": base64.b64encode(picture.data).decode(),
            },
            "picture",
        )
        for name, picture in design.pictures.items()
    ]
