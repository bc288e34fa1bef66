"""Fonts of this machine and the scripts that each has letters for; Pillow's own font where there is none."""

import os
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import ImageFont

SCRIPTS = {
    "latin": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    "digits": "0123456789%+-./&!?",
    "accented": "ÄÖÜÉÈÇÑÅØßäöüéèçñåøàêîôû",
    "greek": "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρστυφχψω",
    "cyrillic": "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЭЮЯабвгдежзийклмнопрстуфхцчшщэюя",
    "kana": "アイウエオカキクケコサシスセソあいうえおかきくけこさしすせそ",
    "han": "日月山水火木金土人口大小中上下天心手花茶米酒新品味香生美食",
    "hangul": "가나다라마바사아자차카타파하고노도로모보소오조한글",
}
SUFFIXES = {".ttf", ".otf", ".ttc"}
MOST_FONTS = 150
UNASSIGNED = "\u0378"  # no font has it: shows what a missing letter looks like
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True)
class Face:
    """A font file, or Pillow's own font, and the scripts it can write."""

    path: Path | None
    scripts: tuple[str, ...]

    def at(self, size_px: int) -> Font:
        """The font at a size."""
        if self.path is None:
            return ImageFont.load_default(size_px)
        return ImageFont.truetype(self.path, size_px)


@cache
def find_faces() -> tuple[Face, ...]:
    """The usable fonts of this machine in a fixed order, never none."""
    paths = sorted(
        {path for folder in font_folders() for path in _below(folder)}, key=lambda p: (p.name, str(p))
    )
    step = max(-(-len(paths) // MOST_FONTS), 1)
    faces = [Face(None, _scripts_of(ImageFont.load_default(24)))]
    for path in paths[::step]:
        scripts = _scripts_at(path)
        if "latin" in scripts:
            faces.append(Face(path, scripts))
    return tuple(faces)


def font_folders() -> list[Path]:
    """Where this system keeps its fonts."""
    home = Path.home()
    if sys.platform == "darwin":
        return [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts"]
    if sys.platform == "win32":
        return [Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts"]
    system = [Path("/usr/share/fonts"), Path("/usr/local/share/fonts")]
    return [*system, home / ".fonts", home / ".local/share/fonts"]


def _below(folder: Path) -> list[Path]:
    return [
        Path(where) / name
        for where, _, names in os.walk(folder)  # which passes over what may not be read
        for name in names
        if Path(name).suffix.lower() in SUFFIXES
    ]


def _scripts_at(path: Path) -> tuple[str, ...]:
    try:
        return _scripts_of(ImageFont.truetype(path, 24))
    except (OSError, ValueError):  # bitmap or broken fonts
        return ()


def _scripts_of(font: Font) -> tuple[str, ...]:
    missing = bytes(font.getmask(UNASSIGNED))
    return tuple(
        name
        for name, letters in SCRIPTS.items()
        if all(bytes(font.getmask(letter)) not in (missing, b"") for letter in letters[::7])
    )
