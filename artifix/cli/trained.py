"""What `artifix train` leaves when a run has ended: weights, and what is told of them."""

from typing import TYPE_CHECKING

from artifix.cli.console import Console

if TYPE_CHECKING:
    from pathlib import Path

    from artifix.alignment.confidence import Odds
    from artifix.training.card import Card
    from artifix.training.config import TrainingConfig
    from artifix.training.loop import Job, Outcome


def _card(job: "Job", name: str, outcome: "Outcome") -> "Card":
    """What the model card tells; folders are told by name, without the path to them."""
    from artifix.training.card import Card, data_sources

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
        bases=tuple(folder for folder in (base.pipeline, base.unet, base.image_encoder) if folder),
    )


def _recipe_text(recipe: "TrainingConfig") -> str:
    """The recipe as it goes with the weights; bases are told by name, without the path to them."""
    from artifix.config import to_dict
    from artifix.training.card import last_name
    from artifix.training.record import to_toml

    values = to_dict(recipe)
    for folder in ("pipeline", "unet", "image_encoder"):
        values["base"][folder] = last_name(values["base"][folder])
    return to_toml(values)


def export(job: "Job", name: str, outcome: "Outcome", console: Console) -> None:
    """Write RUN/weights and tell of the run.

    Args:
        job: of the run.
        name: of its recipe.
        outcome: of the run.
        console: where to.

    Raises:
        OutputError: the disk refuses, or a weight is not a number.
    """
    from artifix.training.export import export_weights

    recipe = outcome.config
    # Calibration: of the supervised layers the one whose map fitted best in the last validation.
    layer = max(recipe.losses.layers, key=lambda name: outcome.figures[f"miou_{name}"])
    odds = _odds(outcome, layer, job.run / "weights", console)
    weights = export_weights(
        outcome.network,
        job.run / "weights",
        layer=layer,
        odds=odds,
        card=_card(job, name, outcome),
        recipe=_recipe_text(recipe),
    )
    figures = {name: round(value, 4) for name, value in outcome.figures.items()}
    short = {name: value for name, value in figures.items() if name == "hits" or name.endswith("_db")}
    told = ", ".join(f"{name} {value:.2f}" for name, value in short.items())
    done = (
        f"{outcome.step} of {recipe.steps} steps, {outcome.pairs_seen} pairs, {outcome.seconds / 60:.1f} min"
    )
    console.result(
        f"{weights}: {done}; {told}",
        {
            "weights": str(weights),
            "step": outcome.step,
            "steps": recipe.steps,
            "pairs_seen": outcome.pairs_seen,
            "seconds": round(outcome.seconds, 1),
            "figures": figures,
            "confidence_odds": odds,
        },
    )


def _odds(outcome: "Outcome", layer: str, weights: "Path", console: Console) -> "Odds | None":
    """What the confidence of these weights goes by; None, with a word why, where that cannot be known."""
    from artifix.training.odds import fitted_odds

    console.note("fitting the confidence to held-out pairs")
    fitted = fitted_odds(outcome.network, outcome.held_out, outcome.config.synthesis, layer)
    if fitted.odds is not None:
        console.note(f"confidence: {fitted.told}")
        return fitted.odds
    console.note(
        f"confidence is not calibrated: {fitted.told}; fit it to cases of yours with "
        f"benchmarks/confidence.py CASES --weights {weights} --fit --write"
    )
    return None
