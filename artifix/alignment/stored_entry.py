"""Objects of an alignment.json that a person may have edited, read with care."""

from dataclasses import dataclass
from types import UnionType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from artifix.errors import InputError

RESTORE = "write it anew with artifix locate, and change only what you mean to"


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """An object of alignment.json, and where it stands; whatever does not fit is an InputError."""

    values: dict[str, Any]
    where: str

    def __post_init__(self) -> None:
        if not isinstance(self.values, dict):
            raise InputError(f"{self.where}: is {type(self.values).__name__}, not an object", RESTORE)

    def inner(self, name: str) -> "Entry":
        """The object of this name."""
        values: Any = self.values.get(name)
        return Entry(values, f"{self.where}.{name}")

    def get(self, name: str, kind: type | UnionType) -> Any:
        """The value of this name and kind."""
        value = self.values.get(name)
        if not isinstance(value, kind) or isinstance(value, bool):
            said = getattr(kind, "__name__", str(kind))
            raise InputError(f"{self.where}.{name}: is {value!r}, not {said}", RESTORE)
        return value

    def flag(self, name: str) -> bool:
        """Whether something holds; files of earlier versions do not say so of what they did not know."""
        value = self.values.get(name, False)
        if not isinstance(value, bool):
            raise InputError(f"{self.where}.{name}: is {value!r}, not true or false", RESTORE)
        return value

    def probability(self, name: str) -> float:
        """A number in [0, 1]."""
        value = float(self.numbers(name, ()))
        if not 0 <= value <= 1:
            raise InputError(f"{self.where}.{name}: is {value:g}, not in [0, 1]", RESTORE)
        return value

    def numbers(self, name: str, shape: tuple[int | None, ...]) -> NDArray[np.float64]:
        """The finite numbers of `shape`, in which None is any size."""
        try:
            array = np.array(self.values.get(name), np.float64)
        except (TypeError, ValueError):
            array = np.array(np.nan)
        fits = array.ndim == len(shape) and all(
            b in (None, a) for a, b in zip(array.shape, shape, strict=True)
        )
        if not fits or not np.isfinite(array).all():
            said = "x".join("n" if size is None else str(size) for size in shape) or "1"
            raise InputError(f"{self.where}.{name}: does not hold {said} finite numbers", RESTORE)
        return array
