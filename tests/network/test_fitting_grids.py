"""Grids of the detail encoder, the tokens and the U-Net must be the same where they meet."""

from dataclasses import replace

import pytest

from artifix.errors import UsageError
from artifix.network.attention import RecordingProcessor
from artifix.network.building import build_network, tiny_config


def test_tokens_of_another_size_than_the_details_are_refused():
    with pytest.raises(UsageError, match="patch_px is 14, but the detail encoder") as caught:
        build_network(replace(tiny_config(), patch_px=14))
    assert "detail_widths" in caught.value.hint


def test_a_second_level_of_another_size_than_the_details_is_refused():
    with pytest.raises(UsageError, match="codec_factor is 2"):
        build_network(replace(tiny_config(), codec_factor=2))


def test_without_a_detail_encoder_any_size_goes():
    network = build_network(replace(tiny_config(), patch_px=4, codec_factor=2, detail_widths=()))
    assert network.detail_encoder is None
    assert network.reference_size_px == 64


def test_what_was_not_recorded_cannot_be_read():
    with pytest.raises(RuntimeError, match="the layer has not run"):
        _ = RecordingProcessor().recorded
