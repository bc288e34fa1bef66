"""Surfaces as grids of points, and their way into mitsuba."""

import mitsuba as mi
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .textures import noise

Grid = NDArray[np.float64]  # (rows, columns, 3) points [cm], z up; the front looks to -y


def mesh(
    name: str,
    points: Grid,
    material: dict,
    uv: NDArray | None = None,
    keep: NDArray | None = None,
    rounded: bool = True,
) -> mi.Mesh:
    """A mesh over the grid; `uv` (rows, columns, 2) runs right and down, by default over it all.

    Args:
        name: of the mesh in the scene.
        points: the grid.
        material: of mitsuba.
        uv: place on the artwork of each point.
        keep: (rows - 1, columns - 1), True for the cells that are part of the surface; by default all.
        rounded: shaded smoothly; False for flat cells, where an edge is sharper than the grid.
    """
    rows, columns = points.shape[:2]
    if uv is None:
        uv = np.stack(np.meshgrid(np.linspace(0, 1, columns), np.linspace(1, 0, rows)), -1)
    corner = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = (
        part.ravel() for part in (corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1])
    )
    faces = np.concatenate([np.stack([a, b, c], -1), np.stack([a, c, d], -1)])
    if keep is not None:
        faces = faces[np.tile(keep.ravel(), 2)]
    properties = mi.Properties()
    properties["mesh_bsdf"] = mi.load_dict(material)
    surface = mi.Mesh(
        name,
        rows * columns,
        len(faces),
        has_vertex_normals=rounded,
        has_vertex_texcoords=True,
        props=properties,
    )
    values = mi.traverse(surface)
    values["vertex_positions"] = points.astype(np.float32).ravel()
    values["vertex_texcoords"] = np.asarray(uv, np.float32).ravel()
    values["faces"] = faces.astype(np.uint32).ravel()
    values.update()
    return surface


def smooth(
    corners: list[tuple[float, float]], step: float = 0.05, rounding: float = 0.12
) -> NDArray[np.float64]:
    """(N, 2) profile through `corners` [cm], sampled each `step` and rounded off over about `rounding`."""
    path = np.array(corners, float)
    length = np.r_[0, np.cumsum(np.hypot(*np.diff(path, axis=0).T))]
    along = np.arange(0, length[-1] + step, step)
    profile = np.stack([np.interp(along, length, path[:, axis]) for axis in (0, 1)], -1)
    reach = max(1, round(rounding / step))
    kernel = np.hanning(2 * reach + 3)[1:-1]
    padded = np.concatenate(
        [2 * profile[:1] - profile[reach:0:-1], profile, 2 * profile[-1:] - profile[-2 : -reach - 2 : -1]]
    )
    return np.stack([np.convolve(padded[:, axis], kernel / kernel.sum(), "valid") for axis in (0, 1)], -1)


def lathe(profile: NDArray, columns: int = 361) -> Grid:
    """Turn an (N, 2) profile of (radius, height) about the z axis; the seam is at the back."""
    angle = np.linspace(-np.pi, np.pi, columns)
    radius, height = profile[:, :1], profile[:, 1:]
    return np.stack([radius * np.sin(angle), -radius * np.cos(angle), height + 0 * angle], -1)


def tube(path: NDArray, radii: NDArray, columns: int = 48) -> Grid:
    """Sweep an ellipse along an (N, 3) path in the x-z plane; (N, 2) `radii` in the plane and across it."""
    tangent = np.gradient(path, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    across = np.array([0.0, 1.0, 0.0])
    inward = np.cross(tangent, across)
    angle = np.linspace(0, 2 * np.pi, columns)[None, :, None]
    return (
        path[:, None]
        + np.cos(angle) * radii[:, None, :1] * inward[:, None]
        + np.sin(angle) * radii[:, None, 1:] * across
    )


def turn(points: Grid, degrees: float, about: str = "z") -> Grid:
    """The grid turned counter-clockwise about an axis through the origin."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    matrices = {
        "z": [[c, -s, 0], [s, c, 0], [0, 0, 1]],
        "x": [[1, 0, 0], [0, c, -s], [0, s, c]],
        "y": [[c, 0, s], [0, 1, 0], [-s, 0, c]],
    }
    return points @ np.array(matrices[about], float).T


def move(points: Grid, x: float, y: float, z: float = 0.0) -> Grid:
    """The grid moved by (x, y, z) cm."""
    return points + np.array([x, y, z])


def prism(width: float, depth: float, heights: NDArray, corner: float, bulge: float) -> Grid:
    """An upright box with rounded edges, bulging front and back; columns start in mid back."""
    x, y = width / 2 - corner, depth / 2 - corner
    quarter = np.linspace(0, np.pi / 2, 9)
    turns = [(-x, y, np.pi / 2), (-x, -y, np.pi), (x, -y, 1.5 * np.pi), (x, y, 0.0)]
    rounded = [
        (cx + corner * np.cos(start + quarter), cy + corner * np.sin(start + quarter))
        for cx, cy, start in turns
    ]
    outline = np.concatenate([np.stack(arc, -1) for arc in rounded])
    outline = np.concatenate([[[0, depth / 2]], outline, [[0, depth / 2]]])
    length = np.r_[0, np.cumsum(np.hypot(*np.diff(outline, axis=0).T))]
    along = np.linspace(0, length[-1], 601)
    px, py = (np.interp(along, length, outline[:, axis]) for axis in (0, 1))
    rise = np.abs(np.sin(np.pi * (heights - heights[0]) / np.ptp(heights)))[:, None] ** 0.6
    swell = bulge * rise * np.cos(np.pi * px / width) * np.clip(py / y, -1, 1)
    return np.stack([px + 0 * rise, py + swell, heights[:, None] + 0 * px], -1)


def plate(width: float, depth: float, height: float) -> Grid:
    """A level rectangle around the z axis: a lid for a prism."""
    x, y = np.meshgrid(np.linspace(-width / 2, width / 2, 30), np.linspace(-depth / 2, depth / 2, 30))
    return np.stack([x, y, np.full_like(x, height)], -1)


def redrawn(uv: NDArray, amount: float, cells: float, seed: int) -> NDArray:
    """Places on the artwork shifted smoothly by about `amount` of its width, as a generator redraws print."""
    shape = uv.shape[:2]
    shifts = [noise(shape, (cells, cells), 1, seed + axis) for axis in (0, 1)]
    return uv + amount * np.stack(shifts, -1)


def cut_out(
    inside: NDArray[np.bool_], grid: int
) -> tuple[NDArray[np.int_], NDArray[np.int_], NDArray[np.bool_]]:
    """A grid of `grid` points each way over a sheet of which only the part `inside` is kept.

    Points just outside move onto the outline, so that the edge of the mesh is as smooth as the cut.

    Args:
        inside: (H, W), True on what is kept.
        grid: points each way.

    Returns:
        Row and column of each point in `inside`, and (grid - 1, grid - 1) bool: the cells to keep.
    """
    height, width = inside.shape
    row, column = np.mgrid[0 : height - 1 : grid * 1j, 0 : width - 1 : grid * 1j].round().astype(int)
    outside, nearest = ndimage.distance_transform_edt(~inside, return_indices=True)
    near = outside[row, column] < 1.5 * height / grid
    row, column = (
        np.where(near, place[row, column], own) for place, own in zip(nearest, (row, column), strict=True)
    )
    return row, column, near[:-1, :-1] & near[:-1, 1:] & near[1:, :-1] & near[1:, 1:]


def cord(path: NDArray, radii: NDArray, away: NDArray, columns: int = 16) -> Grid:
    """Sweep a circle of (N,) `radii` along any (N, 3) path; (N, 3) `away` is roughly across it."""
    tangent = np.gradient(path, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    out = away - (away * tangent).sum(1, keepdims=True) * tangent
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)
    aside = np.cross(tangent, out)
    angle = np.linspace(0, 2 * np.pi, columns)[None, :, None]
    turned = np.cos(angle) * out[:, None] + np.sin(angle) * aside[:, None]
    return path[:, None] + radii[:, None, None] * turned
