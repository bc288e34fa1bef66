"""What the page does when something is dropped, drawn or clicked."""

import html
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from artifix.errors import InputError
from artifix.inputs.marking import marked_by
from artifix.progress import Progress
from artifix.repair.results import previewed
from artifix.ui.answers import FoundAnswer, RepairAnswer, answer_of_search, answers_of_repair
from artifix.ui.command_line import Spoken
from artifix.ui.jobs import Jobs, Wishes
from artifix.ui.limits import JobEndedError, Limits
from artifix.ui.messages import told
from artifix.ui.painting import canvas_of, canvas_size, layer_of, mask_of
from artifix.ui.region_box import data_url
from artifix.ui.visitor import Visitor, new_visitor

Editor = dict[str, Any] | None  # background, layers, composite
_STAGES = {"load": "Loading the weights", "align": "Finding the match", "sample": "Repainting"}


class Actions:
    """One for all visitors; each method is handed the visitor who acts.

    Args:
        jobs: runs what takes time.
        limits: of every visitor.
        spoken: how the command line spells settings.
        folder: in which every visitor gets a folder.
    """

    def __init__(self, jobs: Jobs, limits: Limits, spoken: Spoken, folder: Path) -> None:
        self.jobs, self.limits, self.spoken, self.folder = jobs, limits, spoken, folder
        self._answers: dict[Visitor, list[RepairAnswer]] = {}

    def arrive(self) -> Visitor:
        """A visitor opens the page."""
        return new_visitor(self.folder, self.limits)

    def leave(self, visitor: Visitor | None) -> None:
        """A visitor has closed the page."""
        if visitor is not None:
            self.jobs.forget(visitor)
            self._answers.pop(visitor, None)
            visitor.leave()

    def take_image(self, visitor: Visitor, file: str | None) -> Any:
        """The editor with the image that was dropped."""
        with self._answering(visitor):
            if file is None:
                visitor.image = None
                return gr.update(value=None, visible=False)
            return gr.update(value=_canvas(canvas_of(visitor.take_image(Path(file)))), visible=True)

    def take_references(self, visitor: Visitor, files: list[str] | None) -> Any:
        """The first of the references that were dropped, without a region."""
        with self._answering(visitor):
            if len(files or ()) > self.limits.max_references:
                raise InputError(
                    f"{len(files or ())} references: this page takes {self.limits.max_references}",
                    "give the ones that show the part best",
                )
            references = visitor.take_references([Path(file) for file in files or ()])
            if not references:
                return gr.update(picture="", value="", found="")
            return _reference(previewed(references[0]))

    def take_mask(self, visitor: Visitor, file: str | None) -> Any:
        """The editor with the mask of a file as paint."""
        with self._answering(visitor):
            if file is None:
                return gr.skip()
            if visitor.image is None:
                raise InputError("there is no image that the mask could lie over", "drop the image first")
            blend = marked_by(visitor.read_once(Path(file)), visitor.image.size).blend
            return self.with_mask(visitor, blend >= self.jobs.config.alignment.mask_threshold)

    def with_mask(self, visitor: Visitor, mask: NDArray[np.bool_]) -> Any:
        """The editor with a mask (H, W) of the image as paint, which the visitor may change."""
        assert visitor.image is not None
        layer = layer_of(mask, canvas_size(visitor.image.size))
        return gr.update(value=_canvas(canvas_of(visitor.image), layer))

    def propose(self, visitor: Visitor) -> tuple[Any, str]:
        """The editor with the mask that is proposed as paint, and where it lies."""
        with self._answering(visitor):
            proposed = self.jobs.propose(visitor)
            return self.with_mask(visitor, proposed.mask), proposed.note

    def locate(
        self,
        visitor: Visitor,
        editor: Editor,
        region: str,
        mirror: bool,
        force: bool,
        seed: float,
        progress: Any = gr.Progress(),  # noqa: B008 - how gradio is asked for one
    ) -> tuple[Any, str]:
        """The heat map with the region, and what is said of them."""
        with self._answering(visitor):
            mask = _mask(visitor, editor)
            wishes = Wishes(_drawn(visitor, region), mirror, force, int(seed))
            found = self.jobs.locate(visitor, mask, wishes, _shown_by(progress))
            answer: FoundAnswer = answer_of_search(found, visitor, self.spoken)
            visitor.shown, visitor.found = answer.shown, "" if wishes.region else answer.region
            box = wishes.region or answer.region
            return _reference(answer.picture, box, visitor.found), answer.text

    def refine(
        self,
        visitor: Visitor,
        editor: Editor,
        region: str,
        mirror: bool,
        force: bool,
        seed: float,
        variants: float,
        progress: Any = gr.Progress(),  # noqa: B008
    ) -> tuple[Any, ...]:
        """Everything about the repair; the first of several variants is chosen."""
        with self._answering(visitor):
            mask = _mask(visitor, editor)
            wishes = Wishes(_drawn(visitor, region), mirror, force, int(seed), int(variants))
            refined = self.jobs.refine(visitor, mask, wishes, _shown_by(progress))
            answers = self._answers[visitor] = answers_of_repair(refined, visitor, self.spoken)
            pictures = [(answer.close_up, answer.caption) for answer in answers]
            gallery = gr.update(value=pictures, visible=len(pictures) > 1, selected_index=0)
            return (gr.update(visible=True), gallery, *self._chosen(visitor, 0))

    def choose(self, visitor: Visitor, event: gr.SelectData) -> tuple[Any, ...]:
        """What is shown of another variant."""
        with self._answering(visitor):
            return self._chosen(visitor, event.index)

    def redraw(self, visitor: Visitor) -> Any:
        """The reference without a region: it is to be found."""
        with self._answering(visitor):
            visitor.found = ""
            if not visitor.references:
                return gr.skip()
            return _reference(previewed(visitor.references[visitor.shown]))

    def stop(self, visitor: Visitor) -> None:
        """End the job of the visitor at its next step."""
        visitor.stop.set()

    def _chosen(self, visitor: Visitor, index: int) -> tuple[Any, ...]:
        """Slider, text, command, three files."""
        answer = self._answers[visitor][index]
        if visitor.image is None:
            raise InputError("there is no image any more", "drop one")
        pair = (canvas_of(visitor.image), answer.after)
        files = (str(answer.picture), str(answer.mask), str(answer.archive))
        return (pair, answer.text, answer.command, *files)

    @contextmanager
    def _answering(self, visitor: Visitor) -> Iterator[None]:
        """Whatever goes wrong is told on the page."""
        try:
            yield
        except gr.Error:
            raise
        except Exception as error:  # the boundary: nothing above it could tell the visitor more
            problem, hint = map(html.escape, told(error, visitor.folder, self.spoken.spell))
            is_stop = isinstance(error, JobEndedError) and visitor.stop.is_set()
            title = "Stopped" if is_stop else "This did not work"
            text = problem + (f"<br>Hint: {hint}" if hint else "")
            raise gr.Error(text, duration=None, title=title, print_exception=False) from error


def _canvas(picture: NDArray[np.uint8], layer: NDArray[np.uint8] | None = None) -> dict[str, Any]:
    layers = [] if layer is None else [layer]
    return {"background": picture, "layers": layers, "composite": None}


def _reference(picture: NDArray[np.uint8], region: str = "", found: str = "") -> Any:
    """What is shown of a reference: its picture (H_ref, W_ref, 3), the box, and the box that was found."""
    height, width = picture.shape[:2]
    return gr.update(picture=data_url(picture), width=width, height=height, value=region, found=found)


def _mask(visitor: Visitor, editor: Editor) -> NDArray[np.bool_]:
    if visitor.image is None:
        raise InputError("there is no image", "drop one")
    return mask_of((editor or {}).get("layers") or [], visitor.image)


def _drawn(visitor: Visitor, region: str | None) -> str:
    """The region, if it is the visitor's and not what was found."""
    return "" if region is None or region == visitor.found else region


def _shown_by(progress: Any) -> Progress:
    def show(stage: str, done: int, total: int) -> None:
        progress((done, total), desc=_STAGES.get(stage, stage), unit="steps")

    return show
