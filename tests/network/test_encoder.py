import torch
from transformers import Dinov2Config, Dinov2Model

from artifix.network.encoder import encoder_size_px, patch_tokens


def encoder(layers):
    torch.manual_seed(0)
    config = Dinov2Config(
        image_size=32, patch_size=2, hidden_size=16, num_hidden_layers=layers, num_attention_heads=2
    )
    return Dinov2Model(config).eval()


@torch.no_grad()
def test_reference_becomes_sixteen_by_sixteen_tokens():
    dino = encoder(1)
    assert encoder_size_px(dino) == 32
    assert patch_tokens(dino, torch.zeros(2, 3, 32, 32)).shape == (2, 256, 16)


@torch.no_grad()
def test_tokens_are_in_raster_order_without_the_class_token():
    dino = encoder(0)
    reference = torch.zeros(1, 3, 32, 32)
    spotted = reference.clone()
    spotted[..., 2 * 3 : 2 * 3 + 2, 2 * 11 : 2 * 11 + 2] = 1
    moved = (patch_tokens(dino, spotted) - patch_tokens(dino, reference)).abs().sum(-1)[0]
    assert moved.nonzero().flatten().tolist() == [3 * 16 + 11]


@torch.no_grad()
def test_encoder_reads_the_statistics_it_was_trained_with():
    seen = []
    dino = encoder(0)
    hook = dino.embeddings.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    patch_tokens(dino, torch.ones(1, 3, 32, 32))
    hook.remove()
    assert torch.allclose(seen[0][0, :, 0, 0], torch.tensor([2.2489, 2.4286, 2.64]), atol=1e-3)


@torch.no_grad()
def test_half_precision_encoder_takes_full_precision_pictures():
    tokens = patch_tokens(encoder(1).to(torch.bfloat16), torch.zeros(1, 3, 32, 32))
    assert tokens.dtype == torch.bfloat16
