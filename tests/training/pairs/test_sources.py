from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from artifix.errors import InputError
from artifix.training.config import DataConfig
from artifix.training.pairs.folders import find_images
from artifix.training.pairs.material import load_data
from artifix.training.pairs.sources import ALONE, BUSY_CELLS, assemble

CPU = torch.device("cpu")


def load(folder):
    return load_data([folder], [], DataConfig(source_px=64, decal_px=32, lettering=0), 0, CPU)


def test_scenes_are_squeezed_to_squares(image_folder):
    Image.new("RGB", (200, 80), (10, 200, 30)).save(image_folder / "wide.jpg")
    sources = load(image_folder)
    assert sources.images.shape == (3, 3, 64, 64)
    assert sources.images.dtype == torch.uint8
    assert (sources.images[2].float().mean((1, 2)) - torch.tensor([10.0, 200, 30])).abs().max() < 3
    assert sources.decals.shape == (0, 4, 32, 32)
    assert sources.skipped == ()


def test_images_are_found_below_subfolders_in_order(image_folder):
    (image_folder / "more").mkdir()
    Image.new("RGB", (70, 70)).save(image_folder / "more" / "a.WEBP", "WEBP")
    (image_folder / "notes.txt").write_text("no image")
    assert [p.name for p in find_images(image_folder)] == ["0.png", "1.png", "a.WEBP"]


def test_bad_files_are_skipped_with_their_reasons(image_folder):
    whole = (image_folder / "0.png").read_bytes()
    (image_folder / "cut.png").write_bytes(whole[: len(whole) // 2])
    (image_folder / "empty.jpg").write_bytes(b"")
    (image_folder / "text.jpg").write_text("no image at all")
    Image.new("RGB", (300, 20)).save(image_folder / "thin.png")
    sources = load(image_folder)
    assert len(sources.images) == 2
    reasons = {Path(reason.split(": ")[0]).name: reason for reason in sources.skipped}
    assert sorted(reasons) == ["cut.png", "empty.jpg", "text.jpg", "thin.png"]
    assert "300x20 px" in reasons["thin.png"]


def test_folder_without_images_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no image"):
        load(tmp_path)


def test_missing_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="is not a folder"):
        load(tmp_path / "nowhere")


def test_one_image_is_too_few(image_folder):
    (image_folder / "1.png").unlink()
    (image_folder / "bad.png").write_bytes(b"")
    with pytest.raises(InputError, match="1 usable images, 1 skipped"):
        load(image_folder)


def test_pictures_with_alpha_become_decals_centred_in_their_square(image_folder):
    Image.new("RGBA", (80, 160), (255, 0, 0, 128)).save(image_folder / "logo.png")
    sources = load(image_folder)
    assert len(sources.images) == 2
    assert sources.decals.shape == (1, 4, 32, 32)
    assert sources.decals[0, :, 16, 16].tolist() == [255, 0, 0, 128]
    assert sources.decals[0, 3, :, :8].max() == 0
    assert sources.decals[0, 3, :, 8:24].min() == 128


def test_opaque_alpha_is_a_scene(image_folder):
    Image.new("RGBA", (80, 80), (255, 0, 0, 255)).save(image_folder / "opaque.png")
    assert len(load(image_folder).images) == 3


def test_palettes_with_transparency_become_decals(image_folder):
    palette = Image.new("P", (80, 80), 0)
    palette.paste(1, (0, 0, 40, 80))
    palette.putpalette([0, 0, 0, 9, 99, 199])
    palette.save(image_folder / "palette.png", transparency=0)
    assert len(load(image_folder).decals) == 1


def test_orientation_of_a_photo_is_applied(image_folder):
    pixels = np.zeros((96, 96, 3), np.uint8)
    pixels[:48] = 255
    exif = Image.Exif()
    exif[0x0112] = 3  # turned by half
    Image.fromarray(pixels).save(image_folder / "turned.jpg", exif=exif)
    turned = load(image_folder).images[2].float()
    assert turned[:, :28].mean() < 5
    assert turned[:, 36:].mean() > 250


def test_sixteen_bit_grey_is_not_clipped_to_white(image_folder):
    ramp = np.tile(np.linspace(0, 65535, 96).astype(np.uint16), (96, 1))
    Image.fromarray(ramp).save(image_folder / "deep.png")
    deep = load(image_folder).images[2].float()
    assert abs(deep.mean() - 127.5) < 3


def test_busy_points_fall_where_the_texture_is():
    images = torch.full((2, 3, 80, 80), 90, dtype=torch.uint8)
    busyness = torch.zeros(2, BUSY_CELLS**2)
    busyness[:, 37] = 1  # row 3, column 7
    sources = replace(assemble(images, torch.zeros(0, 4, 8, 8, dtype=torch.uint8)), busyness=busyness)
    random = torch.Generator().manual_seed(0)
    chosen, points = sources.draw_busy_points(200, 1.0, random)
    assert set(chosen.tolist()) == {0, 1}
    assert 0.4 - 1e-6 <= points[:, 0].min() <= points[:, 0].max() <= 0.6 + 1e-6
    assert -0.4 - 1e-6 <= points[:, 1].min() <= points[:, 1].max() <= -0.2 + 1e-6
    _, off_texture = sources.draw_busy_points(50, 0.0, random)
    assert off_texture[:, 0].min() > 0.39  # the rest of the picture is not of the object


def test_points_are_anywhere_where_they_need_not_be_busy(image_folder):
    sources = load(image_folder)
    _, anywhere = sources.draw_busy_points(2000, 0.0, torch.Generator().manual_seed(0))
    assert anywhere.abs().max() <= 1
    assert anywhere.mean(0).abs().max() < 0.1


def test_images_are_chosen_by_their_weights():
    images = torch.full((3, 3, 64, 64), 90, dtype=torch.uint8)
    nothing = torch.zeros(0, 4, 8, 8, dtype=torch.uint8)
    sources = assemble(images, nothing, weights=torch.tensor([1.0, 0.0, 3.0]))
    chosen, _ = sources.draw_busy_points(2000, 0.5, torch.Generator().manual_seed(0))
    assert abs((chosen == 2).float().mean() - 0.75) < 0.05
    assert not (chosen == 1).any()


def views(*objects):
    images = torch.full((len(objects), 3, 64, 64), 90, dtype=torch.uint8)
    nothing = torch.zeros(0, 4, 8, 8, dtype=torch.uint8)
    return assemble(images, nothing, objects=torch.tensor(objects))


def test_partners_are_other_views_of_the_same_object():
    sources = views(ALONE, 0, 0, 0, 1, 1)
    chosen = torch.arange(6).repeat(50)
    partners = sources.draw_partners(chosen, torch.Generator().manual_seed(0))
    assert torch.equal(sources.objects[partners], sources.objects[chosen])
    alone = chosen == 0
    assert torch.equal(partners[alone], chosen[alone])
    assert (partners[~alone] != chosen[~alone]).all()
    assert set(partners[chosen == 1].tolist()) == {2, 3}


@pytest.mark.parametrize("kept", [1, 3, 64])
def test_views_of_one_object_stay_on_one_side_of_the_split(kept):
    sources = views(*[ALONE] * 5, 0, 0, 0, 1, 1, 2, 2, 2, 2)
    training, held_out = sources.split(kept)
    assert len(training.images) + len(held_out.images) == 14
    assert 1 <= len(held_out.images) <= min(kept, 7)
    of_training, of_held_out = (set(part.objects.tolist()) - {ALONE} for part in (training, held_out))
    assert not of_training & of_held_out
    for part in (training, held_out):
        assert torch.allclose(part.weights.sum(), torch.ones(()))


def test_held_out_images_are_spread_over_all():
    images = torch.arange(100, dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, 3, 64, 64).contiguous()
    _, held_out = assemble(images, torch.zeros(0, 4, 8, 8, dtype=torch.uint8)).split(10)
    assert held_out.images[:, 0, 0, 0].tolist() == list(range(0, 100, 10))


def test_one_object_alone_cannot_be_split():
    with pytest.raises(InputError, match="3 views of one object"):
        views(0, 0, 0).split(1)


def test_busyness_finds_the_texture(image_folder):
    pixels = np.full((96, 96, 3), 128, np.uint8)
    pixels[:20, 70:, :] = np.random.default_rng(0).integers(0, 256, (20, 26, 3))
    Image.fromarray(pixels).save(image_folder / "corner.png")
    busyness = load(image_folder).busyness
    assert torch.allclose(busyness.sum(1), torch.ones(3))
    assert busyness[2].argmax() in (8, 9, 18, 19)


def test_of_each_object_only_its_own_views_are_chosen():
    sources = views(0, 0, ALONE, 1, ALONE)
    sources = replace(sources, weights=torch.tensor([0.1, 0.3, 0.6, 0.0, 0.0]))
    found = [each.weights.tolist() for each in sources.of_each_object()]
    assert found == [pytest.approx([0.25, 0.75, 0, 0, 0]), pytest.approx([0, 0, 1, 0, 0])]
