"""A pouch of coffee, Brimlark, whose lark has melted and whose banner is misspelt."""

import numpy as np
from PIL import Image, ImageDraw

from .artifacts import Art, melt
from .artwork import Colour, Point, curve, disc, font, misspelt, pixels, place, sheet, spaced, star
from .example import Example, Which
from .pouch import skin
from .props import espresso, scattered
from .shapes import places, redrawn
from .studio import LABEL, Camera, View, bitmap, ground, lamp, paint, rgb
from .surfaces import mesh
from .textures import Room, Window, linen, stone

WIDTH, HEIGHT = 1872, 2860  # 130 px/cm
CLAY, DARK, PAPER, SUN = (188, 82, 52), (40, 30, 44), (248, 236, 212), (244, 178, 76)
DAWN, TEAL, PLUM = (250, 214, 158), (44, 112, 112), (96, 44, 62)
MIDDLE = WIDTH / 2
ARCH = (MIDDLE - 520, 1000, MIDDLE + 520, 2040)  # the window with the drawing
BANNER = (MIDDLE - 600, 1930, MIDDLE + 600, 2110)
BODY = ((-250, 40), (-150, -20), (-40, -62), (70, -92), (140, -150), (205, -160), (252, -112), (250, -62))
BELLY = ((210, 20), (130, 92), (20, 122), (-90, 100), (-180, 70))


def lark(draw: ImageDraw.ImageDraw, at: Point, scale: float, turn_deg: float) -> None:
    """A lark in flight: tail, body, breast, wings, eye and beak."""

    def shape(points: tuple[Point, ...], fill: Colour, bent: bool = True) -> None:
        draw.polygon(place(curve(points) if bent else points, at, scale, turn_deg), fill=fill)

    shape(((-180, 10), (-420, -10), (-455, 40), (-330, 62), (-440, 110), (-180, 80)), DARK, False)
    shape(((40, -60), (-20, -250), (-150, -420), (-250, -470), (-240, -330), (-160, -120), (-60, 0)), PLUM)
    shape(BODY + BELLY, DARK)
    shape(((236, -60), (150, -20), (30, 30), (-110, 84), (20, 122), (130, 92), (210, 20)), PAPER)
    shape(((60, -40), (80, -240), (20, -430), (-60, -540), (-110, -400), (-110, -180), (-60, -20)), CLAY)
    for row in range(4):
        line = (
            (30 - 26 * row, -60 - 10 * row),
            (36 - 34 * row, -200 - 24 * row),
            (-10 - 30 * row, -380 + 24 * row),
        )
        draw.line(place(curve(line, False), at, scale, turn_deg), fill=PAPER, width=round(11 * scale))
    shape(((246, -122), (330, -92), (248, -72)), SUN, False)
    shape(((140, -150), (90, -196), (168, -176)), DARK, False)
    disc(draw, place([(205, -112)], at, scale, turn_deg)[0], 15 * scale, PAPER)
    disc(draw, place([(208, -112)], at, scale, turn_deg)[0], 8 * scale, DARK)


def sprig(draw: ImageDraw.ImageDraw, at: Point, scale: float, turn_deg: float) -> None:
    """A coffee branch: a stem, pairs of leaves, red cherries."""
    stem = curve(((-300, 40), (-100, -10), (120, -20), (330, 30)), False)
    draw.line(place(stem, at, scale, turn_deg), fill=DARK, width=round(12 * scale))
    for x in (-210, -60, 90, 240):
        for side in (-1, 1):
            leaf = (
                (x, 0),
                (x + 40, side * 60),
                (x + 110, side * 110),
                (x + 190, side * 96),
                (x + 120, side * 30),
            )
            draw.polygon(place(curve(leaf), at, scale, turn_deg), fill=TEAL)
        for dx, dy in ((-8, 26), (18, -24)):
            disc(draw, place([(x + dx, dy)], at, scale, turn_deg)[0], 27 * scale, CLAY)


def window(image: Image.Image, bird: bool) -> None:
    """The arch: dawn, a rayed sun, hills with rows of shrubs, and the lark."""
    left, top, right, bottom = ARCH
    picture = sheet(right_left := round(right - left), round(bottom - top), DAWN, (246, 190, 120))
    draw = ImageDraw.Draw(picture)
    draw.polygon(star((right_left / 2, 640), (640, 430), 22), fill=(255, 228, 170))
    disc(draw, (right_left / 2, 640), 330, SUN)
    for height, bow, fill in ((660, 120, (150, 172, 130)), (760, -90, TEAL), (860, 80, (28, 78, 84))):
        x = np.linspace(0, right_left, 80)
        y = height - bow * np.sin(x / right_left * np.pi * 1.6 + height / 200)
        draw.polygon([(0, 1100), *zip(x.tolist(), y.tolist(), strict=True), (right_left, 1100)], fill=fill)
        for row in range(1, 6):
            for a, b in zip(x[::2], y[::2] + 34 * row, strict=True):
                disc(draw, (a + 13 * (row % 2), b), 9, tuple(round(0.8 * v) for v in fill))
    if bird:
        lark(draw, (right_left / 2 + 40, 520), 0.94, -14)
    shape = Image.new("L", picture.size, 0)
    outline = ImageDraw.Draw(shape)
    outline.pieslice((0, 0, right_left, right_left), 180, 360, fill=255)
    outline.rectangle((0, right_left / 2, right_left, bottom), fill=255)
    image.paste(picture, (round(left), round(top)), shape)


def draw_label(printed: bool = True) -> Art:
    """(2860, 1872, 3) front of the pouch."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, WIDTH, 330), fill=CLAY)
    draw.rectangle((0, 350, WIDTH, 362), fill=CLAY)
    spaced(draw, (MIDDLE, 585), "BRIMLARK", font("serif", 306), DARK, 10)
    draw.line([(MIDDLE - 660, 790), (MIDDLE - 540, 790)], fill=CLAY, width=9)
    draw.line([(MIDDLE + 540, 790), (MIDDLE + 660, 790)], fill=CLAY, width=9)
    spaced(draw, (MIDDLE, 790), "COFFEE ROASTERS", font("bold", 88), CLAY, 14)
    box = (ARCH[0] - 26, ARCH[1] - 26, ARCH[2] + 26, ARCH[1] + 1066)
    draw.pieslice(box, 180, 360, fill=DARK)
    draw.rectangle((ARCH[0] - 26, ARCH[1] + 500, ARCH[2] + 26, 2040), fill=DARK)
    window(image, printed)
    left, top, right, bottom = BANNER
    ends = [(left - 90, top), (right + 90, top), (right + 20, (top + bottom) / 2), (right + 90, bottom)]
    ends += [(left - 90, bottom), (left - 20, (top + bottom) / 2)]
    draw.polygon(ends, fill=CLAY)
    if printed:
        spaced(draw, (MIDDLE, 2020), "MORNING FIELDS", font("black", 118), PAPER, 9)
    spaced(draw, (MIDDLE, 2230), "plum, cocoa & toasted hazelnut", font("italic", 92), DARK, 1)
    sprig(draw, (MIDDLE, 2400), 0.62, 0)
    spaced(draw, (MIDDLE, 2570), "WHOLE BEANS   250 g", font("bold", 72), DARK, 8)
    draw.rectangle((0, 2690, WIDTH, HEIGHT), fill=CLAY)
    return pixels(image)


def spoil_label(art: Art) -> Art:
    """Melt two larks into one blot; misspell the banner, letters backwards, and let it run."""
    image = Image.fromarray(draw_label(printed=False))
    draw = ImageDraw.Draw(image)
    lark(draw, (MIDDLE + 130, 1560), 0.74, -40)
    lark(draw, (MIDDLE - 30, 1480), 0.70, 150)
    rect = tuple(round(v) for v in (ARCH[0] + 90, ARCH[1] + 30, ARCH[2] - 90, ARCH[1] + 850))
    run = melt(melt(pixels(image), rect, 40, 4, 7), rect, 18, 9, 17)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    inside = np.hypot(columns - MIDDLE, np.minimum(rows - ARCH[1] - 520, 0)) < 505
    image = Image.fromarray(np.where(inside[..., None], run, pixels(image)))
    misspelt(image, (MIDDLE, 2020), "MONRIIG FEILDS", font("black", 112), PAPER, 6, (2, 3, 6, 9, 11))
    left, top, right, bottom = (round(v) for v in BANNER)
    return melt(pixels(image), (left, top + 8, right, bottom - 8), 11, 9, 5)


def build(art: Art, which: Which) -> dict:
    """The pouch; of glossy film on dark slate with coffee about, or of plain paper on linen."""
    if which == "image":
        front, back = skin(3.7, 31)
        front, back = front * (0.965, 1.0, 1.02), back * (0.965, 1.0, 1.02)
        film = {"specular": 0.7, "clearcoat": 0.9, "clearcoat_gloss": 0.93}
        label = mesh(
            LABEL, front, paint(bitmap(art), 0.3, metallic=0.3, **film), redrawn(places(front), 0.005, 3)
        )
        slate = ground(
            stone((0.10, 0.11, 0.12), (0.30, 0.31, 0.32), 0.2, 12), (120, 80), (0, 14), 6, roughness=0.35
        )
        roast = paint(rgb(0.075, 0.028, 0.012), 0.36, specular=0.5)
        heap = scattered(46, (4.6, 1.6), (2.5, -8.6), 4) + scattered(14, (3, 2), (-9, -3), 6)
        beans = {f"bean{i}": mesh(f"bean{i}", grid, roast) for i, grid in enumerate(heap)}
        rear = mesh("rear", back, paint(rgb(0.50, 0.085, 0.034), 0.34, **film))
        lit = lamp((-40, -40, 46), (26, 40), (15, 14.2, 13))
        return {LABEL: label, "rear": rear, "table": slate, **beans, **espresso(), "lamp": lit}
    front, back = skin(3.2, 77)
    cloth = ground(
        linen((0.66, 0.66, 0.64), (0.80, 0.79, 0.76), 170, 9), (100, 90), (0, 30), 14, roughness=0.9
    )
    paper = paint(bitmap(art), 0.85, specular=0.15)
    rear = mesh("rear", back, paint(rgb(0.50, 0.085, 0.034), 0.85, specular=0.15))
    return {
        LABEL: mesh(LABEL, front, paper),
        "rear": rear,
        "table": cloth,
        "lamp": lamp((50, -46, 60), (50, 50), (9, 9, 9.3)),
    }


EXAMPLE = Example(
    name="foodpack",
    shows="a pouch of coffee on slate, with beans and a cup",
    wrong="The lark on the pouch has melted into a blot and the banner below it is misspelt.",
    draw=draw_label,
    spoil=spoil_label,
    build=build,
    image=View(
        Camera(-15, 13, 84, (2.4, 0, 10.6), 21, 0.5, -0.8),
        Room(
            (0.34, 0.27, 0.21),
            (0.7, 0.66, 0.6),
            (0.12, 0.1, 0.09),
            (
                Window(-70, 16, 44, 48, (12, 12.4, 13), 3),
                Window(110, 16, 30, 44, (5, 4.6, 4)),
                Window(16, 14, 26, 26, (1.6, 1.5, 1.3), 2),
            ),
            55,
            103,
        ),
        key=0.33,
        warmth=0.04,
        seed=21,
    ),
    reference=View(
        Camera(16, 8, 88, (0, 0, 11.0), 19, 0.4, 1.2),
        Room(
            (0.62, 0.64, 0.66),
            (0.85, 0.85, 0.88),
            (0.5, 0.5, 0.48),
            (Window(80, 20, 44, 60, (6, 6.2, 6.6)), Window(-120, 20, 40, 60, (4, 4, 4))),
        ),
        key=0.46,
        seed=22,
    ),
    margin_px=7,
    seed=31,
)
