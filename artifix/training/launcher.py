"""What accelerate's config asks for, as its launcher tells it by environment variables."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from artifix.errors import UsageError
from artifix.setting_names import setting

FSDP = "ACCELERATE_USE_FSDP"
REFUSED = {"ACCELERATE_USE_DEEPSPEED": "DeepSpeed", "ACCELERATE_USE_MEGATRON_LM": "Megatron-LM"}
_RESHARD, _VERSION = "FSDP_RESHARD_AFTER_FORWARD", "FSDP_VERSION"


def is_sharding_asked() -> bool:
    """Whether FSDP is asked for, and there is more than one process."""
    return _says_yes(FSDP) and int(os.environ.get("WORLD_SIZE", "1")) > 1


def reshards_after_forward() -> bool:
    """Whether FSDP drops gathered weights between the forward and the backward pass."""
    return _says_yes(_RESHARD, "true")


def require_obeyable(precision: str) -> None:
    """Refuse what would not be obeyed.

    Args:
        precision: that is trained in, settled.

    Raises:
        UsageError: another way to shard than FSDP2, or a setting of it that is not supported.
    """
    for variable, name in REFUSED.items():
        if _says_yes(variable):
            raise UsageError(
                f"{name} is set up in accelerate's config: alignment passes end inside the U-Net, which its "
                "wrapper does not survive",
                "choose FSDP there (fsdp_version: 2), or start with "
                "torchrun --nproc-per-node N -m artifix train",
            )
    if _says_yes(FSDP):
        _require_obeyable_fsdp(precision)


def _require_obeyable_fsdp(precision: str) -> None:
    if os.environ.get(_VERSION, "2") != "2":
        raise UsageError(
            f"fsdp_version is {os.environ[_VERSION]} in accelerate's config: only FSDP2 cuts a part of what "
            "is trained",
            "set fsdp_version: 2 there",
        )
    if _says_yes("FSDP_OFFLOAD_PARAMS"):
        raise UsageError(
            "fsdp_offload_params is set in accelerate's config, and is not supported",
            "set it to false; more processes need less memory each",
        )
    if _says_yes("FSDP_ACTIVATION_CHECKPOINTING"):
        raise UsageError(
            "fsdp_activation_checkpointing is set in accelerate's config, but the recipe says that",
            f"set it to false, and pass {setting('set')} loop.gradient_checkpointing=true",
        )
    if precision == "fp16":
        raise UsageError(
            "loop.precision is fp16, which is not trained in with FSDP",
            f"pass {setting('set')} loop.precision=bf16 or fp32",
        )


@contextmanager
def fsdp_left_to_artifix() -> Iterator[None]:
    """Accelerate sees processes with whole networks meanwhile: it is not to shard anything itself."""
    asked = os.environ.pop(FSDP, None)
    try:
        yield
    finally:
        if asked is not None:
            os.environ[FSDP] = asked


def _says_yes(variable: str, unset: str = "false") -> bool:
    return os.environ.get(variable, unset).lower() in ("1", "true", "yes", "on")
