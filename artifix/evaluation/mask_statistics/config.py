"""What `stats` does, declared as the settings of a repair are."""

import math
from dataclasses import dataclass

from artifix.config import SETTINGS, AlignmentConfig
from artifix.config_sections import Limits, check_limits, check_value, declared


@dataclass(frozen=True, slots=True)
class StatisticsConfig:
    """What `stats` does besides reading masks as repairs do."""

    show: int = declared(60, "Draw so many masks, picked at random.", Limits(0, 2000))
    seed: int = declared(0, "Of that choice.", Limits(0, 2**63 - 1))
    workers: int | None = declared(
        None, "Processes that share the work.", Limits(1, math.inf), unset="one a core"
    )
    mask_threshold: float = AlignmentConfig().mask_threshold  # declared of a repair


def check_statistics(config: StatisticsConfig) -> None:
    """Raise UsageError if a setting is out of its limits."""
    check_limits(config)
    check_value("mask_threshold", SETTINGS["mask_threshold"], config.mask_threshold)
