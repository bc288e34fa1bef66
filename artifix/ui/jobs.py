"""The work of the page, by the code that `artifix locate` and `artifix refine` run."""

import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from artifix.config import CommandConfig, override
from artifix.errors import InputError
from artifix.inputs.request import Request, check_request
from artifix.progress import Progress
from artifix.setting_names import setting
from artifix.ui.limits import JobEndedError
from artifix.ui.visitor import Visitor

if TYPE_CHECKING:
    from artifix.inputs.proposing import Proposed
    from artifix.inputs.reading import Inputs
    from artifix.repair.case import LocatedCase, RepairedCase
    from artifix.repair.loading import Loaded
    from artifix.repair.locating import Located

_KEPT = 4  # searches whose result a repair may take up, of all visitors together
_WAIT_S = 0.5  # between two looks at whether the weights are there


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a visitor chose."""

    region: str = ""  # x0,y0,x1,y1 of the reference that is shown
    allow_mirror: bool = False
    force: bool = False
    seed: int = 0
    variants: int = 1  # repairs, each with the next seed

    def settings(self, seed: int, usual: CommandConfig) -> dict[str, str]:
        """Those that differ from `usual`, for a command line, by name."""
        wanted: dict[str, object] = {"allow_mirror": self.allow_mirror, "force": self.force, "seed": seed}
        held = {
            "allow_mirror": usual.alignment.allow_mirror,
            "force": usual.alignment.force,
            "seed": usual.seed,
        }
        return {name: str(value) for name, value in wanted.items() if value != held[name]}


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What locating gave."""

    done: "LocatedCase"
    request: Request
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """One repair."""

    seed: int
    done: "RepairedCase"
    settings: dict[str, str]  # that the visitor chose, for the command line


@dataclass(frozen=True, slots=True, eq=False)
class Refined:
    """What refining gave."""

    variants: tuple[Variant, ...]
    request: Request
    notes: tuple[str, ...]


class Jobs:
    """Runs what visitors ask for; whoever calls sees to it that one job runs at a time.

    Args:
        loaded: the network, perhaps not there yet.
        config: the settings that hold where a visitor chooses nothing.
    """

    def __init__(self, loaded: "Future[Loaded]", config: CommandConfig) -> None:
        self.config = config
        self._loaded = loaded
        self._found: OrderedDict[object, Found] = OrderedDict()

    def propose(self, visitor: Visitor) -> "Proposed":
        """The mask that `artifix refine --auto-mask` would take.

        Raises:
            InputError: a picture is missing.
            NoMatchError: no reference shows what the image shows.
            NothingFoundError: they agree.
        """
        if visitor.image is None or not visitor.references:
            raise InputError("a mask is proposed by comparing", "drop the image and a reference first")

        from artifix.detection.proposing import propose_mask

        return propose_mask(visitor.image, visitor.references)

    def locate(self, visitor: Visitor, mask: NDArray[np.bool_], wishes: Wishes, progress: Progress) -> Found:
        """Find the part that `mask` marks.

        Args:
            visitor: whose pictures are used.
            mask: (H, W) bool of the image.
            wishes: what the visitor chose.
            progress: called with (stage, done, total).

        Raises:
            InputError: a picture is missing, or something does not fit.
            JobEndedError: the visitor stopped it, or its time was over.
        """
        watched = _watched(visitor, progress)
        request = request_of(visitor, mask, wishes)
        config = self._config(wishes, wishes.seed)
        inputs = _read(request, config)
        loaded = self._ready(watched)

        from artifix.repair.case import locate_case

        done = locate_case(loaded, inputs, config, watched)
        found = Found(done, request, tuple(inputs.cases[0].notes))
        self._found[_key(visitor, inputs, config)] = found
        while len(self._found) > _KEPT:
            self._found.popitem(last=False)
        return found

    def refine(
        self, visitor: Visitor, mask: NDArray[np.bool_], wishes: Wishes, progress: Progress
    ) -> Refined:
        """Repair the image, once for each variant; arguments and errors as in `locate`.

        Raises:
            NoMatchError: nothing in the reference matches, or not well enough.
        """
        watched = _watched(visitor, progress)
        request = request_of(visitor, mask, wishes)
        inputs = _read(request, self._config(wishes, wishes.seed))
        loaded = self._ready(watched)

        from artifix.repair.case import repair_case
        from artifix.repair.picture_coding import form_of

        made, form = [], form_of(self.config.output, inputs.cases[0].image)
        for number in range(wishes.variants):
            seed = wishes.seed + number
            config = self._config(wishes, seed)
            located = self._located(visitor, inputs, config)
            told = _numbered(watched, number, wishes.variants)
            done = repair_case(loaded, inputs, config, form, True, told, located=located)
            made.append(Variant(seed, done, wishes.settings(seed, self.config)))
        return Refined(tuple(made), request, tuple(inputs.cases[0].notes))

    def forget(self, visitor: Visitor) -> None:
        """Let go of what was found for a visitor."""
        for key in [key for key in self._found if isinstance(key, tuple) and key[0] is visitor]:
            del self._found[key]

    def _config(self, wishes: Wishes, seed: int) -> CommandConfig:
        return override(self.config, allow_mirror=wishes.allow_mirror, force=wishes.force, seed=seed)

    def _located(self, visitor: Visitor, inputs: "Inputs", config: CommandConfig) -> "Located | None":
        known = self._found.get(_key(visitor, inputs, config))
        return None if known is None else known.done.located

    def _ready(self, progress: Progress) -> "Loaded":
        """The network, as soon as it is there."""
        while not self._loaded.done():
            progress("load", 0, 1)
            time.sleep(_WAIT_S)
        return self._loaded.result()


def request_of(visitor: Visitor, mask: NDArray[np.bool_], wishes: Wishes) -> Request:
    """The files of one job, the mask written among them.

    A region that was drawn is of the reference that is shown, and that one is used.

    Raises:
        InputError: the image or the reference is missing.
    """
    if visitor.image is None:
        raise InputError("there is no image", "drop one")
    if not visitor.references:
        raise InputError("there is no reference", "drop a photo of the same object")
    references = tuple(picture.path for picture in visitor.references)
    if wishes.region:
        references = (references[visitor.shown],)
    return Request(visitor.image.path, visitor.write_mask(mask), references, region=wishes.region or None)


def _read(request: Request, config: CommandConfig) -> "Inputs":
    from artifix.inputs.reading import read_inputs

    check_request(request, config.alignment, ())
    return read_inputs(request)


def _key(visitor: Visitor, inputs: "Inputs", config: CommandConfig) -> object:
    """What a search depends on."""
    case = inputs.cases[0]
    references = tuple(one.reference.sha256 for one in inputs.cases)
    return visitor, case.image.sha256, case.mask_sha256, references, str(case.hint.told), config


def _watched(visitor: Visitor, progress: Progress) -> Progress:
    """`progress`, which ends the job when the visitor or the limit says so."""
    visitor.stop.clear()
    started_s, limit_s = time.monotonic(), visitor.limits.time_limit

    def watch(stage: str, done: int, total: int) -> None:
        if visitor.stop.is_set():
            raise JobEndedError("stopped", "")
        if time.monotonic() - started_s > limit_s:
            raise JobEndedError(
                f"the job took longer than {limit_s:g} s",
                f"use a smaller picture or fewer variants, or start the page with a larger "
                f"{setting('time_limit')}",
            )
        progress(stage, done, total)

    return watch


def _numbered(progress: Progress, index: int, count: int) -> Callable[[str, int, int], None]:
    """`progress` of one of several variants."""
    return lambda stage, done, total: progress(stage, index * total + done, count * total)
