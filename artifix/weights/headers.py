"""Headers of safetensors files: whether they fit the file that they stand in; tensors are not read."""

import json
import math
import struct
from pathlib import Path
from typing import Any

from artifix.errors import WeightsError
from artifix.weights.json_files import REMEDY

_MOST_BYTES = 16_000_000  # of a header; those of the largest public networks have less than one million
# Bits of one number.
_BITS = {
    **dict.fromkeys(("F4",), 4),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8),
    **dict.fromkeys(("I16", "U16", "F16", "BF16"), 16),
    **dict.fromkeys(("I32", "U32", "F32"), 32),
    **dict.fromkeys(("I64", "U64", "F64", "C64"), 64),
}


class _UnsoundError(Exception):
    """What is wrong with a header."""


def require_sound_header(path: Path) -> None:
    """Refuse a safetensors file whose header does not fit it: cut, changed, or another kind of file.

    Raises:
        WeightsError: names the file and what does not fit.
    """
    try:
        with path.open("rb") as file:
            start, total = file.read(8), path.stat().st_size
            if len(start) < 8:
                raise _UnsoundError(f"has {total} bytes, which hold no header")
            (length,) = struct.unpack("<Q", start)
            if length > min(_MOST_BYTES, total - 8):
                raise _UnsoundError(f"has {total} bytes, its header says it is {length} long itself")
            header = file.read(length)
        _require_fitting(_parsed(header), total - 8 - length)
    except _UnsoundError as error:
        raise WeightsError(f"{path}: is no whole safetensors file: {error}", REMEDY) from error
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read: {error.strerror or error}", REMEDY) from error


def _parsed(header: bytes) -> dict[str, Any]:
    try:
        told = json.loads(header.decode("utf-8"), object_pairs_hook=_without_doubles)
    except (ValueError, RecursionError) as error:
        raise _UnsoundError(f"its header is no JSON: {str(error)[:100]}") from error
    if not isinstance(told, dict):
        raise _UnsoundError("its header is no object")
    return told


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise _UnsoundError("its header has a name twice")
    return table


def _require_fitting(tensors: dict[str, Any], payload: int) -> None:
    """Tensors have to fill the payload, one after the other, without gaps."""
    spans = sorted(_span(name, told) for name, told in tensors.items() if name != "__metadata__")
    end = 0
    for first, last, name in spans:
        if first != end:
            raise _UnsoundError(f"tensor {name[:80]!r} begins at byte {first}, expected {end}")
        end = last
    if end != payload:
        raise _UnsoundError(f"holds {payload} bytes of tensors, its header describes {end}")


def _span(name: str, told: Any) -> tuple[int, int, str]:
    """Where the bytes of a tensor begin and end, and its name."""
    if not isinstance(told, dict) or told.keys() != {"dtype", "shape", "data_offsets"}:
        raise _UnsoundError(f"tensor {name[:80]!r} is not described by dtype, shape and data_offsets")
    dtype, shape, offsets = told["dtype"], told["shape"], told["data_offsets"]
    if not isinstance(dtype, str) or dtype not in _BITS:
        raise _UnsoundError(f"tensor {name[:80]!r} is of the unknown type {str(dtype)[:40]!r}")
    if not _are_counts(shape) or not _are_counts(offsets) or len(offsets) != 2:
        raise _UnsoundError(f"tensor {name[:80]!r} has no sound shape or offsets")
    first, last = offsets
    if (last - first) * 8 != math.prod(shape) * _BITS[dtype]:
        raise _UnsoundError(f"tensor {name[:80]!r} has {last - first} bytes, its shape asks for others")
    return first, last, name


def _are_counts(values: Any) -> bool:
    """Whether these are a few numbers that a file can have; products of more would take for ever."""
    return (
        isinstance(values, list)
        and len(values) <= 16
        and all(type(value) is int and 0 <= value < 2**48 for value in values)
    )
