"""How far work has come, told step by step to whoever wants to know."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]  # stage ("align", "sample", ...), done, total


def tell(progress: Progress | None, stage: str, done: int, total: int) -> None:
    """Tell of a step, if anyone wants to know."""
    if progress is not None:
        progress(stage, done, total)
