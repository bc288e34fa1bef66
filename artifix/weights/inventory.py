"""All weights that have a name: bundled, pulled, or to be pulled."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from artifix.errors import WeightsError
from artifix.weights.catalogue import Entry, catalogue, near_names
from artifix.weights.finding import bundled_names, find_weights
from artifix.weights.sizes import in_gb
from artifix.weights.store import Origin, is_pulled, place_of, pulled_names, read_origins
from artifix.weights.verification import verify_weights

State = Literal["bundled", "pulled", "not pulled"]
_BUNDLED = {"artifix-small": "repair on any machine; the default"}
_OWN_LICENCE = "Apache-2.0"  # of what comes with artifix


@dataclass(frozen=True, slots=True)
class Known:
    """Weights that have a name.

    Args:
        name: by which they are called.
        state: whether they are here.
        place: their folder; None where they are not here.
        purpose: what they do in artifix; "" where nobody says.
        licence: SPDX identifiers or names.
        base: the public model that they are; "" for artifix's own.
        bytes: of their files.
        memory_gb: of the device, about; None where nobody says.
        entry: of the catalogue; None where it does not list them.
    """

    name: str
    state: State
    place: Path | None
    purpose: str
    licence: str
    base: str
    bytes: int
    memory_gb: float | None
    entry: Entry | None

    @property
    def record(self) -> dict[str, Any]:
        """All of it, JSON-ready."""
        names = ("name", "state", "purpose", "licence", "base", "bytes", "memory_gb")
        place = None if self.place is None else str(self.place)
        return {name: getattr(self, name) for name in names} | {
            "place": place,
            "class": None if self.entry is None else self.entry.class_name,
            "gated": self.entry is not None and self.entry.gated,
            "sources": [asdict(origin) for origin in self.origins],
        }

    @property
    def told(self) -> str:
        """The size, memory, licence and state, for a line."""
        memory = [] if self.memory_gb is None else [f"{self.memory_gb:g} GB of memory"]
        return ", ".join([in_gb(self.bytes), *memory, self.licence, self.state])

    @property
    def origins(self) -> list[Origin]:
        """The repositories that they are from, at the commits that are here or will be fetched."""
        if self.state == "pulled" and self.place is not None:
            return read_origins(self.place)
        sources = () if self.entry is None else self.entry.sources
        return [Origin(s.repo, s.commit or "", s.licence, s.licence_url) for s in sources]


def inventory() -> list[Known]:
    """All of them: what is bundled, what the catalogue lists, and what else was pulled."""
    return [known(name) for name in _names()]


def known(name: str) -> Known:
    """What is known of the weights of this name.

    Raises:
        WeightsError: there are none; near names are told.
    """
    entry = catalogue().get(name)
    if name in bundled_names():
        place = find_weights(name)
        return Known(
            name, "bundled", place, _BUNDLED.get(name, ""), _OWN_LICENCE, "", _length(place), None, None
        )
    if is_pulled(name):
        place = place_of(name)
        licences = ", ".join(dict.fromkeys(one.licence for one in read_origins(place)))
        return _known(name, "pulled", place, licences, _length(place), entry)
    if entry is None:
        near = near_names(name, _names())
        raise WeightsError(
            f"{name}: no weights of that name are known",
            f"did you mean {near}?" if near else f"known are: {', '.join(_names())}",
        )
    return _known(name, "not pulled", None, entry.licence, entry.bytes, entry)


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of checking weights.

    Args:
        name: by which they are called, or their folder.
        place: their folder.
        sha256: which identifies them in records; None where they are not as they should be.
        problem: what is wrong with them; None where nothing is.
    """

    name: str
    place: str
    sha256: str | None
    problem: str | None


def check(name: str) -> Checked:
    """Check every byte of weights that are here.

    Raises:
        WeightsError: they are not here.
    """
    folder = find_weights(name)
    try:
        return Checked(name, str(folder), verify_weights(folder), None)
    except WeightsError as error:
        return Checked(name, str(folder), None, error.problem)


def _names() -> list[str]:
    return list(dict.fromkeys([*bundled_names(), *catalogue(), *pulled_names()]))


def _known(
    name: str, state: State, place: Path | None, licence: str, length: int, entry: Entry | None
) -> Known:
    about = ("", "", None) if entry is None else (entry.purpose, entry.base, entry.memory_gb)
    purpose, base, memory_gb = about
    return Known(name, state, place, purpose, licence, base, length, memory_gb, entry)


def _length(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
