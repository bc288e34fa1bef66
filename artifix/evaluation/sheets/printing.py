"""A figure as PNG or PDF, by matplotlib, which is imported only when one is printed."""

import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from artifix.errors import UsageError
from artifix.evaluation.sheets.config import FigureConfig
from artifix.evaluation.sheets.grid import POINTS_PER_INCH, Page, Text
from artifix.setting_names import setting

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.font_manager import FontProperties

Form = Literal["png", "pdf"]
FORMS: Sequence[Form] = ("png", "pdf")
_FONT_FILES = (".ttf", ".otf", ".ttc")
_INK, _RULE, _EMPTY = "#222222", "#999999", "#bbbbbb"
_ROOM = 0.98  # of its room that a text may fill
# Fonts as such, so that text can be searched and edited; pictures each on its own, so that all pixels stay.
_SETTINGS: dict[Any, Any] = {"pdf.fonttype": 42, "image.composite_image": False}
# Without dates, so that equal figures are equal bytes.
_METADATA: dict[Form, dict[str, Any]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "ModDate": None, "Producer": None, "Creator": "artifix"},
}


def font_of(name: str) -> "FontProperties":
    """A font by its family or file.

    Raises:
        UsageError: there is none.
    """
    from matplotlib import font_manager

    if name.lower().endswith(_FONT_FILES):
        try:
            font_manager.get_font(name)
        except (OSError, RuntimeError, ValueError) as error:
            raise UsageError(
                f"{setting('font')} {name}: cannot be read: {error}", "name a .ttf or .otf file"
            ) from error
        return font_manager.FontProperties(fname=name)
    font = font_manager.FontProperties(family=name)
    try:
        font_manager.findfont(font, fallback_to_default=False)
    except ValueError as error:
        some = ", ".join(sorted({entry.name for entry in font_manager.fontManager.ttflist})[:12])
        raise UsageError(
            f"{setting('font')} {name}: no such font is installed",
            f"name a .ttf or .otf file, or one of: {some}, ...",
        ) from error
    return font


def printed(page: Page, config: FigureConfig, form: Form) -> tuple[bytes, list[str]]:
    """The figure, and what a person should know of it.

    A PDF holds the text as text and every picture with all of its pixels.

    Args:
        page: everything placed, in pixels.
        config: resolution and font.
        form: of the file.

    Raises:
        UsageError: there is no such font.
    """
    import matplotlib
    from matplotlib.figure import Figure

    font = font_of(config.font)
    with matplotlib.rc_context(_SETTINGS), warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        # A hundredth of a pixel more, as the library cuts what it counts.
        figure = Figure(
            figsize=((page.width + 0.01) / config.dpi, (page.height + 0.01) / config.dpi), dpi=config.dpi
        )
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        for left, top, picture in page.pictures:
            height, width = picture.shape[:2]
            axes.imshow(
                picture, extent=(left, left + width, top + height, top), aspect="auto", interpolation="none"
            )
        _draw_lines(axes, page)
        scales = _scales(page.texts, font, config)
        for text in page.texts:
            _write(axes, text, font, config, scales[text])
        axes.set_xlim(0, page.width)
        axes.set_ylim(page.height, 0)
        data = io.BytesIO()
        figure.savefig(data, format=form, dpi=config.dpi, metadata=_METADATA[form])
    notes = [f"{config.font} lacks signs that the figure has" for one in said if "Glyph" in str(one.message)][
        :1
    ]
    if (least := min(scales.values(), default=1.0)) < 1:
        notes.append(f"to fit, some text is set in {least * config.font_size:.1f} points")
    return data.getvalue(), notes


def _draw_lines(axes: "Axes", page: Page) -> None:
    from matplotlib.patches import Rectangle

    for left, top, width, height in page.empty:
        axes.add_patch(Rectangle((left, top), width, height, fill=False, edgecolor=_EMPTY, linewidth=0.5))
    for y in page.rules:
        axes.plot([0, page.width], [y, y], color=_RULE, linewidth=0.5)


def _scales(texts: Sequence[Text], font: "FontProperties", config: FigureConfig) -> dict[Text, float]:
    """How much smaller than it should be each text is, to fit into its room; the same for all of a kind."""
    scales: dict[Text, float] = {}
    for text in texts:
        room = _ROOM * text.room / config.dpi * POINTS_PER_INCH
        needed = _width(text.text, _sized(font, text, config)) if text.text else 0.0
        scales[text] = min(1.0, room / needed) if needed else 1.0
    kinds = {text.kind for text in texts if text.kind}
    least = {kind: min(scale for text, scale in scales.items() if text.kind == kind) for kind in kinds}
    return {text: least.get(text.kind, scale) for text, scale in scales.items()}


def _sized(font: "FontProperties", text: Text, config: FigureConfig, scale: float = 1.0) -> "FontProperties":
    own = font.copy()
    own.set_size(text.size * config.font_size * scale)
    if text.bold:
        own.set_weight("bold")
    return own


def _write(axes: "Axes", text: Text, font: "FontProperties", config: FigureConfig, scale: float) -> None:
    axes.text(
        text.x,
        text.y,
        text.text,
        fontproperties=_sized(font, text, config, scale),
        color=_INK,
        ha="center",
        va="center_baseline" if text.upright else "center",
        rotation=0 if text.upright else 90,
        rotation_mode="default" if text.upright else "anchor",
        parse_math=False,
    )


def _width(text: str, font: "FontProperties") -> float:
    """Of a line [points]."""
    from matplotlib.textpath import TextPath

    return float(TextPath((0, 0), text, prop=font, usetex=False).get_extents().width)


def form_of(path: Path) -> Form:
    """By the ending of a file's name. Raises UsageError if it is of another kind."""
    for form in FORMS:
        if path.suffix.lower() == f".{form}":
            return form
    raise UsageError(
        f"{setting('out')} {path}: is neither .png nor .pdf", "name the file figure.png or figure.pdf"
    )
