"""How a figure is set, declared as the settings of a repair are."""

from dataclasses import dataclass

from artifix.config_sections import Limits, declared


@dataclass(frozen=True, slots=True)
class FigureConfig:
    """The size of a figure and of what is written in it."""

    width: float = declared(170.0, "Of the figure, in mm.", Limits(20, 2000))
    dpi: int = declared(300, "Pixels an inch.", Limits(36, 2400))
    font: str = declared("DejaVu Sans", "Family of an installed font, or a .ttf or .otf file.")
    font_size: float = declared(8.0, "In points.", Limits(3, 72))
