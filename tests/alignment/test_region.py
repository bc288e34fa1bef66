import numpy as np
import pytest

from artifix.alignment.region import blobs


@pytest.fixture
def empty():
    return np.zeros((40, 60), np.float32)


def test_the_blob_with_the_most_mass_comes_first(empty):
    empty[10:12, 10:12] = 1.0  # a peak
    empty[20:30, 30:50] = 0.5  # more mass
    first, second = blobs(empty)
    assert first.region[20:30, 30:50].all()
    assert first.region.sum() == 200
    assert first.mass == pytest.approx(100 / 104)
    assert second.mass == pytest.approx(4 / 104)


def test_noise_below_a_share_of_the_peak_belongs_to_no_blob(empty):
    noisy = empty + 0.2
    noisy[5:9, 5:9] = 1.0
    (only,) = blobs(noisy)
    assert only.region.sum() == 16
    assert len(blobs(noisy, noise_share=0.1)) == 1  # now the noise joins the blob
    assert blobs(noisy, noise_share=0.1)[0].region.all()


def test_a_light_blob_at_the_border_is_dropped_if_another_remains(empty):
    empty[0, :8] = 1.0  # an attention sink
    empty[20:25, 20:26] = 1.0
    (only,) = blobs(empty)
    assert only.region[20:25, 20:26].all()


def test_a_heavy_blob_at_the_border_stays(empty):
    empty[0:6, 0:6] = 1.0
    empty[20:25, 20:25] = 1.0
    assert blobs(empty)[0].region[0, 0]


def test_a_light_blob_at_the_border_stays_if_it_is_all_there_is(empty):
    empty[0, 0] = 1.0
    assert blobs(empty)[0].region.sum() == 1


@pytest.mark.parametrize("value", [0.0, 0.5])
def test_a_map_without_a_peak_is_one_blob(empty, value):
    (only,) = blobs(empty + np.float32(value))
    assert only.region.all()
