"""What the page says: failures as the command line words them, results in sentences."""

import sys
import traceback
from pathlib import Path

from artifix.errors import ArtifixError, is_out_of_memory
from artifix.repair.summary import Overall
from artifix.setting_names import Spelling

_MEMORY_HINT = "use a smaller image or mask, or fewer variants, or ask for it later"
_BUG_HINT = "this is a bug in artifix: the server's terminal shows more, please report it"
_LIKELY, _POSSIBLE = 0.8, 0.5  # a probability in words


def told(error: BaseException, folder: Path, spell: Spelling) -> tuple[str, str]:
    """Problem and hint of a failure; names of files without the folder of the visitor, which is ours.

    What is no failure of the visitor's is shown on the server's terminal too.
    """
    if isinstance(error, ArtifixError):
        problem, hint = error.told(spell)
    elif is_out_of_memory(error):
        problem, hint = f"out of memory: {(str(error) or 'MemoryError').splitlines()[0]}", _MEMORY_HINT
    else:
        traceback.print_exception(error, file=sys.stderr)
        problem, hint = f"{type(error).__name__}: {error}", _BUG_HINT
    inside = f"{folder}/"
    return problem.replace(inside, ""), hint.replace(inside, "")


def in_words(probability: float) -> str:
    """How likely something is."""
    if probability >= _LIKELY:
        return "very likely"
    return "likely" if probability >= _POSSIBLE else "doubtful"


def verdict(overall: Overall) -> str:
    """What the two confidences say, in a sentence."""
    place = f"It is **{in_words(overall.confidence)}** that the place is right"
    return f"{place}, and **{in_words(overall.repair_confidence)}** that the repair is good."
