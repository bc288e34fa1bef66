"""What training pairs are like."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SynthesisConfig:
    """What the pairs are like. Lengths are shares of the scene's or the frame's side."""

    decal_share: float = 0.4  # scenes with a logo or lettering printed on them, which the mask then covers
    foreign_background_share: float = 0.35  # pairs that share an object only, not its surroundings
    busy_share: float = 0.7  # masks laid where there is print or texture; the others anywhere
    blobs_share: float = 0.15  # masks of several blobs
    stroke_share: float = 0.2  # masks that are a stroke of a brush
    far_scale_share: float = 0.15  # references of any scale up to the widest
    widest_scale: float = 4.0  # of the reference's window over the crop's
    upside_down_share: float = 0.08  # references turned by any angle
    turn_deg: float = 25.0  # largest usual turn between the views
    tilt: float = 0.22  # largest perspective term
    bend_share: float = 0.5  # crops bent like cloth or around a cylinder
    reference_bend_share: float = 0.25  # references bent, each in its own way
    cylinder_share: float = 0.3  # of the bends
    crop_occluded_share: float = 0.08  # crops with a foreign thing beside the mask
    reference_occluded_share: float = 0.12  # references with a foreign thing anywhere
    aligned_share: float = 0.7  # refinement pairs that have an aligned reference
    wrong_aligned_share: float = 0.06  # of those: aligned references that show something else
    light: float = 0.7  # strength of the photometric differences
    real_light: float = 0.4  # factor on that, and on blur, where the pictures differ already
    glare_share: float = 0.1  # photos with specular spots
    blur_share: float = 0.25  # photos out of focus
    grain_share: float = 0.6  # photos with noise
    compression_share: float = 0.3  # photos compressed as JPEG
    melted_share: float = 0.3  # artifacts that melt in place; those of real pairs all do
