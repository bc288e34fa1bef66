"""From a plan to a case: place the views, draw them, mask a part and follow it into the reference."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from artifix.geometry import box_of
from stress_set.drawing import Layer, carry_mask, draw
from stress_set.masks import MARGIN, choose_place, destroy, irregular_mask, pixels_of
from stress_set.pictures import Pictures, cover_frame
from stress_set.plans import Look, Plan
from stress_set.scenes import Target
from stress_set.views import Points, View, outline, scaled, shifted, turned

LEAST_SHARE, MOST_SHARE = 0.004, 0.04  # of the image that is masked
LEAST_REGION_PX = 200
FOREIGN = 0.5  # of references show the object, cut out, before another photo
EDGE_PX = 3  # a region keeps so far from the edge of the reference


@dataclass(frozen=True, slots=True, eq=False)
class StressCase:
    """A case, its answer, and the exact way from one to the other."""

    image: NDArray[np.uint8]  # (H, W, 3), the masked part destroyed
    mask: NDArray[np.bool_]  # (H, W)
    reference: NDArray[np.uint8]  # (H_ref, W_ref, 3)
    truth: NDArray[np.uint8]  # (H, W, 3)
    region: NDArray[np.bool_]  # (H_ref, W_ref)
    image_view: View  # canvas to image
    reference_view: View  # canvas to reference
    facts: dict[str, object]  # JSON-ready

    def to_reference(self, points: Points) -> Points:
        """Where (N, 2) points of the image lie in the reference."""
        return self.reference_view.forward(self.image_view.backward(points))


def build_case(random: Generator, plan: Plan, pictures: Pictures) -> StressCase | None:
    """The case of a plan; None where no mask fits or its region is not seen wholly."""
    canvas = plan.scene.canvas
    view = place_view(random, plan.image, plan.scene.size, plan.scene.target)
    whole = np.ones(plan.scene.size, np.float32)
    backing = _backing(random, plan.image.size, canvas, pictures, random.random() < FOREIGN)
    truth, cover = draw(Layer(canvas, whole, view), backing)
    mask = _draw_mask(random, plan, view, truth, cover)
    if mask is None:
        return None
    target = _target_of(mask, view, plan.image.scale)
    foreign = random.random() < FOREIGN
    shape = _cut_out(random, plan.scene.size) if foreign else whole
    reference_view, reference, cover = _draw_reference(random, plan, target, shape, foreign, pictures)
    if not _is_seen(reference_view.forward(view.backward(pixels_of(mask))), cover):
        return None
    region = carry_mask(mask, view, reference_view, cover.shape)
    if region.sum() < LEAST_REGION_PX or _side_share(region) > plan.logo_share:
        return None
    truth = plan.image.effect(truth)
    facts = {
        "source": plan.scene.source,
        "foreign": bool(foreign),
        "mask_share": round(float(mask.mean()), 5),
        "region_px": int(region.sum()),
        "scale": round(math.sqrt(region.sum() / mask.sum()), 3),
    }
    image = destroy(random, truth, mask)
    reference = plan.reference.effect(reference)
    return StressCase(image, mask, reference, truth, region, view, reference_view, facts)


def place_view(random: Generator, look: Look, canvas: tuple[int, int], target: Target | None) -> View:
    """The view of a look, somewhere in its frame, with the target inside.

    Where the canvas is seen smaller than the frame it lies wholly in it; where larger, it fills it.
    """
    point = np.array([canvas[1] / 2, canvas[0] / 2] if target is None else target.centre)
    view = look.bend.then(turned(look.turn_rad))
    view = view.then(scaled(look.scale / view.scale_at(point)))
    frame, edge = np.array(look.size[::-1], np.float64), view.forward(outline(*canvas))
    low, high = np.nanmin(edge, axis=0) - 0.5 * look.scale, np.nanmax(edge, axis=0) + 0.5 * look.scale
    spare = frame - (high - low)
    move = random.uniform(np.minimum(0, spare), np.maximum(0, spare)) - low - 0.5
    if target is not None:
        seen = view.forward(point[None])[0] + move
        reach = np.minimum(1.2 * MARGIN * target.radius_px * look.scale + EDGE_PX, frame / 2 - 1)
        move += np.clip(seen, reach, frame - 1 - reach) - seen
    return view.then(shifted(*move))


def _draw_mask(
    random: Generator, plan: Plan, view: View, truth: NDArray[np.uint8], cover: NDArray[np.float32]
) -> NDArray[np.bool_] | None:
    pixels, target = cover.size, plan.scene.target
    least = 1.1 * LEAST_REGION_PX * (plan.image.scale / plan.reference.scale) ** 2
    if target is None:
        shares = max(LEAST_SHARE, least / pixels), MOST_SHARE
        if shares[0] >= shares[1]:
            return None
        area = math.exp(random.uniform(*np.log(shares))) * pixels
        place = choose_place(random, truth, cover, math.sqrt(area / math.pi), plan.texture)
    else:
        area = math.pi * (target.radius_px * plan.image.scale) ** 2
        x, y = view.forward(np.array([target.centre]))[0]
        place = float(x), float(y)
    if place is None:
        return None
    mask = irregular_mask(random, cover.shape, place, area)
    return mask if LEAST_SHARE <= mask.mean() <= MOST_SHARE else None


def _draw_reference(
    random: Generator,
    plan: Plan,
    target: Target,
    shape: NDArray[np.float32],
    foreign: bool,
    pictures: Pictures,
) -> tuple[View, NDArray[np.uint8], NDArray[np.float32]]:
    """View, picture and cover of the reference; a decoy stands left or right of the true part."""
    canvas, (height, width) = plan.scene.canvas, plan.reference.size
    view = place_view(random, plan.reference, plan.scene.size, target)
    wide = (height, 2 * width) if plan.decoy else (height, width)
    backing = _backing(random, wide, canvas, pictures, foreign)
    if not plan.decoy:
        return view, *draw(Layer(canvas, shape, view), backing)
    decoy = place_view(random, plan.reference, plan.scene.size, None)
    first = bool(random.random() < 0.5)
    mine, other = (0, width) if first else (width, 0)
    mirrored = Layer(canvas[:, ::-1].copy(), shape[:, ::-1].copy(), decoy.then(shifted(other, 0)))
    reference, _ = draw(mirrored, backing)
    view = view.then(shifted(mine, 0))
    return view, *draw(Layer(canvas, shape, view), reference)


def _backing(
    random: Generator, size: tuple[int, int], canvas: NDArray[np.uint8], pictures: Pictures, foreign: bool
) -> NDArray[np.uint8]:
    """What lies behind the canvas: another photo, or a plain table of a colour like its edge."""
    if foreign:
        return cover_frame(pictures.draw_photo(random)[0], size)
    edge = np.concatenate([canvas[0], canvas[-1], canvas[:, 0], canvas[:, -1]]).mean(0)
    colour = edge + random.uniform(-30, 30, 3)
    fall = np.linspace(1, random.uniform(0.8, 1.2), size[1])[None, :, None] * np.ones((size[0], 1, 1))
    return (colour * fall).round().clip(0, 255).astype(np.uint8)


def _cut_out(random: Generator, size: tuple[int, int]) -> NDArray[np.float32]:
    """A wavy shape that keeps most of a canvas of `size`, 1 inside."""
    half = np.array(size[::-1]) / 2
    angle = np.linspace(0, 2 * math.pi, 90, endpoint=False)
    reach = np.full_like(angle, random.uniform(0.95, 1.1))
    for waves in range(2, 6):
        reach += random.uniform(0, 0.06) * np.cos(waves * angle + random.uniform(0, 2 * math.pi))
    points = np.stack([np.cos(angle), np.sin(angle)], 1) * reach[:, None] * half
    shape = np.zeros(size, np.float32)
    cv2.fillPoly(shape, [np.round(points + half).astype(np.int32)], 1.0)
    return cv2.GaussianBlur(shape, (0, 0), 1)


def _target_of(mask: NDArray[np.bool_], view: View, scale: float) -> Target:
    """The disc of the canvas that a mask of the image stands for."""
    pixels = pixels_of(mask)
    x, y = view.backward(pixels.mean(0)[None])[0]
    return Target((float(x), float(y)), math.sqrt(len(pixels) / math.pi) / scale)


def _is_seen(points: Points, cover: NDArray[np.float32]) -> bool:
    """Whether all points lie well inside the reference and on the object."""
    limit = np.array(cover.shape[::-1]) - 1 - EDGE_PX
    if not np.isfinite(points).all() or (points < EDGE_PX).any() or (points > limit).any():
        return False
    x, y = points.round().astype(int).T
    return bool((cover[y, x] > 0.99).all())


def _side_share(region: NDArray[np.bool_]) -> float:
    """Longer side of the region's box over the shorter side of the reference."""
    box = box_of(region)
    return max(box.width, box.height) / min(region.shape)
