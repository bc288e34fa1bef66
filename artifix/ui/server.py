"""The server of the page: where it listens, what it keeps on the disk, how it ends."""

import os
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artifix.config import CommandConfig
from artifix.errors import UsageError
from artifix.interruption import noted_interruption
from artifix.setting_names import setting
from artifix.ui.command_line import Spoken
from artifix.ui.limits import Limits

if TYPE_CHECKING:
    from artifix.repair.loading import Loaded

_LOOK_S = 0.2  # between two looks at whether it should end


@dataclass(frozen=True, slots=True)
class Address:
    """Where the page is."""

    host: str = "127.0.0.1"
    port: int = 7860
    share: bool = False  # a public link through gradio's servers


def serve(
    address: Address,
    limits: Limits,
    config: CommandConfig,
    spoken: Spoken,
    tell: Callable[[str], None],
) -> None:
    """Serve the page until the process is told to end.

    Args:
        address: where.
        limits: of what visitors may ask for.
        config: the settings that hold where a visitor chooses nothing.
        spoken: how the command line spells settings.
        tell: told one line.

    Raises:
        UsageError: the address is taken, or none of this machine.
        WeightsError: the weights are missing.
    """
    from artifix.weights.finding import find_weights

    find_weights(config.run.weights)  # missing ones are told now, not to the first visitor
    with tempfile.TemporaryDirectory(prefix="artifix-ui-", ignore_cleanup_errors=True) as name:
        folder = Path(name)  # nobody else on this machine may read it
        _prepare(folder)

        import gradio

        from artifix.ui.actions import Actions
        from artifix.ui.jobs import Jobs
        from artifix.ui.page import page_of
        from artifix.ui.visitor import GIVEN

        loaded: Future[Loaded] = Future()
        actions = Actions(Jobs(loaded, config), limits, spoken, folder)
        page = page_of(actions).queue(max_size=limits.max_queue, default_concurrency_limit=1)
        with noted_interruption() as stop:
            url = _launched(page, address, limits, folder / GIVEN)
            tell(f"the page is at {url}")
            # Behind the page, not before it: reading the weights takes longer than looking at it.
            threading.Thread(target=_load, args=(loaded, config, tell), daemon=True).start()
            while not stop.asked:
                time.sleep(_LOOK_S)
        tell("ending")
        page.close(verbose=False)
        gradio.close_all(verbose=False)


def _launched(page: Any, address: Address, limits: Limits, private: Path) -> str:
    """Begin to serve, and return where; nothing in the folder `private` is ever served."""
    from artifix.ui.page import CSS, THEME

    try:
        _, url, shared = page.launch(
            server_name=address.host,
            server_port=address.port,
            share=address.share,
            max_file_size=f"{round(limits.max_file_size * 1000)}kb",
            blocked_paths=[str(private)],
            theme=THEME,
            css=CSS,
            prevent_thread_lock=True,
            quiet=True,
            ssr_mode=False,  # it would need Node
            pwa=False,
            footer_links=[],
            run_history=False,
            enable_monitoring=False,
        )
    except OSError as error:
        raise _not_there(address, error) from error
    return str(shared or url)


def _prepare(folder: Path) -> None:
    """What gradio reads of the environment when it is imported: where its files lie, that it is silent."""
    served = folder / "served"
    served.mkdir()
    os.environ["GRADIO_TEMP_DIR"] = str(served)
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"


def _load(loaded: "Future[Loaded]", config: CommandConfig, tell: Callable[[str], None]) -> None:
    """Load the weights; what goes wrong is told to whoever waits for them."""
    from artifix.repair.loading import load

    try:
        loaded.set_result(load(config.run, tell, owns_process=True))
    except BaseException as error:  # handed on to the jobs, which show it
        tell(str(error))
        loaded.set_exception(error)


def _not_there(address: Address, error: OSError) -> UsageError:
    place = f"{address.host}:{address.port}"
    return UsageError(
        f"{place}: cannot listen there ({str(error).splitlines()[0]})",
        f"pass another {setting('port')}, or a {setting('host')} of this machine",
    )
