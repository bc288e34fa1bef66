"""Networks of the real classes, small enough to run at once."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from torch import Tensor
from transformers import Dinov2Config, Dinov2Model

from artifix.network.assembly import Network
from artifix.network.building import NetworkConfig, build_network, tiny_config
from artifix.network.diffusion import Condition
from artifix.network.projection import Projection


def tiny_autoencoder() -> AutoencoderKL:
    """Four levels as in Stable Diffusion: one latent cell for 8 x 8 pixels."""
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(8, 8, 8, 8),
        layers_per_block=1,
        norm_num_groups=4,
        latent_channels=4,
    ).eval()


@dataclass
class Case:
    """A batch of two crops with what the network is told about them."""

    network: Network
    crop: Tensor
    mask: Tensor
    aligned: Tensor
    valid: Tensor
    reference: Tensor

    def condition(self, with_aligned: bool = True) -> Condition:
        extra = (self.aligned, self.valid) if with_aligned else ()
        comparison = self.network.compare(self.crop, self.reference, self.mask)
        return self.network.condition(self.crop, self.mask, comparison, *extra)


def case_of(network: Network) -> Case:
    random = torch.Generator().manual_seed(3)
    side, reference_side = network.working_size_px, network.reference_size_px
    mask = torch.zeros(2, 1, side, side)
    mask[0, :, side // 4 : side // 2, side // 4 : side // 2] = 1
    mask[1, :, side // 2 + 1 : side - 3, 2 : side // 2] = 1
    valid = torch.ones_like(mask)
    valid[1, :, :, : side // 4] = 0
    return Case(
        network,
        crop=torch.rand(2, 3, side, side, generator=random) * 2 - 1,
        mask=mask,
        aligned=torch.rand(2, 3, side, side, generator=random) * 2 - 1,
        valid=valid,
        reference=torch.rand(2, 3, reference_side, reference_side, generator=random) * 2 - 1,
    )


@pytest.fixture(scope="session")
def bundled() -> Network:
    """As large as the bundled weights, untrained."""
    return build_network(NetworkConfig())


@pytest.fixture(scope="session")
def sd_unet(new_sd_unet: Callable[[], UNet2DConditionModel]) -> UNet2DConditionModel:
    torch.manual_seed(1)
    return new_sd_unet()


@pytest.fixture(scope="session")
def autoencoder() -> AutoencoderKL:
    torch.manual_seed(1)
    return tiny_autoencoder()


@pytest.fixture(scope="session")
def new_case() -> Callable[[NetworkConfig], Case]:
    """Makes a case of a new network, whose values are drawn from torch's generator."""
    return lambda config: case_of(build_network(config))


@pytest.fixture(scope="session")
def tiny() -> Case:
    """An untrained network as training starts with it."""
    torch.manual_seed(0)
    return case_of(build_network(tiny_config()))


@pytest.fixture(scope="session")
def full_shaped(new_sd_unet: Callable[[], UNet2DConditionModel]) -> Case:
    """The parts of the full-size network, reduced: nine channels, AutoencoderKL, epsilon prediction."""
    torch.manual_seed(0)
    encoder = Dinov2Model(
        Dinov2Config(image_size=32, patch_size=2, hidden_size=16, num_hidden_layers=1, num_attention_heads=2)
    ).eval()
    scheduler = DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
    unet = new_sd_unet()
    return case_of(Network(unet, encoder, Projection(16, 24), tiny_autoencoder(), scheduler, residual=False))
