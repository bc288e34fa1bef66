"""Packages that only some users need; nothing heavy is imported."""

import importlib.util

from artifix.errors import UsageError


def require_installed(package: str, what: str) -> None:
    """Raise UsageError, saying how to install it, where `package`, needed for `what`, is not there."""
    if importlib.util.find_spec(package) is None:
        raise UsageError(f"{what}: needs {package}, which is not installed", f"pip install {package}")
