"""Colours of previews: a viewer takes a picture without a profile for sRGB."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms


def in_srgb(rgb: NDArray[np.uint8], icc_profile: bytes | None) -> NDArray[np.uint8]:
    """What samples of a profile look like, as sRGB.

    Args:
        rgb: (H, W, 3).
        icc_profile: of `rgb`; None is sRGB already, and a damaged one is taken for it.

    Returns:
        (H, W, 3): the array itself where nothing is to be done.
    """
    if icc_profile is None:
        return rgb
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile))
        if "sRGB" in ImageCms.getProfileDescription(profile):
            return rgb
        turned = ImageCms.profileToProfile(
            Image.fromarray(rgb), profile, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return rgb
    return rgb if turned is None else np.asarray(turned)
