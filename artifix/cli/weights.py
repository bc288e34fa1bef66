"""`artifix weights`: commands about folders of weights."""

import typer

from artifix.cli.signature import flattened
from artifix.cli.weights_import import weights_import

weights = typer.Typer(
    name="weights",
    help="Make folders of weights.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@weights.callback()
def _of_several() -> None:
    """Keep the name of a command, even where there is only one."""


weights.command("import")(flattened(weights_import))
