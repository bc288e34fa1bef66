"""What goes into a pack."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from artifix.training.pairs.photo_geometry import PairRules

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class PackPlan:
    """What goes into a pack."""

    images: tuple[Path, ...] = ()  # folders of single pictures, and of decals with alpha
    objects: tuple[Path, ...] = ()  # folders of objects in several photos
    pattern: str = ""  # whose group is an object's name, see `find_objects`
    hold_out: tuple[str, ...] = ()  # objects that must not be in the pack
    hold_out_half: bool = False  # every second object besides, by name
    side_px: int = 192
    pair_side_px: int = 288  # few pictures that much is learned from: less is lost of their print
    decal_px: int = 128
    most_decals: int = 150
    quality: int = 88  # of the JPEGs
    most_bytes: int = 25_000_000
    matchers: tuple[str, ...] = ()  # all that are installed
    rules: PairRules = field(default_factory=PairRules)
    seed: int = 0
