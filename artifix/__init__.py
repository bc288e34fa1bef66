"""Repair artifacts in generated images from a reference photo.

The public names are loaded when first used, so that `import artifix` stays quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from artifix.api import locate, refine
    from artifix.pipeline import RefineByAlignPipeline

__version__ = "0.1.0"
__all__ = ["RefineByAlignPipeline", "__version__", "locate", "refine"]

_HOMES = {"RefineByAlignPipeline": "artifix.pipeline", "locate": "artifix.api", "refine": "artifix.api"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
