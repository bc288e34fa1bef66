"""What is compared: artifix and its variants, baselines without a network, results of other tools."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from artifix.errors import UsageError
from artifix.inputs import ids
from artifix.inputs.table import shown
from artifix.setting_names import setting

ARTIFIX, WHOLE_REFERENCE, TRUE_REGION = "artifix", "whole-reference", "true-region"
AS_IS, TELEA, SIFT_PASTE = "as-is", "telea", "sift-paste"
FOLDER = "folder"
OF_NETWORK = (ARTIFIX, WHOLE_REFERENCE, TRUE_REGION)
OF_PIXELS = (AS_IS, TELEA, SIFT_PASTE)
KINDS = {
    ARTIFIX: "both stages, with the settings of the run",
    TRUE_REGION: "the same, told the true region",
    WHOLE_REFERENCE: "stage 2 alone, after the whole reference",
    SIFT_PASTE: "a homography of SIFT matches, pasted with its gain matched",
    TELEA: "OpenCV's inpainting, without a reference",
    AS_IS: "the image, artifact and all",
}
_LOCATING = (*OF_NETWORK, SIFT_PASTE)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+ -]*")
_FORM = (
    f"write {setting('method', 'NAME')} for one of {', '.join(KINDS)}, NAME=KIND:WEIGHTS for other weights, "
    "or NAME=FOLDER for results of another tool"
)


@dataclass(frozen=True, slots=True)
class Method:
    """One column of the tables."""

    name: str  # of the method and of the folder of its predictions
    kind: str  # of `KINDS`, or "folder"
    weights: str | None = None  # of a method of the network; None: those of the run
    folder: Path | None = None  # of another tool's results

    @property
    def locates(self) -> bool:
        """Whether it says where in the reference it looked; of a folder, its files tell."""
        return self.kind in _LOCATING


def methods_of(written: Sequence[str], folder: Path | None = None) -> list[Method]:
    """The methods that were asked for, in their order.

    Args:
        written: each NAME, NAME=KIND, NAME=KIND:WEIGHTS or NAME=FOLDER; see `KINDS`.
        folder: a NAME that is no kind is the folder of this name in it.

    Raises:
        UsageError: one is none of these, or two share a name.
    """
    methods = [_method(text, folder) for text in written]
    names: dict[str, str] = {}
    for method in methods:
        other = names.setdefault(ids.folded(method.name), method.name)
        if other is not method.name:
            raise UsageError(
                f"{setting('method')} {method.name} is there twice", "give each a name of its own: NAME=..."
            )
    return methods


def _method(text: str, folder: Path | None) -> Method:
    name, given, value = text.partition("=")
    if not _NAME.fullmatch(name) or ids.fault_of(name):
        raise UsageError(f"{setting('method')} {shown(text)}: {shown(name)} is no name of a method", _FORM)
    if not given:
        if name in KINDS:
            return Method(name, name)
        if folder is not None and (folder / name).is_dir():
            return Method(name, FOLDER, folder=folder / name)
        raise UsageError(f"{setting('method')} {shown(text)}: is no method", _FORM)
    kind, _, weights = value.partition(":")
    if kind in KINDS:
        if weights and kind not in OF_NETWORK:
            raise UsageError(f"{setting('method')} {shown(text)}: {kind} takes no weights", _FORM)
        return Method(name, kind, weights or None)
    path = Path(value)
    if not value or not path.is_dir():
        raise UsageError(f"{setting('method')} {shown(text)}: {shown(value)} is no folder", _FORM)
    return Method(name, FOLDER, folder=path)
