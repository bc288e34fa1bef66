"""The device and number format to run on; a missing device is an error, never a silent CPU."""

import torch

from artifix.errors import DeviceError
from artifix.setting_names import setting

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def choose_device(name: str) -> torch.device:
    """The device called auto, cpu, cuda, cuda:N or mps.

    Raises:
        DeviceError: the name is unknown or the device is not there.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "mps" if _has_mps() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise DeviceError(
            f"{setting('device')} {name}: is no device", "use auto, cpu, cuda, cuda:N or mps"
        ) from error
    if device.type not in ("cpu", "cuda", "mps"):
        raise DeviceError(
            f"{setting('device')} {name}: is not supported", "use auto, cpu, cuda, cuda:N or mps"
        )
    count = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(_has_mps())}[device.type]
    if (device.index or 0) >= count:
        raise DeviceError(
            f"{setting('device')} {name}: torch {torch.__version__} sees {count} {device.type} devices",
            f"use {setting('device', 'auto')} or cpu, or install a torch build for this GPU",
        )
    return device


def choose_dtype(name: str, device: torch.device) -> torch.dtype:
    """The number format called auto, fp32, bf16 or fp16.

    auto is fp32 on a CPU, where results are then the same on every machine, and bf16 or fp16 on a GPU.

    Raises:
        DeviceError: the name is unknown, or the device does not have these numbers or is slow with them.
    """
    if name == "auto":
        if device.type == "cpu":
            return torch.float32
        has_bf16 = device.type == "cuda" and torch.cuda.is_bf16_supported()
        return torch.bfloat16 if has_bf16 else torch.float16
    if name not in DTYPES:
        raise DeviceError(f"{setting('dtype')} {name}: is unknown", f"use auto, {', '.join(DTYPES)}")
    if name == "fp16" and device.type == "cpu":
        raise DeviceError(
            f"{setting('dtype')} fp16: is slower than fp32 on a CPU",
            f"use {setting('dtype', 'fp32')} or bf16",
        )
    if name == "bf16" and device.type == "mps" and not _mps_has_bf16():
        raise DeviceError(
            f"{setting('dtype')} bf16: this Mac's GPU, or its macOS, has no such numbers (macOS 14 has)",
            f"use {setting('dtype', 'fp16')} or fp32",
        )
    return DTYPES[name]


def choose_precision(name: str, device: torch.device) -> str:
    """The precision to train in: `name`, or for auto what the device computes fast: bf16, fp16 or fp32.

    Where a CPU has no instructions for bf16 it is emulated, several times slower than fp32.
    """
    if name != "auto":
        return name
    if device.type == "cpu":
        return "bf16" if _cpu_has_bf16() else "fp32"
    has_bf16 = device.type == "cuda" and torch.cuda.is_bf16_supported()
    return "bf16" if has_bf16 else "fp16" if device.type == "cuda" else "fp32"


def _cpu_has_bf16() -> bool:
    told = getattr(torch.cpu, "get_capabilities", None)  # older versions of torch do not tell
    capabilities = told() if told else {}
    return any(capabilities.get(name) for name in ("amx_bf16", "avx512_bf16", "bf16"))


def _mps_has_bf16() -> bool:
    try:
        torch.zeros(1, dtype=torch.bfloat16, device="mps")
    except (TypeError, RuntimeError):
        return False
    return True


def _has_mps() -> bool:
    return torch.backends.mps.is_available()
