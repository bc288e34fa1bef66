from dataclasses import replace

import pytest
import torch

from artifix.network.assembly import build_network
from artifix.network.attention import record_attention
from artifix.network.detail import DetailEncoder
from artifix.network.diffusion import predict_clean


@pytest.fixture(scope="module")
def detail():
    torch.manual_seed(0)
    return DetailEncoder((8, 16, 16, 16, 16), token_width=24, unet_widths=(32, 40), norm_groups=4)


@torch.no_grad()
def test_features_are_a_grid_of_eight_pixel_cells(detail):
    features = detail(torch.zeros(2, 3, 32, 64))
    assert features.shape == (2, 16 + 192, 4, 8)
    assert detail.tokens(features).shape == (2, 32, 24)
    assert [part.shape for part in detail.residuals(features)] == [(2, 32, 4, 8), (2, 40, 4, 8)]


@torch.no_grad()
def test_features_hold_the_pixels_of_their_cell(detail):
    pictures = torch.rand(1, 3, 32, 32)
    pixels = detail(pictures)[0, 16:, 1, 2].view(3, 8, 8)
    assert torch.equal(pixels, pictures[0, :, 8:16, 16:24])


@torch.no_grad()
def test_matches_do_not_look_at_the_pixels_themselves(detail):
    features = torch.randn(1, 16 + 192, 4, 4)
    recoloured = features.clone()
    recoloured[:, 16:] += 1
    assert torch.equal(detail.similarity(features, features), detail.similarity(recoloured, features))


@torch.no_grad()
def test_tokens_are_in_raster_order(detail):
    features = torch.zeros(1, 16 + 192, 4, 8)
    spotted = features.clone()
    spotted[:, :, 2, 5] = 1
    moved = (detail.tokens(spotted) - detail.tokens(features)).abs().sum(-1)[0]
    assert moved.nonzero().flatten().tolist() == [2 * 8 + 5]


@torch.no_grad()
def test_similarity_finds_every_cell_of_a_picture_in_itself(detail):
    features = torch.randn(2, 16 + 192, 4, 4)
    similar = detail.similarity(features, features)
    assert similar.shape == (2, 16, 16)
    assert torch.allclose(similar.sum(-1), torch.ones(()), atol=1e-5)
    assert torch.equal(similar.argmax(-1), torch.arange(16).expand(2, -1))


@torch.no_grad()
def test_detail_encoder_survives_saving(detail, tmp_path):
    detail.save_pretrained(tmp_path)
    again = DetailEncoder.from_pretrained(tmp_path, use_safetensors=True)
    pictures = torch.rand(1, 3, 32, 32)
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in detail.state_dict().items())
    assert torch.allclose(again(pictures), detail(pictures), atol=1e-5)


@torch.no_grad()
def test_detail_of_the_reference_joins_its_tokens(tiny):
    network = tiny.network
    plain = replace(network, detail_encoder=None).tokens(tiny.reference)
    detail = network.detail_encoder(tiny.reference)
    joined = network.tokens(tiny.reference)
    assert torch.allclose(joined, plain + network.detail_encoder.tokens(detail), atol=1e-6)
    assert torch.equal(joined, network.tokens(tiny.reference, detail))


@torch.no_grad()
def test_detail_of_the_crop_is_seen_in_the_paste_unless_given(tiny):
    encoder, pasted = (
        tiny.network.detail_encoder,
        torch.where(tiny.mask > 0, tiny.aligned * tiny.valid, tiny.crop),
    )
    assert _equal(tiny.condition().features, encoder.residuals(encoder(pasted)))
    tokens, seen = tiny.network.tokens(tiny.reference), encoder(tiny.crop)
    given = tiny.network.condition(tiny.crop, tiny.mask, tokens, detail=seen)
    assert _equal(given.features, encoder.residuals(seen))


def _equal(features, others):
    return len(features) == len(others) and all(map(torch.equal, features, others))


@torch.no_grad()
def test_detail_of_the_crop_reaches_the_unet(tiny_config):
    torch.manual_seed(0)
    unet = build_network(tiny_config).unet
    torch.nn.init.normal_(unet.conv_out.weight)
    side = unet.config.sample_size
    arguments = (
        torch.randn(1, unet.config.in_channels, side, side),
        torch.tensor([5]),
        torch.randn(1, 256, 32),
    )
    early, late = (torch.randn(1, 32, side // 2, side // 2) for _ in range(2))
    none, zero, first, second = (
        unet(*arguments, down_intrablock_additional_residuals=residuals).sample
        for residuals in (None, [early * 0, late * 0], [early, late * 0], [early * 0, late])
    )
    assert torch.allclose(none, zero, atol=1e-6)
    assert not torch.allclose(none, first, atol=1e-3)
    assert not torch.allclose(none, second, atol=1e-3)


@torch.no_grad()
def test_detail_of_the_crop_is_there_when_the_first_attention_looks(tiny):
    unet, condition = tiny.network.unet, tiny.condition()
    at = torch.zeros(2, dtype=torch.int64)

    def first_look(seen):
        with record_attention(unet, ["down_blocks.1.attentions.0"], stop_after_last=True) as recorders:
            predict_clean(unet, tiny.network.scheduler, seen.start, at, seen, residual=True)
        return recorders["down_blocks.1.attentions.0"].recorded

    blind = replace(condition, features=tuple(f * 0 for f in condition.features))
    assert not torch.allclose(first_look(condition), first_look(blind), atol=1e-6)


@torch.no_grad()
def test_network_without_detail_encoder_has_no_features(tiny_config, tiny):
    network = build_network(replace(tiny_config, detail_widths=()))
    assert network.detail_encoder is None
    condition = network.condition(tiny.crop, tiny.mask, network.tokens(tiny.reference))
    assert condition.features == ()
    at = torch.zeros(2, dtype=torch.int64)
    clean = predict_clean(network.unet, network.scheduler, condition.start, at, condition, residual=True)
    assert torch.equal(clean, condition.start)
