"""Scenes drawn by code, so that training can start without any data: packages, labels, signs, patterns."""

import copy
import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from artifix.training.pairs.lettering import (
    draw_colour,
    draw_emblem,
    draw_face,
    draw_letters,
    draw_word,
)
from artifix.training.pairs.styles import restyle

FINER = 2  # scenes are drawn larger and reduced, for smooth edges
Box = tuple[float, float, float, float]  # left, top, right, bottom [px]


def draw_scene(side_px: int, seed: int | Sequence[int]) -> NDArray[np.uint8]:
    """One scene (side_px, side_px, 3) that follows from the seed and from the fonts of the machine."""
    random = np.random.default_rng(seed)
    return np.asarray(_printed(_ground(random, side_px * FINER), random).reduce(FINER))


def draw_twins(
    side_px: int, seed: int | Sequence[int]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float32]]:
    """The scene of `draw_scene`, and the same print in another style and light on another ground.

    Returns:
        Both scenes (side_px, side_px, 3), and how much of each pixel (side_px, side_px) is print, 0 to 1,
        which lies at the same place in both.
    """
    side = side_px * FINER
    random = np.random.default_rng(seed)
    # What black and white grounds show alike is print.
    grounds = [_ground(random, side), *(Image.new("RGB", (side, side), (tone,) * 3) for tone in (0, 255))]
    first, *plain = (_printed(ground, copy.deepcopy(random)) for ground in grounds)
    dark, bright = (np.asarray(picture, np.float32) for picture in plain)
    opacity = 1 - (bright - dark).mean(2, keepdims=True) / 255
    ink = np.where(opacity > 0, dark / np.maximum(opacity, 1e-3), 0)
    other = np.random.default_rng([*np.atleast_1d(seed), 1])
    second = restyle(ink, opacity, np.asarray(_ground(other, side), np.float32), other)
    cover = opacity[..., 0].reshape(side_px, FINER, side_px, FINER).mean((1, 3))
    return np.asarray(first.reduce(FINER)), np.asarray(Image.fromarray(second).reduce(FINER)), cover


def _printed(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    """Print on a ground, which is changed."""
    side = picture.width
    pen = ImageDraw.Draw(picture, "RGBA")
    layout = random.random()
    if layout < 0.45:
        _package(pen, random, side)
    elif layout < 0.7:
        _poster(pen, random, side)
    else:
        _scatter(pen, random, side)
    return picture


def draw_scenes(count: int, side_px: int, seed: int) -> NDArray[np.uint8]:
    """(count, side_px, side_px, 3) different scenes."""
    return np.stack([draw_scene(side_px, (seed, number)) for number in range(count)])


def _ground(random: np.random.Generator, side: int) -> Image.Image:
    """A gradient between two colours, with a soft cloudiness."""
    first, second = random.uniform(0, 255, (2, 3))
    angle = random.uniform(0, 2 * math.pi)
    line = np.linspace(-0.7, 0.7, 64)
    along = (line * math.cos(angle) + line[:, None] * math.sin(angle) + 0.5).clip(0, 1)[..., None]
    cloud = np.asarray(Image.fromarray(random.integers(0, 256, (6, 6), np.uint8)).resize((64, 64), 3))
    pixels = (
        first + (second - first) * along + (cloud[..., None].astype(float) - 128) * random.uniform(0, 0.4)
    )
    small = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    ground = small.resize((side, side), Image.Resampling.BICUBIC)
    if random.random() < 0.5:
        noise = random.normal(128, 40, (side // 2, side // 2)).clip(0, 255)
        grain = Image.fromarray(noise.astype(np.uint8))
        texture = grain.filter(ImageFilter.GaussianBlur(random.uniform(0.5, 2))).resize((side, side))
        ground = Image.blend(ground, texture.convert("RGB"), random.uniform(0.05, 0.25))
    return ground


def _package(pen: ImageDraw.ImageDraw, random: np.random.Generator, side: int) -> None:
    """A front with a brand, an emblem, small print, a table and a bar code."""
    width, height = random.uniform(0.55, 0.95, 2) * side
    left, top = random.uniform(0, side - width), random.uniform(0, side - height)
    front = (left, top, left + width, top + height)
    pen.rectangle(front, fill=draw_colour(random))
    if random.random() < 0.6:
        _pattern(pen, random, _part(front, 0, random.uniform(0.0, 0.5), 1, 1))
    brand = _part(front, 0.05, 0.04, 0.95, random.uniform(0.2, 0.35))
    if random.random() < 0.5:
        pen.rectangle(brand, fill=draw_colour(random))
    draw_word(pen, random, brand, draw_colour(random))
    middle = random.uniform(0.3, 0.7)
    draw_emblem(pen, random, _part(front, 0.06, 0.38, middle, 0.72))
    draw_word(pen, random, _part(front, 0.1, 0.5, middle - 0.04, 0.62), draw_colour(random))
    _small_print(pen, random, _part(front, middle + 0.04, 0.38, 0.96, 0.72))
    corner = _part(front, 0.06, 0.77, 0.45, 0.96)
    (_bar_code if random.random() < 0.6 else _matrix_code)(pen, random, corner)
    _table(pen, random, _part(front, 0.52, 0.76, 0.95, 0.96))


def _poster(pen: ImageDraw.ImageDraw, random: np.random.Generator, side: int) -> None:
    """Rows of words, emblems and patterns over the whole scene."""
    edges = np.concatenate([[0], np.sort(random.uniform(0.08, 0.92, int(random.integers(2, 6)))), [1]]) * side
    for top, bottom in itertools.pairwise(edges):
        if bottom - top < 0.04 * side:
            continue
        box = (0.0, top, float(side), bottom)
        kind = random.random()
        if random.random() < 0.7:
            pen.rectangle(box, fill=draw_colour(random))
        if kind < 0.45:
            draw_word(pen, random, _part(box, 0.03, 0.1, 0.97, 0.9), draw_colour(random))
        elif kind < 0.65:
            _small_print(pen, random, _part(box, 0.03, 0.1, 0.97, 0.9))
        elif kind < 0.85:
            _pattern(pen, random, box)
        else:
            for place in range(4):
                draw_emblem(pen, random, _part(box, place / 4 + 0.02, 0.1, place / 4 + 0.23, 0.9))


def _scatter(pen: ImageDraw.ImageDraw, random: np.random.Generator, side: int) -> None:
    """Labels, logos, codes and words anywhere, one over the other."""
    draws = (_label, draw_emblem, _pattern, _bar_code, _matrix_code, _star, _table, _label)
    for _ in range(int(random.integers(6, 16))):
        width, height = random.uniform(0.1, 0.5, 2) * side
        left, top = random.uniform(-0.1, 0.9, 2) * side
        draws[int(random.integers(len(draws)))](pen, random, (left, top, left + width, top + height))


def _part(box: Box, left: float, top: float, right: float, bottom: float) -> Box:
    """A part of a box, given in shares of its sides."""
    width, height = box[2] - box[0], box[3] - box[1]
    return (
        box[0] + left * width,
        box[1] + top * height,
        box[0] + right * width,
        box[1] + bottom * height,
    )


def _label(pen: ImageDraw.ImageDraw, random: np.random.Generator, box: Box) -> None:
    pen.rounded_rectangle(box, radius=min(box[2] - box[0], box[3] - box[1]) / 8, fill=draw_colour(random))
    if random.random() < 0.5:
        draw_word(pen, random, _part(box, 0.06, 0.1, 0.94, 0.9), draw_colour(random))
        return
    draw_word(pen, random, _part(box, 0.06, 0.08, 0.94, 0.5), draw_colour(random))
    _small_print(pen, random, _part(box, 0.06, 0.55, 0.94, 0.92))


def _small_print(pen: ImageDraw.ImageDraw, random: np.random.Generator, box: Box) -> None:
    face, colour = draw_face(random), draw_colour(random)
    size_px = max(int(random.uniform(0.03, 0.09) * pen.im.size[0]), 8)
    font = face.at(size_px)
    top = box[1]
    while top + size_px < box[3]:
        words, room = "", box[2] - box[0]
        while True:
            longer = f"{words}{draw_letters(random, face, int(random.integers(2, 9)))} "
            if font.getlength(longer) > room:
                break
            words = longer
        pen.text((box[0], top), words, fill=colour, font=font)
        top += 1.3 * size_px


def _table(pen: ImageDraw.ImageDraw, random: np.random.Generator, box: Box) -> None:
    ink, paper = draw_colour(random), draw_colour(random)
    face, rows = draw_face(random), int(random.integers(3, 7))
    pen.rectangle(box, fill=paper, outline=ink, width=2)
    for row in range(rows):
        line = _part(box, 0, row / rows, 1, (row + 1) / rows)
        pen.line((line[0], line[3], line[2], line[3]), fill=ink, width=2)
        font = face.at(max(int((line[3] - line[1]) * 0.6), 6))
        middle = (line[1] + line[3]) / 2
        pen.text((line[0] + 4, middle), draw_letters(random, face, 4), fill=ink, font=font, anchor="lm")
        pen.text((line[2] - 4, middle), f"{random.uniform(0, 99):.1f}", fill=ink, font=font, anchor="rm")


def _bar_code(pen: ImageDraw.ImageDraw, random: np.random.Generator, box: Box) -> None:
    pen.rectangle(box, fill="white")
    inner = _part(box, 0.06, 0.08, 0.94, 0.92)
    widths = random.integers(1, 5, int(random.integers(20, 60)))
    ends = inner[0] + np.cumsum(widths) / widths.sum() * (inner[2] - inner[0])
    for start, end in zip(ends[:-1:2], ends[1::2], strict=False):
        pen.rectangle((start, inner[1], max(end, start), inner[3]), fill="black")


def _matrix_code(pen: ImageDraw.ImageDraw, random: np.random.Generator, box: Box) -> None:
    pen.rectangle(box, fill="white")
    cells = int(random.integers(8, 22))
    for y, x in zip(*np.nonzero(random.random((cells, cells)) < 0.5), strict=True):
        pen.rectangle(_part(box, x / cells, y / cells, (x + 1) / cells, (y + 1) / cells), fill="black")


def _pattern(pen: ImageDraw.ImageDraw, random: np.random.Generator, box: Box) -> None:
    """Stripes, checks or dots, with one cell unlike the others now and then."""
    across, kind = int(random.integers(4, 14)), int(random.integers(3))
    down = 1 if kind == 0 else max(round(across * (box[3] - box[1]) / max(box[2] - box[0], 1)), 1)
    colours = [draw_colour(random), draw_colour(random)]
    pen.rectangle(box, fill=colours[1])
    for y in range(down):
        for x in range(across):
            cell = _part(box, x / across, y / down, (x + 1) / across, (y + 1) / down)
            ink = colours[0] if random.random() < 0.93 else draw_colour(random)
            if kind == 2:
                pen.ellipse(_part(cell, 0.2, 0.2, 0.8, 0.8), fill=ink)
            elif (x + y) % 2 == 0:
                pen.rectangle(cell, fill=ink)


def _star(pen: ImageDraw.ImageDraw, random: np.random.Generator, box: Box) -> None:
    points, inner = int(random.integers(4, 12)), random.uniform(0.3, 0.8)
    angles = np.arange(2 * points) * math.pi / points + random.uniform(0, math.pi)
    reach = np.where(np.arange(2 * points) % 2, inner, 1.0) / 2
    corners = np.stack([0.5 + reach * np.cos(angles), 0.5 + reach * np.sin(angles)], axis=1)
    polygon = [_part(box, x, y, x, y)[:2] for x, y in corners]
    pen.polygon(polygon, fill=draw_colour(random))
    draw_word(pen, random, _part(box, 0.25, 0.35, 0.75, 0.65), draw_colour(random))
