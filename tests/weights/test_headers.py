"""A safetensors file whose header does not fit it is told without reading its tensors."""

import json
import struct

import pytest
import torch
from safetensors.torch import save_file

from artifix.errors import WeightsError
from artifix.weights.headers import require_sound_header

TYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16]
TYPES += [torch.int8, torch.uint8, torch.bool, torch.float8_e4m3fn, torch.float8_e5m2, torch.complex64]


def packed(header: object, payload: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + payload


def one(**changed: object) -> dict[str, object]:
    return {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changed}}


def two(second: tuple[int, int]) -> dict[str, object]:
    return one() | {"b": {"dtype": "U8", "shape": [second[1] - second[0]], "data_offsets": list(second)}}


def test_what_the_library_writes_is_sound(tmp_path):
    tensors = {str(kind): torch.ones(2, 3).to(kind) for kind in TYPES}
    tensors |= {"empty": torch.zeros(0, 4), "one number": torch.tensor(1.0)}
    save_file(tensors, tmp_path / "a.safetensors", metadata={"format": "pt"})
    require_sound_header(tmp_path / "a.safetensors")


def test_no_tensors_at_all_are_sound(tmp_path):
    (tmp_path / "a.safetensors").write_bytes(packed({}))
    require_sound_header(tmp_path / "a.safetensors")


@pytest.mark.parametrize(
    ("dtype", "count", "length"), [("F4", 4, 2), ("F6_E2M3", 4, 3), ("F6_E3M2", 8, 6), ("F8_E8M0", 3, 3)]
)
def test_numbers_of_less_than_a_byte_are_counted_in_bits(tmp_path, dtype, count, length):
    told = one(dtype=dtype, shape=[count], data_offsets=[0, length])
    (tmp_path / "a.safetensors").write_bytes(packed(told, bytes(length)))
    require_sound_header(tmp_path / "a.safetensors")


EIGHT = bytes(8)
UNSOUND = {
    "nothing": (b"", "has 0 bytes, which hold no header"),
    "seven bytes": (EIGHT[:7], "has 7 bytes, which hold no header"),
    "a header longer than the file": (packed(one(), EIGHT, 9999), "its header says it is 9999 long itself"),
    "a header of 2**63 bytes": (packed(one(), EIGHT, 2**63), "long itself"),
    "cut in a tensor": (packed(one(), EIGHT[:5]), "holds 5 bytes of tensors, its header describes 8"),
    "bytes behind the tensors": (packed(one(), EIGHT + b"code"), "holds 12 bytes of tensors"),
    "a pickle": (b"\x80\x04\x95\x0b\x00\x00\x00\x00" + b"\x00\x8c\x05", "long itself"),
    "no JSON": (packed(b"{nothing}"), "its header is no JSON"),
    "no text": (packed(b"\xff\xfe"), "its header is no JSON"),
    "deep": (packed(b"[" * 100_000), "its header is no JSON"),
    "a number of 5,000 digits": (packed(b'{"a": ' + b"9" * 5000 + b"}"), "its header is no JSON"),
    "a list": (packed([]), "its header is no object"),
    "a name twice": (packed(b'{"a": 1, "a": 2}'), "has a name twice"),
    "a gap": (packed(two((9, 10)), EIGHT + b"xy"), "tensor 'b' begins at byte 9, expected 8"),
    "an overlap": (packed(two((4, 8)), EIGHT), "tensor 'b' begins at byte 4, expected 8"),
    "backwards": (packed(one(data_offsets=[8, 0]), EIGHT), "has -8 bytes, its shape asks for others"),
    "another shape": (packed(one(shape=[3]), EIGHT), "has 8 bytes, its shape asks for others"),
    "an unknown type": (packed(one(dtype="F33"), EIGHT), "is of the unknown type 'F33'"),
    "a type that is none": (packed(one(dtype=["F32"]), EIGHT), "is of the unknown type"),
    "a negative size": (packed(one(shape=[-2]), EIGHT), "has no sound shape or offsets"),
    "a true size": (packed(one(shape=[True, 2]), EIGHT), "has no sound shape or offsets"),
    "a huge size": (packed(one(shape=[2**60, 0]), EIGHT), "has no sound shape or offsets"),
    "many sizes": (packed(one(shape=[1] * 99), EIGHT), "has no sound shape or offsets"),
    "three offsets": (packed(one(data_offsets=[0, 4, 8]), EIGHT), "has no sound shape or offsets"),
    "no offsets": (packed({"a": {"dtype": "F32", "shape": [2]}}, EIGHT), "is not described by"),
    "more than is known": (packed(one(code="x"), EIGHT), "is not described by"),
    "no description": (packed({"a": 1}, EIGHT), "is not described by"),
}


@pytest.mark.parametrize("kind", UNSOUND)
def test_a_header_that_does_not_fit_is_told(tmp_path, kind):
    data, said = UNSOUND[kind]
    (tmp_path / "a.safetensors").write_bytes(data)
    with pytest.raises(WeightsError) as caught:
        require_sound_header(tmp_path / "a.safetensors")
    assert f"{tmp_path}/a.safetensors: is no whole safetensors file: " in caught.value.problem
    assert said in caught.value.problem


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(WeightsError, match=r"a.safetensors: cannot be read: No such file"):
        require_sound_header(tmp_path / "a.safetensors")
