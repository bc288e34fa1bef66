"""A printed T-shirt, Orvane Desert Radio, tried on: hung up in the reference, worn in the picture."""

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from .artifacts import Art, melt, swirl
from .artwork import arc_text, disc, font, pixels, spaced, star
from .example import Example, Which
from .studio import LABEL, Camera, View, bitmap, lamp, paint, relief, rgb
from .surfaces import cut_out, lathe, mesh, move, redrawn, smooth, tube
from .textures import Room, Window, noise, stone, wood
from .torso import BODY, FINE, blown, filled, front, neckline, rounded, unrolled, worn
from .wardrobe import hanger, knitted, rack, wall

WIDE, TALL = 84.0, 80.0  # of the sheet that the shirt is cut from [cm]
GRID = 460  # points of the hanging cloth each way
SCALE = 40  # pixels of artwork for each cm
WIDTH, HEIGHT = round(WIDE * SCALE), round(TALL * SCALE)
CREAM, INK, TEAL, RUST = (234, 225, 206), (38, 40, 48), (34, 104, 98), (204, 84, 46)
MUSTARD, SAND = (232, 170, 66), (240, 205, 142)
MIDDLE, CHEST = WIDTH / 2, 1050  # middle of the drawing in the artwork
CHEST_CM = 41.5  # its height over the hem where it is worn
# Right half of the hanging outline, cm from the middle and from the top.
OUTLINE = (
    (8.6, 4.0),
    (16, 6.4),
    (23.5, 9.4),
    (28.6, 15.0),
    (34.5, 31.0),
    (25.6, 34.4),
    (23.9, 27.0),
    (24.6, 36.0),
    (25.0, 50),
    (26.0, 74.2),
    (13, 75.2),
    (0, 75.5),
)


def cactus(draw: ImageDraw.ImageDraw, foot: tuple[float, float], size: float) -> None:
    """A saguaro with two arms and light ribs."""
    x, y = foot

    def limb(points: list[tuple[float, float]], width: float) -> None:
        places = [(x + size * u, y - size * v) for u, v in points]
        draw.line(places, fill=TEAL, width=round(size * width), joint="curve")
        for place in places:
            disc(draw, place, size * width / 2, TEAL)

    limb([(0, 0), (0, 0.92)], 0.22)
    limb([(0, 0.34), (-0.30, 0.38), (-0.33, 0.44), (-0.33, 0.70)], 0.15)
    limb([(0, 0.22), (0.28, 0.26), (0.32, 0.32), (0.32, 0.56)], 0.15)
    for offset, low, high in (
        (-0.045, 0.06, 0.94),
        (0.045, 0.06, 0.94),
        (-0.33, 0.46, 0.70),
        (0.32, 0.34, 0.56),
    ):
        draw.line(
            [(x + size * offset, y - size * low), (x + size * offset, y - size * high)],
            fill=SAND,
            width=round(size * 0.018),
        )


def draw_label() -> Art:
    """(3200, 3360, 3) front of the shirt: plain cloth, the print on the chest."""
    image = Image.new("RGB", (WIDTH, HEIGHT), CREAM)
    draw = ImageDraw.Draw(image)
    centre = (MIDDLE, CHEST)
    disc(draw, centre, 400, TEAL)
    disc(draw, centre, 380, SAND)
    scene = Image.new("RGB", (WIDTH, HEIGHT), SAND)
    paint_scene(ImageDraw.Draw(scene))
    hole = Image.new("L", (WIDTH, HEIGHT), 0)
    ImageDraw.Draw(hole).ellipse((MIDDLE - 366, CHEST - 366, MIDDLE + 366, CHEST + 366), fill=255)
    image.paste(scene, (0, 0), hole)
    arc_text(image, centre, 500, "ORVANE DESERT RADIO", font("black", 150), INK, 14)
    spaced(draw, (MIDDLE, CHEST + 510), "NIGHTWAVE 98.6", font("narrow", 188), RUST, 14)
    draw.rectangle((MIDDLE - 560, CHEST + 625, MIDDLE + 560, CHEST + 636), fill=INK)
    spaced(draw, (MIDDLE, CHEST + 690), "ON THE AIR SINCE 1968", font("bold", 78), INK, 11)
    return pixels(image)


def paint_scene(draw: ImageDraw.ImageDraw) -> None:
    """Sunset, mesas, dunes, two cacti and stars, around the middle of the drawing."""
    x, y = MIDDLE, CHEST
    draw.rectangle((x - 400, y - 400, x + 400, y - 150), fill=(24, 70, 78))
    draw.rectangle((x - 400, y - 152, x + 400, y + 400), fill=(242, 176, 92))
    disc(draw, (x + 30, y - 20), 218, RUST)
    for row, height in enumerate((12, 16, 20)):
        draw.rectangle((x - 200, y - 8 + 46 * row, x + 260, y - 8 + 46 * row + height), fill=(242, 176, 92))
    mesa = [(-400, 90), (-330, 84), (-300, -8), (-150, -8), (-128, 70), (-30, 92), (400, 92), (400, 200)]
    draw.polygon([(x + u, y + v) for u, v in [*mesa, (-400, 200)]], fill=(150, 62, 48))
    draw.polygon(
        [(x - 400, y + 130), (x - 40, y + 96), (x + 400, y + 190), (x + 400, y + 400), (x - 400, y + 400)],
        fill=MUSTARD,
    )
    draw.polygon(
        [(x - 400, y + 270), (x + 120, y + 190), (x + 400, y + 240), (x + 400, y + 400), (x - 400, y + 400)],
        fill=(186, 110, 50),
    )
    cactus(draw, (x + 90, y + 262), 440)
    cactus(draw, (x - 220, y + 236), 190)
    for u, v, size in ((-150, -250, 30), (60, -300, 20), (-20, -215, 16), (190, -240, 26), (-260, -190, 16)):
        draw.polygon(star((x + u, y + v), (size, size * 0.32), 4), fill=CREAM)


def spoil_label(art: Art) -> Art:
    """Let the big cactus and the name of the programme flow."""
    x, y = round(MIDDLE), CHEST
    image = Image.fromarray(art)
    draw = ImageDraw.Draw(image)
    draw.rectangle((x - 640, y + 400, x + 640, y + 615), fill=CREAM)
    spaced(draw, (MIDDLE, y + 510), "NIGHHWVAE 9B.8", font("narrow", 188), RUST, 12)
    art = melt(pixels(image), (x - 640, y + 390, x + 640, y + 620), 15, 12, 3)
    art = swirl(art, (x - 200, y - 230, x + 330, y + 300), 60)
    return melt(art, (x - 200, y - 230, x + 330, y + 300), 26, 4, 8)


def cut(neck_cm: float) -> NDArray[np.bool_]:
    """(HEIGHT, WIDTH), True on the cloth of the hanging shirt."""
    t = np.linspace(0, np.pi / 2, 24)
    half = np.concatenate([np.stack([8.6 * np.sin(t), 4.0 + neck_cm * np.cos(t)], -1), OUTLINE])
    both = (rounded([*map(tuple, half)], 3) + np.array([WIDE / 2, 0])) * SCALE
    cloth = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillPoly(cloth, [(both * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return cloth > 127


def hanging(art: Art) -> dict:
    """The shirt on a wooden hanger before a wall: a front with long soft folds, a back, the hanger."""
    parts = {}
    y, x = np.mgrid[0 : TALL : GRID * 1j, -WIDE / 2 : WIDE / 2 : GRID * 1j]
    # Folds that fall from the shoulders and spread.
    across = (x / (0.6 + 0.4 * y / TALL) / WIDE + 0.5) * (GRID - 1)
    sheet = noise((GRID, GRID), (1.6, 15), 2, 31).astype(np.float32)
    waves = cv2.remap(
        sheet, across.astype(np.float32), (y / TALL * (GRID - 1)).astype(np.float32), cv2.INTER_CUBIC
    )
    folds = 3.0 + (0.12 + 0.85 * np.clip((y - 10) / 45, 0, 1)) * waves + 1.2 * np.exp(-((x / 17) ** 2))
    for name, neck, lift in ((LABEL, 7.2, 1.6), ("back", 1.6, 0.6)):
        row, column, keep = cut_out(cut(neck), GRID)
        depth_cm = ndimage.distance_transform_edt(cut(neck))[row, column] / SCALE
        rise = lift + (1 - np.exp(-depth_cm / 1.1)) * (folds if name == LABEL else 0.1)
        seam = 0.12 * np.exp(-(((depth_cm - 1.9) / 0.14) ** 2)) * (name == LABEL)
        points = np.stack([column / SCALE - WIDE / 2, -(rise - seam), TALL - 4 - row / SCALE], -1)
        uv = np.stack([column / (WIDTH - 1), row / (HEIGHT - 1)], -1)
        picture = knitted(art, 700, 0.025, 6)
        if name == "back":
            picture = np.full((8, 8, 3), picture[:200].mean((0, 1)) * 0.9).astype(np.uint8)
        weave = noise((HEIGHT // 2, WIDTH // 2), (HEIGHT / 5, WIDTH / 8), 1, 8)
        cotton = relief(bitmap(picture), weave, 0.003, 0.95, specular=0.1, sheen=0.3)
        parts[name] = mesh(name, points[::-1], cotton, uv[::-1], keep[::-1])
    return parts | hanger(TALL)


def form(art: Art) -> dict:
    """The shirt on a torso of charcoal cloth, its cloth smooth and shining, its print a little redrawn."""
    depth, kept = worn(46)
    points, place, keep = front(depth, kept)
    s, t = (length[place[..., 0], place[..., 1]] for length in unrolled(depth, CHEST_CM))
    s, t = s * 1.03, t * 0.985
    uv = np.stack([0.5 + s / WIDE, (CHEST / SCALE + t) / TALL], -1)
    weave = noise((HEIGHT // 2, WIDTH // 2), (HEIGHT / 4, WIDTH / 12), 1, 18)
    viscose = relief(bitmap(knitted(art, 500, 0.018, 16)), weave, 0.004, 0.55, sheen=1.0, specular=0.5)
    parts = {LABEL: mesh(LABEL, points, viscose, redrawn(uv.clip(0.001, 0.999), 0.0022, 7, 90), keep)}
    plain = paint(rgb(*(np.array(CREAM) / 255) ** 2.2 * 0.8), 0.7)
    nape = kept | (filled(neckline(6.9)) & (depth > 0))
    points, _, keep = front(depth, nape, behind=True)
    parts["back"] = mesh("back", points, plain, keep=keep, rounded=False)
    body = filled(rounded(BODY))
    skin = paint(rgb(0.035, 0.036, 0.042), 0.5, sheen=0.6)
    solid = blown(body)
    rows = np.arange(FINE)[:, None] / FINE * 84
    body &= (rows > 2.5) & ~((rows > 41.5) & (np.abs(np.arange(FINE) / FINE * 84 - 42) > 20.5))
    for name, behind in (("chest", False), ("spine", True)):
        points, _, keep = front(solid, body, behind)
        parts[name] = mesh(name, points, skin, keep=keep, rounded=not behind)
    return parts | collar(depth)


def collar(depth: NDArray) -> dict:
    """The rib around the neck, and the wooden lid on the torso."""
    line = neckline(6.9)
    column = ((line[:, 0] + 42) / 84 * FINE).round().astype(int)
    row = ((70 - line[:, 1]) / 84 * FINE).round().astype(int)
    before = np.stack([line[:, 0], -ndimage.gaussian_filter1d(depth[row, column], 3) + 0.1, line[:, 1]], -1)
    t = np.linspace(np.pi / 2, -np.pi / 2, 80)[1:-1]
    behind = np.stack([9.0 * np.sin(t), 6.2 * np.cos(t), 63.1 + 1.2 * np.cos(t)], -1)
    loop = np.concatenate([before, behind, before[:2]])
    loop = ndimage.gaussian_filter1d(loop, 2, axis=0, mode="wrap")
    rib = tube(loop, np.full((len(loop), 2), (0.95, 0.4)))
    lid = lathe(smooth([(5.1, 0), (5.2, 0.9), (4.6, 1.4), (0.02, 1.5)], 0.05, 0.3)) * (1, 0.85, 1)
    walnut = paint(bitmap(wood((0.2, 0.11, 0.06), (0.5, 0.32, 0.18), 1, 5, 512)), 0.3)
    cloth = paint(rgb(*(np.array(CREAM) / 255) ** 2.2 * 0.92), 0.7, sheen=0.6)
    return {"collar": mesh("collar", rib, cloth), "lid": mesh("lid", move(lid, 0, 0, 67.3), walnut)}


def build(art: Art, which: Which) -> dict:
    """The shirt worn in a shop, or hung on a wall."""
    if which == "reference":
        plaster = stone((0.76, 0.75, 0.72), (0.94, 0.93, 0.90), 0.0, 21)
        return {
            **hanging(art),
            **wall(plaster, 4.5, roughness=0.9),
            "lamp": lamp((150, -80, 110), (50, 50), (17, 17, 17.6), (0, 0, 45)),
        }
    lime = stone((0.30, 0.37, 0.33), (0.48, 0.55, 0.50), 0.0, 24)
    return {
        **form(art),
        **rack(),
        **wall(lime, 120, roughness=0.9),
        "lamp": lamp((-110, -110, 120), (70, 70), (17, 16.4, 15.4), (0, 0, 40)),
    }


EXAMPLE = Example(
    name="tryon",
    shows="a printed T-shirt worn by a display torso; in the reference it hangs on a wall",
    wrong="The cactus of the print has flowed away and the name below it is garbled.",
    draw=draw_label,
    spoil=spoil_label,
    build=build,
    image=View(
        Camera(13, 4, 240, (0.5, 0, 33.5), 17.5, 1.3, 0.5),
        Room(
            (0.42, 0.43, 0.42),
            (0.7, 0.68, 0.66),
            (0.3, 0.26, 0.22),
            (Window(-75, 20, 50, 60, (6, 6.2, 6.6), 3),),
            20,
            7,
        ),
        key=0.32,
        warmth=0.02,
        seed=17,
    ),
    reference=View(
        Camera(-9, 5, 240, (0, 0, 43), 19.0, 0.3, -1.0),
        Room((0.6, 0.6, 0.62), (0.85, 0.85, 0.86), (0.45, 0.43, 0.4), (Window(70, 25, 50, 60, (4, 4, 4.3)),)),
        key=0.52,
        seed=18,
    ),
    margin_px=8,
    seed=16,
)
