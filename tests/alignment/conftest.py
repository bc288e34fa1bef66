"""Alignments as stage 1 gives them, of which a test says what matters to it."""

import numpy as np

from artifix.alignment.alignment import Alignment
from artifix.geometry import Box
from artifix.registration.context_band import BandScore
from artifix.registration.hypothesis import Hypothesis, Support
from artifix.registration.transform import Transform


def aligned(
    agreement: float | None = 0.25,
    source: str = "attention",
    mask: np.ndarray | None = None,
    confidence: float = 0.9,
    tried: str = "tried attention alone",
    **known: object,
) -> Alignment:
    """A group as stage 1 found it by attention; `agreement` None: without a transform."""
    support = Support(source, "similarity", 9, 3.0)
    hypothesis = None
    if agreement is not None:
        hypothesis = Hypothesis(Transform(np.eye(3)), support, BandScore(agreement))
    mask = np.zeros((8, 8), bool) if mask is None else mask
    return Alignment(
        mask=mask,
        box=Box(0, 0, 8, 8),
        correspondence=np.ones((8, 8), np.float32),
        region=np.ones((8, 8), bool),
        hypothesis=hypothesis,
        confidence=confidence,
        layer="mid_block.attentions.0",
        timestep=0,
        source=source,
        tried=tried,
        **known,
    )
