"""The kinds of hard cases: what is seen, and how image and reference see it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from numpy.random import Generator

from stress_set.effects import Effect, draw_blur, draw_light, unchanged
from stress_set.masks import BUSY, POOR, Texture
from stress_set.pictures import Pictures
from stress_set.scenes import Scene, logo_scene, one_sided_scene, photo_scene, repeated_scene
from stress_set.views import Cylinder, Folds, View, tilted, turned

SMALL = 0.06  # a small logo's longer side over the reference's shorter side, at most
MILD_TURN_RAD = math.radians(12)
SIDES_PX = 400, 640  # of references
STRAIGHT = View()


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """How one of the two pictures sees the canvas."""

    size: tuple[int, int]  # (height, width) of the picture [px]
    scale: float  # picture px a canvas px, at the target
    turn_rad: float = 0.0
    bend: View = STRAIGHT  # in canvas points, before the turn
    effect: Effect = unchanged


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What a case is to be."""

    scene: Scene
    image: Look
    reference: Look  # where there is a decoy, the half of the picture with the right answer
    texture: Texture = BUSY  # where the mask lies, unless the scene has a target
    decoy: bool = False  # the other half of the reference shows the canvas mirrored
    logo_share: float = math.inf  # longer side of the region over the reference's shorter side, at most


def plan_turn(random: Generator, pictures: Pictures, turn_deg: float) -> Plan:
    """The reference is turned."""
    plan = _plain(random, photo_scene(random, pictures))
    turn = math.radians(turn_deg * random.choice([-1, 1]) + random.uniform(-12, 12))
    return replace(plan, reference=replace(plan.reference, turn_rad=turn))


def plan_scale(random: Generator, pictures: Pictures) -> Plan:
    """One picture shows four times the size of the other."""
    root = math.sqrt(random.uniform(3.6, 4.4))
    scene = photo_scene(random, pictures)
    near = Look(_sides(random, 380, 460), root, _mild_turn(random))
    far = Look(_sides(random, 360, 440), 1 / root, _mild_turn(random))
    image, reference = (near, far) if random.random() < 0.5 else (far, near)
    return Plan(scene, replace(image, turn_rad=0.0), reference)


def plan_bend(random: Generator, pictures: Pictures) -> Plan:
    """One of the two is wrapped around a cylinder or lies in folds."""
    plan = _plain(random, photo_scene(random, pictures))
    bend = (_cylinder if random.random() < 0.5 else _folds)(random, plan.scene.size)
    if random.random() < 0.5:
        return replace(plan, reference=replace(plan.reference, bend=bend))
    return replace(plan, image=replace(plan.image, bend=bend, size=_sides(random, 400, 560)))


def plan_effect(random: Generator, pictures: Pictures, draw: Callable[[Generator], Effect]) -> Plan:
    """One of the two is changed by light or lens."""
    plan, effect = _plain(random, photo_scene(random, pictures)), draw(random)
    if random.random() < 0.5:
        return replace(plan, reference=replace(plan.reference, effect=effect))
    return replace(plan, image=replace(plan.image, effect=effect))


def plan_perspective(random: Generator, pictures: Pictures) -> Plan:
    """The reference sees the canvas from far aside."""
    plan = _plain(random, photo_scene(random, pictures))
    height, width = plan.scene.size
    angle = math.radians(random.uniform(45, 60))
    axis, distance = random.uniform(0, 2 * math.pi), random.uniform(0.75, 1.2) * math.hypot(height, width)
    lean = View((tilted(angle, axis, distance, (width / 2, height / 2)),))
    return replace(plan, reference=replace(plan.reference, bend=lean, scale=random.uniform(0.7, 1.0)))


def plan_low_texture(random: Generator, pictures: Pictures) -> Plan:
    """There is little to see in the mask and around it."""
    return replace(_plain(random, photo_scene(random, pictures)), texture=POOR)


def plan_repeated(random: Generator, pictures: Pictures) -> Plan | None:
    """The masked print is there many times; only what surrounds the sheet tells which it is."""
    scene = repeated_scene(random, pictures)
    return None if scene is None else _plain(random, scene)


def plan_small_logo(random: Generator, pictures: Pictures) -> Plan | None:
    """The image shows a logo near, the reference tiny."""
    scene = logo_scene(random, pictures, (56, 76))
    if scene is None or scene.target is None:
        return None
    size = _sides(random, 540, 640)
    scale = random.uniform(0.038, 0.046) * min(size) / (2 * scene.target.radius_px)
    image = Look(_sides(random, 360, 480), random.uniform(0.9, 1.15))
    return Plan(scene, image, Look(size, scale, _mild_turn(random)), logo_share=SMALL)


def plan_mirrored(random: Generator, pictures: Pictures) -> Plan | None:
    """Beside the canvas the reference shows its mirror image."""
    scene = one_sided_scene(random, pictures)
    if scene is None:
        return None
    height, width = scene.size
    half = int(random.integers(400, 560)), 320
    scale = random.uniform(0.88, 0.98) * min(half[0] / height, half[1] / width)
    reference = Look(half, scale, random.uniform(-0.5, 0.5) * MILD_TURN_RAD)
    return Plan(scene, _window(random, scene), reference, decoy=True)


KINDS: dict[str, Callable[[Generator, Pictures], Plan | None]] = {
    "turn-90": lambda random, pictures: plan_turn(random, pictures, 90),
    "turn-180": lambda random, pictures: plan_turn(random, pictures, 180),
    "scale": plan_scale,
    "bend": plan_bend,
    "blur": lambda random, pictures: plan_effect(random, pictures, draw_blur),
    "light": lambda random, pictures: plan_effect(random, pictures, draw_light),
    "perspective": plan_perspective,
    "low-texture": plan_low_texture,
    "repeated": plan_repeated,
    "small-logo": plan_small_logo,
    "mirrored": plan_mirrored,
}


def _plain(random: Generator, scene: Scene) -> Plan:
    """The reference sees the canvas a little turned, larger or smaller."""
    scale = math.exp(random.uniform(math.log(0.75), math.log(1.3)))
    return Plan(scene, _window(random, scene), Look(_sides(random, *SIDES_PX), scale, _mild_turn(random)))


def _window(random: Generator, scene: Scene) -> Look:
    """A look at nearly the whole canvas and at nothing else."""
    share = random.uniform(0.92, 0.98)
    return Look((round(share * scene.size[0]), round(share * scene.size[1])), 1.0)


def _cylinder(random: Generator, size: tuple[int, int]) -> View:
    """The canvas around a can, upright or lying."""
    height, width = size
    centre = width / 2, height / 2
    lying = random.random() < 0.5
    radius = (height if lying else width) / 2 / random.uniform(0.95, 1.25)
    wrap = Cylinder(centre, radius, random.uniform(-0.3, 0.3))
    if not lying:
        return View((wrap,))
    return View((turned(math.pi / 2, centre), wrap, turned(-math.pi / 2, centre)))


def _folds(random: Generator, size: tuple[int, int]) -> View:
    """Cloth: wide waves and narrower ones on them."""
    waves = []
    for share, slope in ((random.uniform(0.6, 0.9), 0.35), (random.uniform(0.25, 0.4), 0.25)):
        periods = tuple(share * side * random.uniform(0.8, 1.2) for side in size)
        heights = tuple(random.uniform(0.7, 1.1) * slope * period / (2 * math.pi) for period in periods)
        phases = tuple(random.uniform(0, 2 * math.pi, 2))
        waves.append(Folds(periods, heights, phases))
    return View(tuple(waves))


def _sides(random: Generator, least_px: int, most_px: int) -> tuple[int, int]:
    height, width = (int(side) for side in random.integers(least_px, most_px + 1, 2))
    return height, width


def _mild_turn(random: Generator) -> float:
    return random.uniform(-1, 1) * MILD_TURN_RAD
