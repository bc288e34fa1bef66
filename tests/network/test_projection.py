import torch

from artifix.network.projection import Projection


@torch.no_grad()
def test_every_token_is_projected_alone():
    torch.manual_seed(0)
    projection = Projection(16, 24)
    tokens = torch.randn(2, 9, 16)
    projected = projection(tokens)
    assert projected.shape == (2, 9, 24)
    assert torch.allclose(projection(tokens[:, [4]]), projected[:, [4]], atol=1e-6)


@torch.no_grad()
def test_projection_survives_saving(tmp_path):
    projection = Projection(16, 24)
    projection.save_pretrained(tmp_path)
    tokens = torch.randn(1, 4, 16)
    again = Projection.from_pretrained(tmp_path, use_safetensors=True)
    assert torch.equal(again(tokens), projection(tokens))
