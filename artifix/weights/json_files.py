"""JSON files of weights, which nobody vouches for."""

import json
from pathlib import Path
from typing import Any

from artifix.errors import WeightsError

_MOST_BYTES = 32_000_000  # far more than any has; a file of gigabytes would only fill memory
REMEDY = "copy or download the whole folder again, from where you trust it"


def read_table(path: Path) -> dict[str, Any]:
    """The object that a JSON file holds.

    Raises:
        WeightsError: it cannot be read, is no JSON, or holds something else.
    """
    try:
        if (length := path.stat().st_size) > _MOST_BYTES:
            raise WeightsError(f"{path}: has {length} bytes, expected at most {_MOST_BYTES}", REMEDY)
        told = json.loads(path.read_bytes())
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read: {error.strerror or error}", REMEDY) from error
    except (ValueError, RecursionError) as error:
        raise WeightsError(f"{path}: is no JSON: {str(error)[:200]}", REMEDY) from error
    if not isinstance(told, dict):
        raise WeightsError(f"{path}: holds no object of names and values", REMEDY)
    return told
