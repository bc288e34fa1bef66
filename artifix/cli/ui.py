"""`artifix ui`."""

from dataclasses import dataclass
from typing import Annotated

from artifix.cli import options
from artifix.cli.console import Console
from artifix.cli.options import as_option, option

_EXTRA = '"artifix[ui]"'  # as pip spells it


@dataclass(frozen=True, slots=True)
class AddressOptions:
    """Where the page is."""

    host: Annotated[
        str, option("--host", "Address to listen at; 0.0.0.0 lets other machines in.", "HOST")
    ] = "127.0.0.1"
    port: Annotated[int, option("--port", "Port to listen at.", "N", min=1, max=65535)] = 7860
    share: Annotated[
        bool, option("--share", "Also make a public link; pictures then go through gradio's servers.")
    ] = False


@dataclass(frozen=True, slots=True)
class LimitOptions:
    """What a visitor may ask for."""

    max_side: Annotated[int, option("--max-side", "Longest side of a picture [px].", "N", min=16)] = 4096
    max_file_size: Annotated[float, option("--max-file-size", "Largest file [MB].", "MB", min=0.001)] = 50.0
    max_queue: Annotated[int, option("--max-queue", "Jobs that may wait.", "N", min=1)] = 20
    time_limit: Annotated[float, option("--time-limit", "Of a job [s].", "S", min=1)] = 600.0


def ui(
    *,
    address: AddressOptions,
    limits: LimitOptions,
    run: options.RunOptions,
    debug: options.DebugFlag = False,
) -> None:
    """Repair pictures in the browser: paint the mask, locate, refine, compare, download.

    Listens on this machine only unless --host says otherwise; nothing is fetched from elsewhere. Ctrl-C
    ends it, and deletes what visitors gave.
    """
    from artifix.training.optional_packages import require_installed

    settings = options.settled(run)
    require_installed("gradio", "artifix ui", _EXTRA)

    from artifix.ui.command_line import Spoken, words_of
    from artifix.ui.limits import Limits
    from artifix.ui.server import Address, serve

    given = {name: getattr(run, name) for name in sorted(settings.given - {"seed"})}
    named = [(name, str(value)) for name, value in given.items()]
    if run.config is not None:
        named.append(("config", str(run.config)))
    asked = Limits(
        max_side=limits.max_side,
        max_file_size=limits.max_file_size,
        max_queue=limits.max_queue,
        time_limit=limits.time_limit,
    )
    place = Address(address.host, address.port, address.share)
    spoken = Spoken(as_option, words_of(named, as_option))
    serve(place, asked, settings.config, spoken, Console().note)
