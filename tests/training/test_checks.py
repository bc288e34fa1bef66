from dataclasses import replace
from pathlib import Path

import pytest

from artifix.errors import UsageError
from artifix.network.building import build_network
from artifix.training.checks import check_config, check_data, check_network
from artifix.training.config import BaseConfig, Phase


def changed(config, place, value):
    """`config` with one field, named by section.field, changed."""
    section, _, name = place.rpartition(".")
    if not section:
        return replace(config, **{name: value})
    return replace(config, **{section: replace(getattr(config, section), **{name: value})})


def test_a_sound_config_passes(tiny_recipe):
    check_config(tiny_recipe)
    check_network(tiny_recipe, build_network(tiny_recipe.network))
    check_data(tiny_recipe, [Path("images")], [])


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("steps", 0, "steps is 0"),
        ("seed", -1, "seed is -1"),
        ("optimizer.learning_rate", 0.0, "optimizer.learning_rate is 0.0"),
        ("optimizer.learning_rate", float("nan"), "optimizer.learning_rate is nan"),
        ("optimizer.projection_learning_rate", -1.0, "optimizer.projection_learning_rate is -1.0"),
        ("optimizer.ema_decay", 1.5, "optimizer.ema_decay is 1.5"),
        ("optimizer.schedule", "linear", "optimizer.schedule is 'linear'"),
        ("loop.precision", "no", "loop.precision is 'no'"),
        ("loop.gradient_accumulation", 0, "loop.gradient_accumulation is 0"),
        ("loop.validate_every_steps", 0, "loop.validate_every_steps is 0"),
        ("losses.condition_drop", 2.0, "losses.condition_drop is 2.0"),
        ("data.images_share", 0.5, "0.5, 0.0, 0.0 and 0.0, 0.5 together"),
        ("data.procedural_share", 1.0, "2 together"),
        ("synthesis.decal_share", 1.5, "synthesis.decal_share is 1.5"),
        ("base", BaseConfig(pipeline="a", unet="b"), "base.pipeline is a, but base.unet"),
        ("base", BaseConfig(pipeline="a", autoencoder="b"), "base.pipeline is a, but base.unet"),
        ("base", BaseConfig(autoencoder="b"), "base.autoencoder is b, but base.unet is not set"),
        ("phases", (), "phases is empty"),
        ("phases", (Phase(32),), r"phases\[0\] has no batch"),
        ("phases", (Phase(32, 0.0, alignment_batch=1),), r"phases\[0\].share is 0.0"),
        ("phases", (Phase(32, 1.0, alignment_batch=-1),), r"phases\[0\].alignment_batch is -1"),
        ("phases", (Phase(16, alignment_batch=1),), r"phases\[0\].crop_px is 16"),
        ("phases", (Phase(0, alignment_batch=1),), r"phases\[0\].crop_px is 0"),
        (
            "phases",
            (Phase(32, alignment_batch=1), Phase(64, alignment_batch=1)),
            r"phases\[1\].crop_px is 64, but the network's working size is 32 px",
        ),
    ],
)
def test_what_cannot_be_trained_is_refused_by_field_and_value(tiny_recipe, place, value, said):
    with pytest.raises(UsageError, match=said) as caught:
        check_config(changed(tiny_recipe, place, value))
    assert caught.value.hint


def test_a_rate_of_0_is_told_to_be_above_it(tiny_recipe):
    with pytest.raises(UsageError) as caught:
        check_config(changed(tiny_recipe, "optimizer.gradient_norm", 0.0))
    assert caught.value.hint == "set it to a number: above 0"


def test_matching_needs_a_detail_encoder(tiny_recipe):
    blind = replace(
        tiny_recipe,
        network=replace(tiny_recipe.network, detail_widths=(), patch_px=4),
        phases=(Phase(16, matching_batch=1),),
    )
    with pytest.raises(UsageError, match="there is no detail encoder to teach"):
        check_config(blind)
    with pytest.raises(UsageError, match="the network has no detail encoder"):
        check_network(blind, build_network(blind.network))


def test_sizes_of_a_network_that_is_loaded_are_not_asked_of_the_config(tiny_recipe):
    other = replace(tiny_recipe, base=BaseConfig(unet="folder"), phases=(Phase(512, alignment_batch=1),))
    check_config(other)
    with pytest.raises(UsageError, match="working size is 32 px"):
        check_network(other, build_network(tiny_recipe.network))


def test_shares_and_folders_must_agree(tiny_recipe):
    folder = [Path("folder")]
    with pytest.raises(UsageError, match="data.images_share is 1.0, but no data is given"):
        check_data(tiny_recipe, [], [])
    with pytest.raises(UsageError, match="pairs folder is given, but data.pairs_share is 0"):
        check_data(tiny_recipe, folder, folder)
    drawn = replace(tiny_recipe, data=replace(tiny_recipe.data, images_share=0.0, procedural_share=1.0))
    check_config(drawn)
    check_data(drawn, [], [])


def test_real_pairs_need_a_pack(tiny_recipe, pack_folder, image_folder):
    def shares(images, real):
        return replace(tiny_recipe, data=replace(tiny_recipe.data, images_share=images, real_share=real))

    check_data(shares(0.5, 0.5), [pack_folder], [])
    check_data(shares(0.0, 1.0), [pack_folder], [])
    check_data(shares(1.0, 0.0), [pack_folder], [])
    with pytest.raises(UsageError, match="data.real_share is 0.5, but no data with a pack is given"):
        check_data(shares(0.5, 0.5), [image_folder], [])
    with pytest.raises(UsageError, match="images is given, but data.images_share is 0"):
        check_data(shares(0.0, 1.0), [pack_folder, image_folder], [])
    drawn = replace(tiny_recipe.data, images_share=0.0, procedural_share=1.0)
    with pytest.raises(UsageError, match="pack is given, but data.real_share is 0"):
        check_data(replace(tiny_recipe, data=drawn), [pack_folder], [])
