"""Which matchers are left out of a repair."""

from artifix.config import AlignmentConfig


def matcher_notes(settings: AlignmentConfig, asked_for: bool) -> list[str]:
    """What a person should know of matchers that are not installed; nothing is loaded for it.

    Args:
        settings: of stage 1.
        asked_for: the matchers were named; then none is left out.

    Raises:
        UsageError: a matcher that was asked for is not installed.
        WeightsError: the weights of a learned matcher cannot be used.
    """
    from artifix.matching.installed import check_matchers

    return check_matchers(settings.matchers, asked_for) if settings.transform else []
