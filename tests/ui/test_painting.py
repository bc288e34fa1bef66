import numpy as np
import pytest
from PIL import Image

from artifix.errors import InputError
from artifix.inputs.images import read_picture
from artifix.ui.painting import CANVAS_PX, canvas_of, canvas_size, layer_of, mask_of


def picture_of(path, height, width):
    Image.fromarray(np.full((height, width, 3), 90, np.uint8)).save(path)
    return read_picture(path)


def test_paint_is_the_mask_to_the_pixel(tmp_path):
    image = picture_of(tmp_path / "a.png", 40, 60)
    layer = np.zeros((40, 60, 4), np.uint8)
    layer[10:20, 30:50] = (255, 45, 85, 166)
    mask = mask_of([layer], image)
    assert mask.sum() == 200
    assert mask[10:20, 30:50].all()


def test_layers_add_up_and_what_was_rubbed_out_is_not_masked(tmp_path):
    image = picture_of(tmp_path / "a.png", 40, 60)
    one, other = np.zeros((2, 40, 60, 4), np.uint8)
    one[:5, :5, 3] = other[10:15, :5, 3] = 166
    one[20:25, :5] = (255, 45, 85, 10)  # the rim that an eraser leaves
    assert mask_of([one, other], image).sum() == 50


def test_a_mask_goes_through_the_canvas_and_back(tmp_path):
    image = picture_of(tmp_path / "a.png", 40, 60)
    mask = np.zeros((40, 60), bool)
    mask[3:30, 7:9] = True
    assert (mask_of([layer_of(mask, (40, 60))], image) == mask).all()


def test_a_large_image_is_painted_on_smaller_and_masked_at_its_own_size(tmp_path):
    height, width = 300, 2 * CANVAS_PX
    image = picture_of(tmp_path / "a.png", height, width)
    assert canvas_of(image).shape == (150, CANVAS_PX, 3)
    layer = np.zeros((150, CANVAS_PX, 4), np.uint8)
    layer[50:100, 100:200, 3] = 166
    mask = mask_of([layer], image)
    assert mask.shape == (height, width)
    assert mask[102:198, 202:398].all()
    assert abs(int(mask.sum()) - 100 * 200) < 700


def test_no_paint_is_told(tmp_path):
    image = picture_of(tmp_path / "a.png", 40, 60)
    for layers in ([], [np.zeros((40, 60, 4), np.uint8)]):
        with pytest.raises(InputError, match="nothing is painted"):
            mask_of(layers, image)


def test_paint_of_another_canvas_is_refused(tmp_path):
    image = picture_of(tmp_path / "a.png", 40, 60)
    with pytest.raises(InputError, match="61x40 px, and the image is shown with 60x40 px"):
        mask_of([np.full((40, 61, 4), 255, np.uint8)], image)


def test_a_canvas_has_at_least_one_pixel_a_side():
    assert canvas_size((1, 20_000)) == (1, CANVAS_PX)
