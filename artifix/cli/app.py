"""The command line: its commands, and the one place where errors become exit codes."""

import os
import sys
import traceback
import warnings
from typing import Annotated

import typer

from artifix import __version__
from artifix.cli.ablate import ablate
from artifix.cli.batch import batch
from artifix.cli.bench import bench
from artifix.cli.console import escaping, tell_error
from artifix.cli.detect import detect
from artifix.cli.env import env
from artifix.cli.locate import locate
from artifix.cli.options import EPILOG, as_option
from artifix.cli.refine import refine
from artifix.cli.sheet import sheet
from artifix.cli.signature import flattened
from artifix.cli.stats import stats
from artifix.cli.study import study
from artifix.cli.train import train
from artifix.cli.ui import ui
from artifix.cli.weights import weights
from artifix.errors import ArtifixError, ExitCode, is_out_of_memory

# Plain help: drawing it with rich would double the time that --help takes.
app = typer.Typer(
    name="artifix",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (refine, locate, detect, ui, batch, train, ablate, bench, stats, sheet, env):
    has_settings = command not in (detect, train, stats, sheet, env)
    app.command(epilog=EPILOG if has_settings else None)(flattened(command))
app.add_typer(study, name="study")
app.add_typer(weights, name="weights")

_MEMORY_HINT = "use a smaller image or mask, fewer --candidates or another --device, or close other programs"
_BUG_HINT = "this is a bug in artifix: run again with --debug, and report it with the output of: artifix env"


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"artifix {__version__}")
        raise typer.Exit


@app.callback()
def artifix(
    version: Annotated[
        bool,
        typer.Option(
            "--version", "-V", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Repair artifacts in generated images from a reference photo."""


def main(argv: list[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: arguments without the program's name; None reads those of the process.

    Returns:
        The exit code; every failure has been told on stderr.
    """
    with escaping():
        return _run(sys.argv[1:] if argv is None else argv)


def _run(arguments: list[str]) -> int:
    debug = "--debug" in arguments or os.environ.get("ARTIFIX_DEBUG", "0") not in ("", "0")
    try:
        with warnings.catch_warnings():
            if not debug:
                warnings.simplefilter("ignore")  # of libraries, about themselves
            app(arguments, prog_name="artifix")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:
        code = ExitCode.INTERRUPTED
    except Exception as error:  # the boundary: nothing above it could tell the user more
        if debug:
            traceback.print_exc()
        return _told(error)
    else:
        code = ExitCode.OK
    if code == ExitCode.INTERRUPTED:
        tell_error("interrupted", "")
    return int(code)


def _told(error: Exception) -> int:
    """Tell of a failure on stderr; returns its exit code."""
    if isinstance(error, ArtifixError):
        tell_error(*error.told(as_option))
        return int(error.exit_code)
    text = str(error) or type(error).__name__
    if is_out_of_memory(error):
        tell_error(f"out of memory: {text.splitlines()[0]}", _MEMORY_HINT)
        return int(ExitCode.DEVICE)
    tell_error(f"{type(error).__name__}: {text}", _BUG_HINT)
    return int(ExitCode.BUG)
