import pytest
import torch

from artifix.errors import DeviceError
from artifix.network.device import choose_device, choose_dtype, choose_precision

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


@pytest.fixture
def without_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.fixture
def with_two_gpus(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)


def test_auto_is_the_cpu_where_there_is_nothing_else(without_gpu):
    assert choose_device("auto") == CPU


def test_auto_is_the_gpu_where_there_is_one(with_two_gpus):
    assert choose_device("auto") == CUDA
    assert choose_device("cuda:1") == torch.device("cuda:1")


@pytest.mark.parametrize("name", ["cuda", "cuda:0", "mps"])
def test_a_missing_device_is_never_silently_the_cpu(without_gpu, name):
    with pytest.raises(DeviceError, match=f"device {name}: torch .* sees 0"):
        choose_device(name)


def test_a_gpu_beyond_the_last_is_refused(with_two_gpus):
    with pytest.raises(DeviceError, match="sees 2 cuda devices"):
        choose_device("cuda:2")


@pytest.mark.parametrize("name", ["graphics", "cuda:x", "", "meta"])
def test_a_name_that_is_no_device_is_refused(name):
    with pytest.raises(DeviceError, match="device"):
        choose_device(name)


def test_auto_is_fp32_on_a_cpu():
    assert choose_dtype("auto", CPU) == torch.float32


@pytest.mark.parametrize(("has_bf16", "expected"), [(True, torch.bfloat16), (False, torch.float16)])
def test_auto_is_half_precision_on_a_gpu(monkeypatch, has_bf16, expected):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: has_bf16)
    assert choose_dtype("auto", CUDA) == expected


def test_a_number_format_asked_for_is_used():
    assert choose_dtype("bf16", CPU) == torch.bfloat16
    assert choose_dtype("fp16", CUDA) == torch.float16


@pytest.mark.parametrize("name", ["fp8", "float32", ""])
def test_an_unknown_number_format_is_refused(name):
    with pytest.raises(DeviceError, match="is unknown"):
        choose_dtype(name, CPU)


def test_half_precision_on_a_cpu_is_refused():
    with pytest.raises(DeviceError, match="slower than fp32"):
        choose_dtype("fp16", CPU)


@pytest.mark.parametrize("capability", ["amx_bf16", "avx512_bf16", "bf16"])
def test_auto_trains_in_bf16_only_where_the_processor_has_it(monkeypatch, capability):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {capability: True}, raising=False)
    assert choose_precision("auto", CPU) == "bf16"
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {capability: False, "avx2": True})
    assert choose_precision("auto", CPU) == "fp32"
    assert choose_precision("bf16", CPU) == "bf16"


def test_auto_trains_in_fp32_where_torch_does_not_tell(monkeypatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert choose_precision("auto", CPU) == "fp32"


@pytest.mark.parametrize(("has_bf16", "expected"), [(True, "bf16"), (False, "fp16")])
def test_auto_trains_in_half_precision_on_a_gpu(monkeypatch, has_bf16, expected):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: has_bf16)
    assert choose_precision("auto", CUDA) == expected


def test_bf16_is_refused_on_a_mac_that_has_no_such_numbers(monkeypatch):
    def zeros(*_, **__):
        raise TypeError("BFloat16 is not supported on MPS")

    monkeypatch.setattr(torch, "zeros", zeros)
    with pytest.raises(DeviceError, match="bf16: this Mac"):
        choose_dtype("bf16", torch.device("mps"))
    monkeypatch.setattr(torch, "zeros", lambda *_, **__: None)
    assert choose_dtype("bf16", torch.device("mps")) == torch.bfloat16
