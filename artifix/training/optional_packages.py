"""Packages that only some users need; nothing heavy is imported."""

import importlib.util

from artifix.errors import UsageError


def require_installed(package: str, what: str, source: str = "") -> None:
    """Raise UsageError, saying how to install it, where `package`, needed for `what`, is not there.

    Args:
        package: as it is imported.
        what: command or option.
        source: what pip installs it from, if that is not the package.
    """
    if importlib.util.find_spec(package) is None:
        remedy = f"pip install {source or package}"
        raise UsageError(f"{what}: needs {package}, which is not installed", remedy)
