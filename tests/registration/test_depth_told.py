"""Disparity maps of what a made-up matcher says, pixel by pixel: where they lie, and whom they believe."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from artifix.geometry import Box
from artifix.registration import tuning
from artifix.registration.depth import disparity_of
from artifix.registration.disparity import DisparityMap
from artifix.registration.parallax import Parallax
from artifix.scene import Matches, Scene

SIZE = 200, 240
MASK = np.zeros(SIZE, bool)
MASK[90:102, 100:120] = True
BOX = Box(68, 58, 152, 134)  # 32 px around the mask
HEIGHT, WIDTH = 76, 84
NONE = Matches(np.empty((0, 2)), np.empty((0, 2)), np.empty(0), "sift", 2.0)
INNER = np.s_[32:44, 32:52]  # of the box, the mask


@pytest.fixture
def told(monkeypatch):
    """told(forth, back): the map where the matcher says so, in px, of each pixel of the frame."""
    # A median would smooth what single pixels say.
    monkeypatch.setattr(
        tuning, "REGISTRATION", replace(tuning.REGISTRATION, depth_speck_px=1, depth_least_known=1e-4)
    )

    class Matcher:
        def __init__(self, says: np.ndarray) -> None:
            self.says = says

        def compute(self, wide: np.ndarray, _: np.ndarray) -> np.ndarray:
            widths.append(wide.shape[1])
            pad = (wide.shape[1] - self.says.shape[1]) // 2
            return np.pad(np.round(16 * self.says).astype(np.int16), ((0, 0), (pad, pad)))

    def found(
        forth: np.ndarray,
        back: np.ndarray,
        direction: tuple[float, float] = (1.0, 0.0),
        reference: np.ndarray | None = None,
        image: np.ndarray | None = None,
    ) -> DisparityMap:
        both = iter([Matcher(forth), Matcher(back)])
        monkeypatch.setattr(cv2.StereoSGBM, "create", lambda **_: next(both))
        grey = np.full((*SIZE, 3), 90, np.uint8)
        parallax = Parallax(np.eye(3), np.array(direction), -3.0, 3.0, NONE)
        pictures = [grey if given is None else given for given in (image, reference)]
        found = disparity_of(Scene(pictures[0], MASK, pictures[1]), parallax, np.eye(3))
        assert found is not None
        return found

    widths: list[int] = []
    found.widths = widths
    return found


def nothing() -> tuple[np.ndarray, np.ndarray]:
    return np.zeros((HEIGHT, WIDTH)), np.zeros((HEIGHT, WIDTH))


@pytest.mark.parametrize("direction", [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)])
def test_each_row_of_the_frame_tells_of_the_pixels_along_the_direction(told, direction):
    """Every row has a shift of its own; towards the frame's ends and behind the mask they run out."""
    cosine, sine = direction
    height, width = (HEIGHT, WIDTH) if cosine else (WIDTH, HEIGHT)
    shifts = np.random.default_rng(5).integers(-3, 4, height)
    rows = np.tile(shifts[:, None], (1, width)).astype(float)
    found = told(rows, -rows, direction)
    assert found.box == BOX
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    across = cosine * (y - (HEIGHT - 1) / 2) - sine * (x - (WIDTH - 1) / 2) + (height - 1) / 2
    wanted = 16 * shifts[np.round(across).astype(int)]
    asked = np.ones((HEIGHT, WIDTH), bool)
    asked[20:56, 20:64] = False
    ends = np.s_[:, 12:-12] if cosine else np.s_[12:-12]
    np.testing.assert_array_equal(found.steps[ends][asked[ends]], wanted[ends][asked[ends]])


@pytest.mark.parametrize("direction", [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)])
def test_each_column_of_the_frame_is_told_apart_up_to_its_ends(told, direction):
    """The reference shows neighbours swapped: at either end, and somewhere between."""
    height, width = (HEIGHT, WIDTH) if direction[0] else (WIDTH, HEIGHT)
    forth = np.zeros((height, width))
    for left in (0, 10, width - 2):
        forth[:, left], forth[:, left + 1] = -1, 1
    found = told(forth, forth, direction)  # forth (0) = -1 lies in the image at 1, of which back is 1
    wanted = np.zeros((height, width), int)
    for left in (0, 10, width - 2):
        wanted[:, left], wanted[:, left + 1] = 16, -16
    turned = {1.0: wanted, -1.0: wanted[::-1, ::-1]}[sum(direction)]
    if not direction[0]:  # frame columns are rows of the image, and its rows columns from the right
        turned = np.rot90(wanted, -1) if direction[1] > 0 else np.rot90(wanted, 1)
    np.testing.assert_array_equal(found.steps, turned)


AROUND = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)]


@pytest.mark.parametrize(("bleeds", "is_believed"), [(1, False), (2, False), (3, True)])
@pytest.mark.parametrize(("down", "right"), AROUND)
def test_what_is_said_of_the_mask_and_of_two_px_around_it_is_not_believed(
    told, down, right, bleeds, is_believed
):
    """A pixel, one beside the middle of a side of the mask or at its corner, tells of a shift of 1 px."""
    forth, back = nothing()
    y = {-1: 32 - bleeds, 0: 38, 1: 43 + bleeds}[down]
    x = {-1: 32 - bleeds, 0: 42, 1: 51 + bleeds}[right]
    forth[y, x + 1], back[y, x] = 1, -1  # in the image it lies at x
    steps = told(forth, back).steps
    assert (steps[y, x] == 16) == is_believed
    assert is_believed or not steps.any()


@pytest.mark.parametrize(("error", "is_believed"), [(0.0, True), (1.4375, True), (1.5, False), (2.0, False)])
@pytest.mark.parametrize("sign", [1, -1])
def test_what_back_contradicts_by_one_and_a_half_px_is_not_believed(told, error, sign, is_believed):
    forth, back = nothing()
    forth[10, 21:24], back[10, 19:22] = 2, -2 + sign * error
    found = told(forth, back)
    assert (found.steps[10, 19:22] == 32).all() == is_believed
    if not is_believed:
        assert not found.steps[10, :22].any()


@pytest.mark.parametrize("forth_and_back", [(1, 3.0), (2, 2.0)])
def test_forth_and_back_must_be_opposite_and_not_alike(told, forth_and_back):
    forth, back = nothing()
    forth[10, 21:24], back[10, 18:24] = forth_and_back
    assert not told(forth, back).steps.any()


def test_what_the_reference_does_not_show_has_no_say(told):
    """It ends at column 129, of the box the sixty-second: there something else is said beyond."""
    forth, back = nothing()
    forth[:, 63:], back[:, 61:] = 2, -2
    reference = np.full((200, 130, 3), 90, np.uint8)
    assert not told(forth, back, reference=reference).steps.any()
    assert told(forth, back).steps[5, 70] == 32


def test_a_pixel_that_is_not_known_takes_the_shift_along_even_colour_and_not_of_what_is_nearer(told):
    """Nothing is known behind the mask. The reference shows a bright stripe from above to its lower part."""
    forth, back = nothing()
    forth[:32, 40:44] = 1  # the stripe, above
    back[:32, 39:43] = -1
    reference = np.full((*SIZE, 3), 90, np.uint8)
    reference[58:100, 108:112] = 220
    steps = told(forth, back, reference=reference).steps
    assert (steps[34:40, 40:42] == 16).all()
    assert not steps[34:40, 33:38].any()
    assert not steps[34:40, 45:51].any()


@pytest.mark.parametrize(
    ("near", "off", "is_near"),
    [
        ((0, 10), (12, 0), True),  # along a row it is as far as so many px
        ((0, -10), (12, 0), True),
        ((10, 0), (0, 12), True),
        ((-10, 0), (0, 12), True),
        ((7, 7), (0, 11), True),  # 9.9 px
        ((7, -7), (11, 0), True),
        ((-7, 7), (0, -11), True),
        ((-7, -7), (-11, 0), True),
        ((8, 8), (0, 11), False),  # 11.3 px
        ((8, -8), (0, 11), False),
    ],
)
def test_over_one_colour_the_nearest_pixel_that_is_known_is_taken_diagonal_steps_being_longer(
    told, near, off, is_near
):
    """Of all pixels but two, forth and back say something else; one of these two tells of 1 px."""
    forth, back = np.full((HEIGHT, WIDTH), 4.0), np.full((HEIGHT, WIDTH), 3.0)
    y, x = 60, 30
    forth[y + near[0], x + near[1]], back[y + near[0], x + near[1] - 1] = 1, -1
    forth[y + off[0], x + off[1]] = back[y + off[0], x + off[1]] = 0
    steps = told(forth, back).steps
    assert steps[y, x] == (16 if is_near else 0)


def test_what_is_swept_last_is_believed_and_what_lies_beyond_is_none(told):
    """Matches say -3 to 3 px, and four more are swept at either end."""
    for shift, is_believed in ((-7, True), (-7.5, False)):
        forth, back = nothing()
        forth[8:20, 10:30], back[8:20, 17:38] = shift, -shift
        assert (told(forth, back).steps[12, 22:34] == -112).all() == is_believed


def test_pictures_are_widened_by_all_that_is_swept_and_a_block_for_their_ends_to_be_matched(told):
    told(*nothing())
    assert told.widths == [WIDTH + 2 * (16 + 7 + 9)] * 2


@pytest.mark.parametrize("is_red_in_front", [True, False])
def test_only_where_two_sheets_meet_the_picture_is_asked_which_is_in_front(told, is_red_in_front):
    """Red is shifted 2 px to the right, blue as far to the left: what differs by 4 px sums up to nothing."""
    ends = 22 if is_red_in_front else 18  # in the image; in the reference at 20
    columns = np.arange(SIZE[1])[:, None] - BOX.left
    red, blue = np.array([200, 0, 0], np.uint8), np.array([0, 0, 200], np.uint8)
    image, reference = (np.tile(np.where(columns < at, red, blue), (SIZE[0], 1, 1)) for at in (ends, 20))
    row = np.arange(WIDTH)
    forth, back = (np.tile(d, (HEIGHT, 1)) for d in (np.where(row < 20, -2, 2), np.where(row < ends, 2, -2)))
    steps = told(forth, back, reference=reference, image=image).steps
    assert (steps[:, 4:ends] == -32).all()
    assert (steps[:25, ends:60] == 32).all()
