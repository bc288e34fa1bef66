"""What an example case is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .artifacts import Art
from .studio import View

Which = Literal["image", "reference"]


@dataclass(frozen=True)
class Example:
    """An object photographed twice; the print of the first photograph is spoiled."""

    name: str
    shows: str  # the object
    wrong: str  # what the artifact is, in a sentence
    draw: Callable[[], Art]  # the object's artwork
    spoil: Callable[[Art], Art]  # the artwork as a generator garbles it
    build: Callable[[Art, Which], dict]  # objects and lamps of a photograph
    image: View
    reference: View
    margin_px: float = 9.0  # of the mask around the artifact
    seed: int = 0
