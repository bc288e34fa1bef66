"""What every page has that needs nothing but itself: its policy, its texts, its data, the house's colours."""

import base64
import hashlib
import html
import json
from collections.abc import Mapping
from importlib import resources
from string import Template
from typing import Any

# What could end a script element; as JSON allows, they are written in another way.
_AS_JSON = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"}


def page_part(package: str, name: str) -> str:
    """An ASCII file that comes with a package: template, style or script."""
    return resources.files(package).joinpath(name).read_text(encoding="ascii")


def page_head(title: str, style: str, script: str, language: str = "en") -> str:
    """A page up to where its body begins, in ASCII.

    Args:
        title: any text.
        style: as for `policy_of`.
        script: as for `policy_of`.
        language: of the page's texts, as HTML names it.
    """
    return Template(page_part("artifix.outputs", "page_head.html")).substitute(
        policy=policy_of(style, script), language=as_html(language), title=as_html(title), style=style
    )


def house_style() -> str:
    """Colours, light and dark, and what all pages share; a page's own style follows it."""
    return page_part("artifix.outputs", "page.css")


def policy_of(style: str, script: str) -> str:
    """A Content-Security-Policy that allows this style, this script and embedded pictures, and no more.

    Args:
        style: the text of the one style element.
        script: the text of the one script element that is run.
    """
    return "; ".join(
        [
            "default-src 'none'",
            "img-src data:",
            f"style-src {_source(style)}",
            f"script-src {_source(script)}",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
        ]
    )


def _source(text: str) -> str:
    """What a Content-Security-Policy calls an inline element of exactly this text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def as_html(text: str) -> str:
    """As HTML in ASCII; a lone surrogate comes out as the sign for what cannot be read."""
    return html.escape(text).encode("ascii", "xmlcharrefreplace").decode()


def json_block(content: Mapping[str, Any], kind: str) -> str:
    """A script element that is not run: it holds the content as JSON, in ASCII.

    Args:
        content: JSON-ready, without NaN.
        kind: class of the element, by which the page's script finds it.
    """
    text = json.dumps(content, allow_nan=False, separators=(",", ":")).translate(_AS_JSON)
    return f'<script type="application/json" class="{kind}">{text}</script>\n'
