"""What a run leaves when it has ended: weights with their calibration, model card and recipe."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from artifix.alignment.confidence import LogitWeights
from artifix.config_sections import to_dict
from artifix.training.config import TrainingConfig
from artifix.training.export import export_weights
from artifix.training.logit_weights import fitted_logit_weights
from artifix.training.loop import Job, Outcome
from artifix.training.model_card import Card, data_sources, last_name
from artifix.training.record import to_toml

Tell = Callable[[str], None]


class Written(NamedTuple):
    """Weights on the disk."""

    weights: Path
    logit_weights: LogitWeights | None  # what their confidence goes by; None where that is not known


def write_weights(job: Job, name: str, outcome: Outcome, tell: Tell) -> Written:
    """Write RUN/weights.

    Args:
        job: of the run.
        name: of its recipe.
        outcome: of the run.
        tell: told of the calibration.

    Raises:
        OutputError: the disk refuses, or a weight is not a number.
    """
    recipe, folder = outcome.config, job.run / "weights"
    # Calibration: of the supervised layers the one whose map fitted best in the last validation.
    layer = max(recipe.losses.layers, key=lambda name: outcome.figures[f"miou_{name}"])
    logit_weights = _fitted_weights(outcome, layer, folder, tell)
    card, text = _card(job, name, outcome), _recipe_text(recipe)
    return Written(
        export_weights(
            outcome.network, folder, layer=layer, logit_weights=logit_weights, card=card, recipe=text
        ),
        logit_weights,
    )


def sentence_of(outcome: Outcome, written: Written) -> str:
    """How a training ended, for a person."""
    figures = {name: round(value, 4) for name, value in outcome.figures.items()}
    short = {name: value for name, value in figures.items() if name == "pck" or name.endswith("_db")}
    told = ", ".join(f"{name} {value:.2f}" for name, value in short.items())
    return (
        f"{written.weights}: {outcome.step} of {outcome.config.steps} steps, {outcome.pairs_seen} pairs, "
        f"{outcome.seconds / 60:.1f} min; {told}"
    )


def told_of(outcome: Outcome, written: Written) -> dict[str, Any]:
    """The same for a program, JSON-ready."""
    return {
        "weights": str(written.weights),
        "step": outcome.step,
        "steps": outcome.config.steps,
        "pairs_seen": outcome.pairs_seen,
        "seconds": round(outcome.seconds, 1),
        "figures": {name: round(value, 4) for name, value in outcome.figures.items()},
        "confidence_odds": written.logit_weights,
    }


def _card(job: Job, name: str, outcome: Outcome) -> Card:
    """What the model card tells; folders are told by name, without the path to them."""
    base = outcome.config.base
    return Card(
        recipe=name,
        steps=outcome.step,
        pairs_seen=outcome.pairs_seen,
        minutes=outcome.seconds / 60,
        device=outcome.network.device.type,
        name=job.run.resolve().name,
        data=data_sources(job.images, job.pairs),
        figures=outcome.figures,
        bases=base.folders,
    )


def _recipe_text(recipe: TrainingConfig) -> str:
    """The recipe as it goes with the weights; bases are told by name, without the path to them."""
    values = to_dict(recipe)
    for folder in ("pipeline", "unet", "autoencoder", "image_encoder"):
        values["base"][folder] = last_name(values["base"][folder])
    return to_toml(values)


def _fitted_weights(outcome: Outcome, layer: str, weights: Path, tell: Tell) -> LogitWeights | None:
    """What the confidence of these weights goes by; None, with a word why, where that cannot be known."""
    tell("fitting the confidence to held-out pairs")
    fitted = fitted_logit_weights(outcome.network, outcome.held_out, outcome.config.synthesis, layer)
    if fitted.logit_weights is not None:
        tell(f"confidence: {fitted.told}")
        return fitted.logit_weights
    tell(
        f"confidence is not calibrated: {fitted.told}; fit it to cases of yours with "
        f"benchmarks/confidence.py CASES --weights {weights} --fit --write"
    )
    return None
