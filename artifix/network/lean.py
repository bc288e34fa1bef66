"""Import diffusers and transformers without the packages that no repair uses.

Both import much at once for what one class among hundreds needs. Such a package gets a stand-in, which runs
the package when a name in it is first asked for: nothing is missing, it only comes later or never.
"""

import functools
import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import metadata
from types import ModuleType, SimpleNamespace
from typing import Any

_COMPILER = "torch._dynamo"
_OPTIMIZE = "scipy.optimize"
# Parents first. What an installed version does not have is passed over.
_PACKAGES = (
    _COMPILER,
    "scipy.stats",  # for schedulers whose noise levels follow a beta distribution
    "scipy.integrate",  # for schedulers of linear multistep methods
    _OPTIMIZE,  # for losses of object detection
    "trio",  # for downloads
    "transformers.models",  # a list of every model's classes, which `transformers` has made already
    "diffusers.models.transformers",  # every diffusion transformer, for the two that a U-Net may hold
)


class _Deferred(ModuleType):
    """A package that runs when a name in it is first asked for; its submodules are found before that."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if not self.__dict__.get("_artifix_ran"):
            self.__dict__["_artifix_ran"] = True  # first: the package asks for its own names while it runs
            self.__spec__.loader.exec_module(self)  # type: ignore[union-attr]
        if name in self.__dict__:
            return self.__dict__[name]
        module = sys.modules[self.__name__]  # a package may put another object in its place
        if module is self:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return getattr(module, name)


@contextmanager
def lean_imports() -> Iterator[None]:
    """Import and load within; packages that are imported already stay as they are."""
    listing = metadata.packages_distributions
    metadata.packages_distributions = functools.cache(listing)  # both ask, and it reads every package's files
    deferred = [package for name in _PACKAGES if (package := _defer(name)) is not None]
    try:
        yield
    finally:
        metadata.packages_distributions = listing
        for package in deferred:
            for name, answer in _ANSWERS.get(package.__name__, {}).items():
                if package.__dict__.get(name) is answer:  # the package has not run
                    delattr(package, name)


def _defer(name: str) -> ModuleType | None:
    """The stand-in, put where imports look; None where there is nothing to put off."""
    parent, _, child = name.rpartition(".")
    if name in sys.modules or (spec := _spec(name)) is None:
        return None
    package = importlib.util.module_from_spec(spec)
    package.__class__ = _Deferred
    package.__dict__.update(_ANSWERS.get(name, {}))
    sys.modules[name] = package
    if parent:
        setattr(sys.modules[parent], child, package)
    return package


def _spec(name: str) -> Any:
    try:
        return importlib.util.find_spec(name)
    except ModuleNotFoundError:  # the parent is not installed
        return None


def _unmarked(function: Any = None, *given: Any, **named: Any) -> Any:
    """As the compiler's decorators are called, plain or with arguments; the function stays as it is."""
    return function if function is not None else _unmarked


def _later(package: str, name: str) -> Callable[..., Any]:
    return lambda *given, **named: getattr(sys.modules[package], name)(*given, **named)


class _Compiled:
    """Nothing is one before the compiler has run."""


# What is asked for within is answered without running the package.
_ANSWERS: dict[str, dict[str, Any]] = {
    _COMPILER: {
        "allow_in_graph": _unmarked,
        "assume_constant_result": _unmarked,
        "disable": _unmarked,
        "eval_frame": SimpleNamespace(OptimizedModule=_Compiled),
    },
    _OPTIMIZE: {"linear_sum_assignment": _later(_OPTIMIZE, "linear_sum_assignment")},
}
