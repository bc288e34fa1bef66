from dataclasses import replace

import pytest
import torch

from artifix.network.attention import record_attention
from artifix.network.building import build_network, tiny_config
from artifix.network.detail import DetailEncoder


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
    assert torch.equal(detail.match_logits(features, features), detail.match_logits(recoloured, features))


@torch.no_grad()
def test_tokens_are_in_raster_order(detail):
    features = torch.zeros(1, 16 + 192, 4, 8)
    spotted = features.clone()
    spotted[:, :, 2, 5] = 1
    moved = (detail.tokens(spotted) - detail.tokens(features)).abs().sum(-1)[0]
    assert moved.nonzero().flatten().tolist() == [2 * 8 + 5]


@torch.no_grad()
def test_matches_find_every_cell_of_a_picture_in_itself(detail):
    features = torch.randn(2, 16 + 192, 4, 4)
    similar = detail.match_logits(features, features).softmax(-1)
    assert similar.shape == (2, 16, 16)
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
    plain = replace(network, detail_encoder=None).compare(tiny.crop, tiny.reference).tokens
    joined = network.compare(tiny.crop, tiny.reference).tokens
    encoder = network.detail_encoder
    assert torch.allclose(joined, plain + encoder.tokens(encoder(tiny.reference)), atol=1e-6)


@torch.no_grad()
def test_unknown_parts_of_the_crop_are_matched_but_hidden_from_the_unet(tiny):
    compare = tiny.network.compare
    shown, hidden = (compare(tiny.crop, tiny.reference, u) for u in (None, tiny.mask))
    assert _equal(shown.matches, hidden.matches)
    cells = torch.nn.functional.max_pool2d(tiny.mask, 8) > 0
    for now, before in zip(hidden.features, shown.features, strict=True):
        changed = (now != before).any(1, keepdim=True)
        assert torch.equal(changed, cells)


@torch.no_grad()
def test_one_reference_serves_all_crops(tiny):
    one = tiny.network.compare(tiny.crop, tiny.reference[:1])
    both = tiny.network.compare(tiny.crop, tiny.reference[:1].expand(2, -1, -1, -1))
    assert torch.allclose(one.tokens, both.tokens, atol=1e-5)
    assert all(torch.allclose(a, b, atol=1e-4) for a, b in zip(one.matches, both.matches, strict=True))


@torch.no_grad()
def test_matches_come_for_every_grid_of_queries(tiny):
    fine, coarse = tiny.network.compare(tiny.crop, tiny.reference).matches
    assert fine.shape == (2, 16, 256)
    assert coarse.shape == (2, 4, 256)
    corner = fine.view(2, 4, 4, 256)[:, :2, :2].mean((1, 2))
    assert torch.allclose(coarse[:, 0], corner, atol=1e-5)


@torch.no_grad()
def test_attention_goes_where_the_matches_are(tiny):
    layer, condition = "up_blocks.1.attentions.0", tiny.condition()
    aim = torch.randint(0, 256, (2, 16), generator=torch.Generator().manual_seed(4))
    aimed = torch.nn.functional.one_hot(aim, 256) * 50.0
    matches = aimed, aimed.view(2, 2, 2, 2, 2, 256).mean((2, 4)).view(2, 4, 256)
    at = torch.zeros(2, dtype=torch.int64)
    with record_attention(tiny.network.unet, [layer], stop_after_last=True) as recorders:
        seen = replace(condition, matches=matches)
        tiny.network.denoiser.predict_clean(seen.start, at, seen)
    assert torch.equal(recorders[layer].recorded.argmax(-1), aim)


@torch.no_grad()
def test_matches_of_another_grid_are_a_bug_that_is_told(tiny):
    condition = tiny.condition()
    wrong = replace(condition, matches=condition.matches[:1])
    at = torch.zeros(2, dtype=torch.int64)
    with pytest.raises(RuntimeError, match="no matches for 4 queries"):
        tiny.network.denoiser.predict_clean(wrong.start, at, wrong)


def _equal(features, others):
    return len(features) == len(others) and all(map(torch.equal, features, others))


@torch.no_grad()
def test_detail_of_the_crop_reaches_the_unet():
    torch.manual_seed(0)
    unet = build_network(tiny_config()).unet
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
            tiny.network.denoiser.predict_clean(seen.start, at, seen)
        return recorders["down_blocks.1.attentions.0"].recorded

    blind = replace(condition, features=tuple(f * 0 for f in condition.features))
    assert not torch.allclose(first_look(condition), first_look(blind), atol=1e-6)


@torch.no_grad()
def test_network_without_detail_encoder_has_no_features(tiny):
    network = build_network(replace(tiny_config(), detail_widths=()))
    assert network.detail_encoder is None
    condition = network.condition(tiny.crop, tiny.mask, network.compare(tiny.crop, tiny.reference))
    assert condition.matches == ()
    assert condition.features == ()
    at = torch.zeros(2, dtype=torch.int64)
    clean = network.denoiser.predict_clean(condition.start, at, condition)
    assert torch.equal(clean, condition.start)
