"""Camera, light and materials: from a scene of meshes to a photograph."""

from collections.abc import Mapping
from dataclasses import dataclass

import mitsuba as mi
import mitsuba_oidn
import numpy as np
from numpy.typing import NDArray

from .textures import Room

LABEL = "label"  # the name of the mesh that carries the artwork


@dataclass(frozen=True)
class Camera:
    """Where a photograph is taken from; angles are seen from the object, whose front is at yaw 0."""

    yaw_deg: float
    elevation_deg: float
    distance_cm: float
    target_cm: tuple[float, float, float]
    fov_deg: float
    aperture_cm: float = 0.35
    roll_deg: float = 0.0

    def sensor(self) -> dict:
        """Thin-lens camera that is focused a little before the target, where the front of the object is."""
        yaw, rise = np.radians(self.yaw_deg), np.radians(self.elevation_deg)
        away = np.array([np.sin(yaw) * np.cos(rise), -np.cos(yaw) * np.cos(rise), np.sin(rise)])
        origin = np.array(self.target_cm) + self.distance_cm * away
        transform = mi.ScalarTransform4f
        pose = transform().look_at(origin.tolist(), list(self.target_cm), [0, 0, 1])
        return {
            "type": "thinlens",
            "fov": self.fov_deg,
            "aperture_radius": self.aperture_cm,
            "focus_distance": 0.955 * self.distance_cm,
            "near_clip": 1.0,
            "to_world": pose @ transform().rotate([0, 0, 1], self.roll_deg),
        }


@dataclass(frozen=True)
class View:
    """One photograph: the camera, the room around it, and how it is developed."""

    camera: Camera
    room: Room
    key: float = 0.36  # sRGB-linear level to which the mean luminance is exposed
    noise: float = 1.0  # deviation of the sensor noise at mid grey [8-bit levels]
    warmth: float = 0.0  # shift of the white balance, positive is warmer
    seed: int = 0


def bitmap(pixels: NDArray[np.uint8], scale: float = 1.0) -> dict:
    """A texture of (H, W, 3) sRGB pixels, repeated `scale` times."""
    return {
        "type": "bitmap",
        "bitmap": mi.Bitmap(pixels),
        "to_uv": mi.ScalarTransform4f().scale([scale, scale, 1]),
    }


def rgb(red: float, green: float, blue: float) -> dict:
    """A constant linear colour."""
    return {"type": "rgb", "value": [red, green, blue]}


def paint(colour: dict, roughness: float = 0.5, **lobes: float) -> dict:
    """A principled material, seen from both sides; `lobes` are its other parameters."""
    return {
        "type": "twosided",
        "bsdf": {"type": "principled", "base_color": colour, "roughness": roughness, **lobes},
    }


def ground(
    texture: NDArray[np.uint8],
    size_cm: tuple[float, float],
    centre_cm: tuple[float, float] = (0, 0),
    turn_deg: float = 0,
    **material: float,
) -> dict:
    """A table top of `size_cm` (across, deep) at z = 0."""
    transform = mi.ScalarTransform4f
    pose = (
        transform().translate([*centre_cm, 0])
        @ transform().rotate([0, 0, 1], turn_deg)
        @ transform().scale([size_cm[0] / 2, size_cm[1] / 2, 1])
    )
    return {
        "type": "rectangle",
        "to_world": pose,
        "bsdf": paint(bitmap(texture), **({"roughness": 0.55} | material)),
    }


def lamp(
    origin: tuple[float, float, float],
    size_cm: tuple[float, float],
    radiance: tuple[float, float, float],
    target: tuple[float, float, float] = (0, 0, 6),
) -> dict:
    """A soft box at `origin` [cm] that looks at `target`."""
    transform = mi.ScalarTransform4f
    pose = transform().look_at(list(origin), list(target), [0, 0.1, 1]) @ transform().scale(
        [size_cm[0] / 2, size_cm[1] / 2, 1]
    )
    return {"type": "rectangle", "to_world": pose, "emitter": {"type": "area", "radiance": rgb(*radiance)}}


def assemble(
    objects: Mapping[str, object], view: View, side_px: int, window: tuple[slice, slice] | None = None
) -> mi.Scene:
    """The scene with the view's room around it; with a `window`, only its rows and columns are exposed."""
    transform = mi.ScalarTransform4f
    # mitsuba's maps have y up and their middle column at +z; the rooms have z up and theirs at +y.
    upright = transform().rotate([0, 0, 1], 180) @ transform().rotate([1, 0, 0], 90)
    film = {"type": "hdrfilm", "width": side_px, "height": side_px, "pixel_format": "rgb"}
    # A wider filter would correlate the noise of neighbours, which the denoiser cannot undo.
    film["rfilter"] = {"type": "box"}
    if window:
        (top, bottom), (left, right) = ((part.start, part.stop) for part in window)
        film |= {
            "crop_offset_x": left,
            "crop_offset_y": top,
            "crop_width": right - left,
            "crop_height": bottom - top,
        }
    return mi.load_dict(
        {
            "type": "scene",
            "room": {"type": "envmap", "bitmap": mi.Bitmap(view.room.panorama()), "to_world": upright},
            "sensor": {**view.camera.sensor(), "film": film, "sampler": {"type": "multijitter"}},
            **objects,
        }
    )


def expose(scene: mi.Scene, samples: int, seed: int) -> NDArray[np.float32]:
    """(H, W, 3) linear radiance: path traced, then denoised, guided by the surfaces' colours and normals."""
    light = np.array(mi.render(scene, integrator=_integrator("path", max_depth=6), spp=samples, seed=seed))
    guides = _integrator("aov", aovs="albedo:albedo,normal:sh_normal")
    layers = np.array(mi.render(scene, integrator=guides, spp=24, seed=seed + 1000))
    albedo, normal = layers[..., -6:-3], layers[..., -3:]
    return mitsuba_oidn.denoise(
        *(np.ascontiguousarray(a, np.float32) for a in (light, albedo, normal)), hdr=True
    )


def _integrator(kind: str, **settings: object) -> mi.Integrator:
    return mi.load_dict({"type": kind, **settings})


def surface_coordinates(objects: Mapping[str, object], view: View, side_px: int) -> NDArray[np.float32]:
    """(H, W, 2) place on the artwork (right, down, in [0, 1]) in each pixel; NaN off the label."""
    depth, _ = _first_hits(objects, view, side_px)
    label_depth, uv = _first_hits({LABEL: objects[LABEL]}, view, side_px)
    visible = (label_depth > 0) & (np.abs(depth - label_depth) < 1e-3)
    return np.where(visible[..., None], uv, np.nan).astype(np.float32)


def _first_hits(objects: Mapping[str, object], view: View, side_px: int) -> tuple[NDArray, NDArray]:
    """Depth [cm], 0 where nothing is hit, and texture coordinates, through a pinhole."""
    lens = view.camera.sensor()
    sensor = mi.load_dict(
        {
            "type": "perspective",
            **{key: lens[key] for key in ("fov", "near_clip", "to_world")},
            "film": {"type": "hdrfilm", "width": side_px, "height": side_px, "rfilter": {"type": "box"}},
            "sampler": {"type": "independent"},
        }
    )
    scene = assemble(objects, view, side_px)
    hits = _integrator("aov", aovs="depth:depth,uv:uv")
    layers = np.array(mi.render(scene, sensor=sensor, integrator=hits, spp=1, seed=1))
    return layers[..., -3], layers[..., -2:]


def relief(
    colour: dict, height: NDArray, depth_cm: float, roughness: float = 0.5, **lobes: float | dict
) -> dict:
    """A principled material whose surface rises by `depth_cm` where (H, W) `height` is 1."""
    skin = {"type": "principled", "base_color": colour, "roughness": roughness, **lobes}
    bumps = {"type": "bumpmap", "height": amount(height), "scale": depth_cm, "bsdf": skin}
    return {"type": "twosided", "bsdf": bumps}


def amount(values: NDArray) -> dict:
    """A texture of (H, W) numbers, as heights or as the strength of a lobe."""
    pixels = np.ascontiguousarray(values[..., None], np.float32)
    return {"type": "bitmap", "bitmap": mi.Bitmap(pixels), "raw": True}
