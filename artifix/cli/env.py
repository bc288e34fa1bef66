"""`artifix env`."""

from typing import Any

from artifix.cli.console import Console
from artifix.cli.options import DebugFlag, JsonFlag


def env(*, json: JsonFlag = False, debug: DebugFlag = False) -> None:
    """Describe this installation, for bug reports."""
    from artifix.repair.installation import installation

    facts = installation()
    Console(json=json).result(
        "\n".join(f"{name + ':':25}{_said(value)}" for name, value in facts.items()), facts
    )


def _said(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
