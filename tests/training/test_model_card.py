from dataclasses import replace

import pytest

from artifix.training.model_card import Card, DataSource, data_sources, model_card

LAYER = "up_blocks.0.attentions.1"


@pytest.fixture
def card():
    return Card(
        recipe="/home/someone/mine.toml",
        steps=3000,
        pairs_seen=84_000,
        minutes=61.4,
        device="NVIDIA H100",
        data=(DataSource("street|photos", 5645, "CC BY 4.0"), DataSource("mugs", 120, kind="objects")),
        figures={"pck": 0.61234, "refined_db": 28.2},
        bases=("/data/sd-inpainting", "dinov2-base"),
        licence="apache-2.0",
    )


def text_of(network, card):
    return model_card("mine", network, LAYER, 0, card)


def test_the_hub_finds_what_it_reads_at_the_top(tiny_network, card):
    head, body = text_of(tiny_network, card).split("---\n")[1:3]
    for line in (
        'license: "apache-2.0"',
        "library_name: diffusers",
        "pipeline_tag: image-to-image",
        "- inpainting",
    ):
        assert line in head.splitlines()
    assert body.startswith("\n# mine\n")


def test_parts_are_counted_in_the_network(tiny_network, card):
    text = text_of(tiny_network, card)
    count = sum(p.numel() for p in tiny_network.unet.parameters())
    assert f"| `unet` | UNet2DConditionModel | {count / 1e6:.2f} M |" in text
    assert "| `codec` | PixelCodec | 0 |" in text
    assert "| `detail_encoder` | DetailEncoder |" in text
    assert "Crops of 32 px, references of 128 px" in text
    assert f"`{LAYER}`, timestep 0" in text


def test_the_training_is_told_with_its_data_and_figures(tiny_network, card):
    text = text_of(tiny_network, card)
    assert "Recipe `mine.toml`, started from sd-inpainting and dinov2-base: 3,000 steps, 84,000 pairs" in text
    assert "61 minutes on NVIDIA H100" in text
    assert "| street\\|photos | 5,645 images | CC BY 4.0 |" in text
    assert "| mugs | 120 objects | not told |" in text
    assert "| pck | 0.6123 |" in text
    assert "## Limits" in text


def test_no_path_of_the_trainers_disk_is_told(tiny_network, card):
    text = text_of(tiny_network, card)
    assert "/home" not in text
    assert "/data" not in text


def test_without_a_card_nothing_is_made_up(tiny_network):
    text = text_of(tiny_network, None)
    assert 'license: "unknown"' in text
    assert "## Training" not in text
    assert "unet" in text


def test_a_new_network_says_so(tiny_network):
    text = text_of(tiny_network, Card("small", 1, 2, 0.1, "cpu"))
    assert "started from random weights" in text
    assert "## Validation" not in text


def test_the_weights_may_have_a_name_of_their_own(tiny_network, card):
    assert "\n# mugs-1\n" in text_of(tiny_network, replace(card, name="mugs-1"))


def test_of_packs_the_card_tells_what_they_were_made_of(pack_folder, image_folder):
    told = data_sources([pack_folder, image_folder], [image_folder])
    assert told[:2] == (DataSource(told[0].name, 6, "CC0 1.0 (drawn)"), DataSource("single", 4))
    assert told[2:] == (DataSource("images", 2), DataSource("images", 2, kind="views"))
