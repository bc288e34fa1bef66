"""How long files are, as people say it."""


def in_gb(length: int) -> str:
    """A number of bytes in the largest unit of which it is at least one: 7.8 GB, 346 MB, 9 kB, 40 bytes."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if length >= size:
            return f"{length / size:.1f} {unit}" if unit == "GB" else f"{length / size:.0f} {unit}"
    return f"{length} bytes"
