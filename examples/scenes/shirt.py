"""A printed T-shirt, Velmora Rowing Club, with a line of the print reversed and smeared."""

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from .artifacts import Art, melt, mirror, smear
from .artwork import arc_text, disc, font, pixels, spaced
from .example import Example, Which
from .studio import LABEL, Camera, View, bitmap, ground, lamp, paint
from .surfaces import cut_out, mesh
from .textures import Room, Window, linen, noise, wood

WIDE, TALL = 84.0, 78.0  # of the sheet that the shirt is cut from [cm]
GRID = 420  # points of the cloth each way
SCALE = 44  # pixels of artwork for each cm
WIDTH, HEIGHT = round(WIDE * SCALE), round(TALL * SCALE)
BRICK, CREAM, GOLD, INK = (152, 56, 44), (246, 236, 214), (240, 178, 74), (34, 38, 58)
CLUB = (1268, 1782, 2428, 1958)
MIDDLE = WIDTH / 2
# Right half of the outline, cm from the middle and from the top; the neck is added for each sheet.
OUTLINE = (
    (9.0, 4.2),
    (17, 6.2),
    (23.5, 9.0),
    (30, 15.0),
    (38.5, 26.5),
    (30.5, 33.2),
    (25.6, 27.0),
    (26.0, 34.0),
    (25.6, 50),
    (26.4, 74.2),
    (13, 75.2),
    (0, 75.4),
)


def cut(neck_cm: float) -> NDArray[np.uint8]:
    """(HEIGHT, WIDTH) cut of a sheet, 255 on the cloth; the neck is `neck_cm` deep."""
    t = np.linspace(0, np.pi / 2, 24)
    neck = np.stack([9.0 * np.sin(t), 4.2 + neck_cm * np.cos(t)], -1)
    half = np.concatenate([neck, OUTLINE])
    both = np.concatenate([half, half[::-1] * (-1, 1)])
    points = (both + np.array([WIDE / 2, 0])) * SCALE
    cloth = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillPoly(cloth, [(points * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return cloth


def stitches(art: NDArray, inside: NDArray, depth_cm: float, shade: float) -> NDArray:
    """Darken a seam that runs `depth_cm` inside the outline."""
    distance = ndimage.distance_transform_edt(inside[::4, ::4] > 127) / SCALE * 4
    seam = np.exp(-(((distance - depth_cm) / 0.07) ** 2)).astype(np.float32)
    return art * (1 - shade * cv2.resize(seam, (WIDTH, HEIGHT))[..., None])


def oar(draw: ImageDraw.ImageDraw, foot: tuple[float, float], tip: tuple[float, float]) -> None:
    """A rowing oar with a striped blade."""
    foot_at, tip_at = np.array(foot), np.array(tip)
    along = (tip_at - foot_at) / np.hypot(*(tip_at - foot_at))
    aside = np.array([-along[1], along[0]])
    draw.line([foot, tip], fill=CREAM, width=17)
    for start, end, half, fill in ((0, 200, 44, CREAM), (60, 90, 44, GOLD), (120, 150, 44, GOLD)):
        corners = [tip_at - along * start + aside * half, tip_at - along * end + aside * half * 0.72]
        corners += [tip_at - along * end - aside * half * 0.72, tip_at - along * start - aside * half]
        draw.polygon([tuple(c) for c in corners], fill=fill)


def draw_label() -> Art:
    """(3432, 3696, 3) front of the shirt: jersey, seams, print on the chest."""
    image = Image.new("RGB", (WIDTH, HEIGHT), BRICK)
    draw = ImageDraw.Draw(image)
    arc_text(image, (MIDDLE, 2150), 1120, "VELMORA", font("black", 290), CREAM, 12)
    disc(draw, (MIDDLE, 1590), 190, GOLD)
    for stripe in range(4):
        draw.rectangle((MIDDLE - 200, 1610 + 46 * stripe, MIDDLE + 200, 1624 + 46 * stripe), fill=BRICK)
    oar(draw, (MIDDLE - 430, 1745), (MIDDLE + 430, 1330))
    oar(draw, (MIDDLE + 430, 1745), (MIDDLE - 430, 1330))
    spaced(draw, (MIDDLE, 1870), "ROWING CLUB", font("narrow", 172), CREAM, 18)
    draw.rectangle((MIDDLE - 540, 1975, MIDDLE + 540, 1986), fill=GOLD)
    spaced(draw, (MIDDLE, 2044), "LAKE ARDEN   EST. 1974", font("bold", 76), CREAM, 10)
    worn = noise((HEIGHT, WIDTH), (500, 500), 2, 5)[..., None]
    print_ = np.abs(pixels(image).astype(int) - BRICK).max(-1, keepdims=True) > 30
    art = np.where(print_ & (worn > 2.1), np.array(BRICK), pixels(image)).astype(np.float32)
    knit = (
        1
        + 0.035 * noise((HEIGHT, WIDTH), (700, 160), 2, 6)[..., None]
        + 0.013 * noise((HEIGHT, WIDTH), (90, 90), 3, 7)[..., None]
    )
    art = stitches(art * knit, cut(9.5), 1.9, 0.22)
    return np.clip(art, 0, 255).astype(np.uint8)


def spoil_label(art: Art) -> Art:
    """Turn the line "ROWING CLUB" round, let it run and smear its end."""
    left, top, right, bottom = CLUB
    art = melt(mirror(art, CLUB), CLUB, 10, 7, 4)
    return smear(art, (left + 640, top, right, bottom), 42, 12)


def drape(seed: int) -> NDArray:
    """(rows, columns) height of the cloth [cm]: soft waves, creases that run down and out from the arms."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : TALL : GRID * 1j, -WIDE / 2 : WIDE / 2 : GRID * 1j]
    height = 0.45 * noise((GRID, GRID), (5, 6), 3, seed) + 0.05 * noise((GRID, GRID), (26, 26), 2, seed + 1)
    for _ in range(26):
        side = rng.choice([-1, 1])
        cx, cy = side * rng.uniform(2, 26), rng.uniform(14, 72)
        angle = np.radians(90 + side * rng.normal(24, 16))
        along = (x - cx) * np.cos(angle) + (y - cy) * np.sin(angle)
        aside = (y - cy) * np.cos(angle) - (x - cx) * np.sin(angle) + 0.6 * np.sin(along / 4)
        width, length = rng.uniform(0.5, 1.1), rng.uniform(6, 14)
        height += rng.uniform(0.3, 0.85) * np.exp(-((aside / width) ** 2) - (along / length) ** 2)
    return height - height.min()


def sew(name: str, art: Art, neck_cm: float, height: NDArray, lift_cm: float) -> dict:
    """A sheet of jersey cut to shape, `height` over the ground, its edges rolled down to `lift_cm`."""
    outline = cut(neck_cm) > 127
    row, column, keep = cut_out(outline, GRID)
    depth_cm = ndimage.distance_transform_edt(outline)[row, column] / SCALE
    z = lift_cm + (1 - np.exp(-depth_cm / 0.7)) * height
    points = np.stack([column / SCALE - WIDE / 2, TALL / 2 - row / SCALE, z], -1)
    uv = np.stack([column / (WIDTH - 1), row / (HEIGHT - 1)], -1)
    jersey = paint(bitmap(art), 0.85, sheen=0.5, specular=0.15)
    # The grid runs upwards, as every surface does.
    return {name: mesh(name, points[::-1], jersey, uv[::-1], keep[::-1])}


def back_of(art: Art) -> Art:
    """The inside of the back: plain jersey, a woven name tag under the collar."""
    image = Image.fromarray(
        np.clip(np.roll(art[2300:3100].mean((0, 1)), 0) * 0.8 * np.ones(art.shape), 0, 255).astype(np.uint8)
    )
    draw = ImageDraw.Draw(image)
    draw.rectangle((MIDDLE - 90, 310, MIDDLE + 90, 400), fill=CREAM)
    spaced(draw, (MIDDLE, 350), "Velmora  M", font("bold", 32), INK)
    return pixels(image)


def build(art: Art, which: Which) -> dict:
    """The shirt, laid on floor boards or on linen, with other folds each time."""
    seed = 60 if which == "image" else 85
    shirt = sew(LABEL, art, 9.5, 0.28 + 0.9 * drape(seed), 0.14)
    shirt |= sew("back", back_of(art), 2.2, np.full((GRID, GRID), 0.1), 0.02)
    if which == "image":
        floor = ground(
            wood((0.36, 0.25, 0.16), (0.78, 0.62, 0.44), 12, 52), (190, 190), (0, 0), 82, roughness=0.4
        )
        return {**shirt, "floor": floor, "lamp": lamp((-120, 60, 90), (60, 60), (17, 16.6, 15.6))}
    floor = ground(
        linen((0.60, 0.62, 0.64), (0.93, 0.93, 0.92), 380, 15), (240, 240), (0, 0), 8, roughness=0.9
    )
    return {**shirt, "floor": floor, "lamp": lamp((110, 90, 110), (80, 80), (12, 12, 12.6))}


EXAMPLE = Example(
    name="shirt",
    shows="a printed T-shirt on floor boards",
    wrong="The second line of the print is written backwards and smeared.",
    draw=draw_label,
    spoil=spoil_label,
    build=build,
    image=View(
        Camera(-14, 62, 150, (0, 1.0, 0), 33, 0.5, 2.0),
        Room(
            (0.44, 0.42, 0.40),
            (0.62, 0.60, 0.57),
            (0.2, 0.18, 0.16),
            (Window(-60, 24, 60, 40, (7, 7.2, 7.8), 3),),
        ),
        key=0.30,
        warmth=0.02,
        seed=7,
    ),
    reference=View(
        Camera(9, 74, 150, (0, -0.5, 0), 31, 0.4, -4.0),
        Room((0.55, 0.56, 0.58), (0.8, 0.8, 0.82), (0.4, 0.4, 0.4), (Window(80, 30, 70, 50, (4, 4, 4.2)),)),
        key=0.40,
        seed=8,
    ),
    margin_px=8,
    seed=14,
)
