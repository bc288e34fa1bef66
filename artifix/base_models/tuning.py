"""Numbers of the public base models, set by hand: none of their weights was at hand to measure with."""

from dataclasses import dataclass

from artifix.tuning import constant

_BY_HAND = "chosen by hand, not measured"


@dataclass(frozen=True, slots=True)
class BaseModelTuning:
    """See each field."""

    klein_least_px: int = constant(512, "px, longer side of the picture painted", _BY_HAND)
    klein_most_px: int = constant(
        1024, "px, longer side of the picture painted", "diffusers' pipeline works at 1 megapixel at most"
    )
    klein_steps: int = constant(4, "steps of the distilled model", "its model card")
    klein_strength: float = constant(0.5, "share of the schedule", _BY_HAND + "; 2 of 4 steps")
    klein_base_steps: int = constant(28, "steps of the base model", _BY_HAND + "; its card has 50")
    klein_base_guidance: float = constant(4.0, "1 is none", "its model card")
    klein_base_strength: float = constant(0.6, "share of the schedule", _BY_HAND)
    sd_least_px: int = constant(512, "px, longer side of the picture painted", "the size it was trained at")
    sd_most_px: int = constant(768, "px, longer side of the picture painted", _BY_HAND)
    sdxl_px: int = constant(1024, "px, longer side of the picture painted", "the size it was trained at")
    sd_steps: int = constant(30, "steps", _BY_HAND)
    sd_guidance: float = constant(3.0, "1 is none", _BY_HAND)
    sd_strength: float = constant(0.4, "share of the schedule", _BY_HAND + "; the paste is harmonised")
    # At 1 the model of XL blurs, as its model card says.
    sd_strength_unplaced: float = constant(
        0.99, "share of the schedule, where there is no paste", "the model card of XL"
    )
    adapter_scale: float = constant(0.7, "weight of the adapter's attention", "example of diffusers for plus")
    adapter_px: int = constant(448, "px, side of the reference's picture before CLIP's own resize", _BY_HAND)
    activations_gb: float = constant(
        2.0, "GB besides the weights, at 1 megapixel", _BY_HAND + "; to be measured on a card"
    )
    ring_px: int = constant(16, "px around the mask on which the shift of colours is measured", _BY_HAND)


BASE_MODELS = BaseModelTuning()
