"""Cross-attention of single layers, recorded through diffusers' attention processors.

Layers are named by module path (`up_blocks.1.attentions.2`), because diffusers registers `mid_block` last:
the ninth entry of `attn_processors` is not the ninth layer in execution order.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import Attention
from torch import Tensor


class StopForward(Exception):
    """Raised inside the U-Net once the last layer asked for has been recorded."""


class MatchedProcessor:
    """An attention processor whose cross-attention starts from matches found before.

    Their logits are added to those of queries and keys, in every head: with weights that say nothing yet, a
    query looks where the match is. Self-attention, and cross-attention without matches, is the usual.
    """

    def __call__(
        self,
        attn: Attention,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        matches: Sequence[Tensor] = (),
        **_: object,
    ) -> Tensor:
        tokens = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        if encoder_hidden_states is not None and matches:
            attention_mask = _of_heads(matches, hidden_states.shape[1], attn.heads)
        query = attn.head_to_batch_dim(attn.to_q(hidden_states))
        key = attn.head_to_batch_dim(attn.to_k(tokens))
        scores = attn.get_attention_scores(query, key, attention_mask)  # (B * heads, queries, tokens)
        self.note(scores, attn.heads)
        value = attn.head_to_batch_dim(attn.to_v(tokens))
        output = attn.batch_to_head_dim(scores @ value)
        for layer in attn.to_out:
            output = layer(output)
        return output

    def note(self, scores: Tensor, heads: int) -> None:
        """Take note of the probabilities (B * heads, queries, tokens)."""


def _of_heads(matches: Sequence[Tensor], queries: int, heads: int) -> Tensor:
    """The logits (B * heads, queries, tokens) of the level that has so many queries."""
    fitting = [logits for logits in matches if logits.shape[1] == queries]
    if not fitting:
        levels = [logits.shape[1] for logits in matches]
        raise RuntimeError(f"no matches for {queries} queries, only for {levels}")
    return fitting[0].repeat_interleave(heads, 0)


class RecordingProcessor(MatchedProcessor):
    """Keeps the head-averaged probabilities of its last call.

    Attributes:
        probabilities: (B, queries, tokens), rows sum to 1; None before the first call.
    """

    def __init__(self, stop: bool = False) -> None:
        self.stop = stop
        self.probabilities: Tensor | None = None

    def note(self, scores: Tensor, heads: int) -> None:
        """Keep them, and end the pass here if asked to."""
        self.probabilities = scores.unflatten(0, (-1, heads)).mean(1)
        if self.stop:
            raise StopForward

    @property
    def recorded(self) -> Tensor:
        """The probabilities.

        Raises:
            RuntimeError: the layer has not run.
        """
        if self.probabilities is None:
            raise RuntimeError("nothing was recorded: the layer has not run")
        return self.probabilities


class _Remembering:
    """A layer's forward that computes what it makes of the same tensor only once."""

    def __init__(self, forward: Callable[[Tensor], Tensor]) -> None:
        self.forward = forward
        self.known: dict[int, tuple[Tensor, Tensor]] = {}  # input and output, by the identity of the input

    def __call__(self, given: Tensor) -> Tensor:
        _, output = self.known.setdefault(id(given), (given, given))
        if output is given:
            output = self.forward(given)
            self.known[id(given)] = given, output  # kept alive, so that no other tensor gets its identity
        return output


@contextmanager
def remembered_tokens(unet: UNet2DConditionModel) -> Iterator[None]:
    """Keys and values of the reference's tokens are computed once while the context is open.

    They are the same in every step of a sampler, as long as it passes the same tensors.
    """
    layers = [
        layer
        for name in cross_attention_layers(unet)
        for block in unet.get_submodule(f"{name}.transformer_blocks")
        for layer in (block.attn2.to_k, block.attn2.to_v)
    ]
    former = [vars(layer).get("forward") for layer in layers]  # hooks may have put one there
    for layer in layers:
        layer.forward = _Remembering(layer.forward)
    try:
        yield
    finally:
        for layer, forward in zip(layers, former, strict=True):
            if forward is None:
                del layer.forward
            else:
                layer.forward = forward


def cross_attention_layers(unet: UNet2DConditionModel) -> list[str]:
    """Module paths of the U-Net's cross-attention layers in execution order."""
    blocks = [f"down_blocks.{i}" for i in range(len(unet.down_blocks))]
    blocks += ["mid_block"] if unet.mid_block is not None else []
    blocks += [f"up_blocks.{i}" for i in range(len(unet.up_blocks))]
    return [
        f"{block}.attentions.{i}"
        for block in blocks
        for i in range(len(getattr(unet.get_submodule(block), "attentions", None) or ()))
    ]


@contextmanager
def record_attention(
    unet: UNet2DConditionModel, layers: Sequence[str], stop_after_last: bool = False
) -> Iterator[dict[str, RecordingProcessor]]:
    """Record the cross-attention of `layers` while the context is open.

    Args:
        unet: the denoiser; its processors are put back when the context closes.
        layers: module paths as `cross_attention_layers` names them, in execution order.
        stop_after_last: end the forward pass right after the last of them (`StopForward` is swallowed here:
            the statements after the pass inside the context are skipped).

    Yields:
        Recorders by layer.
    """
    modules = {name: unet.get_submodule(f"{name}.transformer_blocks.0.attn2") for name in layers}
    former = {name: module.processor for name, module in modules.items()}
    recorders = {name: RecordingProcessor(stop_after_last and name == layers[-1]) for name in layers}
    for name, module in modules.items():
        module.set_processor(recorders[name])
    try:
        yield recorders
    except StopForward:
        pass
    finally:
        for name, module in modules.items():
            module.set_processor(former[name])
