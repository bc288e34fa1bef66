"""A case to score, drawn, of which each test changes what it is about."""

from collections.abc import Callable

import numpy as np
import pytest

from artifix.evaluation.scores.repaired import Repaired


@pytest.fixture
def repaired(scene: Callable[..., np.ndarray]) -> Callable[..., Repaired]:
    """repaired(refined=..., region=None): a perfect repair where nothing is given.

    Image and truth are rows 10 to 110 and columns 20 to 140 of the reference, and the mask is a rectangle.
    """
    reference = scene(120, 160, 0)
    truth = reference[10:110, 20:140].copy()
    mask = np.zeros((100, 120), bool)
    mask[30:70, 40:90] = True
    region = np.zeros((120, 160), bool)
    region[40:80, 60:110] = True
    plain = {"name": "drawn", "image": truth, "mask": mask, "reference": reference, "refined": truth}

    def make(**given: object) -> Repaired:
        return Repaired(**{**plain, "region": region, "found": None, "truth": truth, **given})

    return make
