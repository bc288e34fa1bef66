"""Algorithm 1's loop: the first look of stage 1, read at every cross-attention layer and many noise levels.

The listing of the paper runs a whole denoising chain from noise; a single pass on the noised image for each
level is cheaper. Both are here: `read_chain` and `read_single`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from artifix.attention.coarse_match import first_look, whole_of
from artifix.attention.correspondence import laid_out, mean_of, views_of
from artifix.attention.probe import Cut, Prepared, cut_out, prepare
from artifix.network.assembly import Network
from artifix.network.attention import cross_attention_layers
from artifix.scene import Scene


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """A first look, encoded once for all layers and noise levels."""

    cut: Cut
    prepared: Prepared
    layers: tuple[str, ...]  # all cross-attention layers, module paths in execution order

    def maps(self, attention: dict[str, Tensor]) -> NDArray[np.float32]:
        """(layers, tokens, tokens) M* of each layer of one pass, which sum to 1."""
        return np.stack([mean_of(views_of(self.cut, attention[layer])) for layer in self.layers])


@torch.inference_mode()
def start_sweep(network: Network, scene: Scene, contexts: Sequence[float], seed: int) -> Sweep:
    """Cut out and encode the first look; arguments as for `match_coarsely`, `seed` is of the noise."""
    boxes, whole = first_look(scene, contexts)
    cut = cut_out(network, scene, boxes, whole)
    return Sweep(cut, prepare(network, cut, seed), tuple(cross_attention_layers(network.unet)))


@torch.inference_mode()
def read_single(sweep: Sweep, timesteps: Sequence[int]) -> NDArray[np.float32]:
    """M* of all layers where z_t is the image, its artifact in place, noised to t: one pass for each t.

    Args:
        sweep: the look.
        timesteps: of the training schedule.

    Returns:
        (timesteps, layers, tokens, tokens), each map sums to 1.
    """
    maps = []
    for timestep in timesteps:
        noisy = sweep.prepared.noisy(timestep)
        maps.append(sweep.maps(sweep.prepared.attend(sweep.layers, noisy, timestep)))
    return np.stack(maps)


@torch.inference_mode()
def read_chain(sweep: Sweep, timesteps: Sequence[int]) -> NDArray[np.float32]:
    """M* of all layers at the steps of one denoising chain (DDIM) from pure noise.

    Args:
        sweep: the look.
        timesteps: the chain's, rising; noise alone is taken to be at the last.

    Returns:
        (timesteps, layers, tokens, tokens) in the order of `timesteps`; each map sums to 1.
    """
    prepared, latents, maps = sweep.prepared, sweep.prepared.noise, []
    denoiser = prepared.network.denoiser
    for timestep, following in zip(timesteps[::-1], [*timesteps[-2::-1], -1], strict=True):
        attention, clean = prepared.predict(sweep.layers, latents, timestep)
        latents = denoiser.ddim_step(latents, clean, timestep, following)
        maps.append(sweep.maps(attention))
    return np.stack(maps[::-1])


def over_reference(tokens: NDArray[np.float32], reference_shape: Sequence[int]) -> NDArray[np.float32]:
    """One M* of a sweep, (tokens, tokens), at the size of the reference: (H_ref, W_ref) in [0, 1]."""
    return laid_out(tokens, whole_of(reference_shape), reference_shape)
