import numpy as np
import pytest

from artifix.attention.region import best_share, blobs, cluster, filter_noise, find_region


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
    assert filter_noise(noisy, 0.1).all()  # now the noise is none


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


def test_the_noise_filter_keeps_what_stands_out(empty):
    noisy = empty + 0.2
    noisy[5:9, 5:9] = 1.0
    kept = filter_noise(noisy, 0.4)
    assert kept[5:9, 5:9].all()
    assert kept.sum() == 16


def test_the_noise_filter_removes_a_light_peak_at_the_border(empty):
    empty[0, :8] = 1.0
    empty[20:25, 20:26] = 1.0
    kept = filter_noise(empty)
    assert not kept[0].any()
    assert kept[20:25, 20:26].all()


def test_clusters_are_numbered_from_the_largest_mass_down(empty):
    empty[2:4, 2:4] = 1.0  # 4
    empty[20:30, 30:50] = 0.5  # 100
    empty[35:38, 5:9] = 1.0  # 12
    found = cluster(empty, empty > 0)
    assert [found.labels[y, x] for y, x in ((25, 40), (36, 6), (3, 3), (0, 0))] == [1, 2, 3, 0]
    assert found.masses == pytest.approx((100 / 116, 12 / 116, 4 / 116))
    assert np.array_equal(found.region, empty == 0.5)


def test_what_the_filter_took_away_is_in_no_cluster(empty):
    empty[5:9, 5:9] = 1.0
    kept = empty > 0
    kept[5:9, 7:9] = False
    found = cluster(empty, kept)
    assert found.labels.sum() == 8
    assert found.masses == (pytest.approx(0.5),)


def test_the_region_is_the_largest_cluster(empty):
    empty[10:12, 10:12] = 1.0
    empty[20:30, 30:50] = 0.9
    assert np.array_equal(find_region(empty), empty == np.float32(0.9))


def test_a_map_that_is_a_region_is_cut_to_it_whatever_else_is_faint(empty):
    empty[20:30, 30:50] = 1.0
    empty[5:9, 5:9] = 0.04  # below the floor
    assert np.array_equal(find_region(empty), empty == 1)


def hill(spread, shape=(200, 200)):
    """exp(-r / spread) around the middle."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    return np.exp(-np.hypot(y - shape[0] / 2, x - shape[1] / 2) / spread).astype(np.float32)


def test_the_cut_follows_the_shape_of_the_map_not_its_size():
    assert best_share(hill(5)) == pytest.approx(best_share(hill(10)), abs=0.03)
    assert best_share(hill(5) ** 3) == pytest.approx(
        best_share(hill(5)), abs=0.05
    )  # as steep, a third as wide
    cliff = (hill(20) > 0.3).astype(np.float32)
    assert best_share(cliff) > 1.5 * best_share(hill(20))


def test_the_cut_is_where_the_expected_overlap_is_greatest():
    correspondence = hill(12)
    chance = np.clip((correspondence - 0.05) / 0.95, 0, 1)

    def overlap(share):
        cut = correspondence >= share
        return chance[cut].sum() / (cut.sum() + chance[~cut].sum())

    best = best_share(correspondence)
    assert overlap(best) >= max(overlap(share) for share in np.linspace(0.06, 0.99, 60)) - 1e-3


@pytest.mark.parametrize("value", [0.0, 0.5])
def test_a_map_without_a_peak_is_all_region(empty, value):
    assert find_region(empty + np.float32(value)).all()
