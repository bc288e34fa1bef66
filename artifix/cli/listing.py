"""Which rows `artifix batch` is asked for, and what is odd about them."""

from typing import TYPE_CHECKING, Any

from artifix.cli.console import Console
from artifix.errors import UsageError

if TYPE_CHECKING:
    from artifix.inputs.rows import Row


def rows_of(given: dict[str, Any], console: Console) -> "list[Row]":
    """The rows of the manifest, or of the folder of a layout.

    Args:
        given: the parameters of the command.
        console: told of what is odd.

    Raises:
        UsageError: the parameters contradict each other.
        InputError: the manifest or folder cannot be read, or has mistakes.
    """
    from artifix.inputs.places import was_url

    if was_url(given["manifest"]) and not given["manifest"].exists():
        raise UsageError(
            "MANIFEST is a URL: a manifest is read from this machine",
            "download it first; its rows may name URLs",
        )
    if given["layout"] is None:
        if named := [name for name in ("masks", "references") if given[name] is not None]:
            raise UsageError(f"--{named[0]} is of a --layout", "name the layout, or drop it")
        if given["ref"]:
            raise UsageError(
                "--ref is of --layout plain", "name the layout, or the references in a column of the manifest"
            )
        return _listed(given, console)

    from artifix.inputs.layouts import list_layout
    from artifix.inputs.request import IMAGE_ALPHA

    if given["mask_from"] == IMAGE_ALPHA:
        raise UsageError(f"--mask-from {IMAGE_ALPHA} reads no masks, and a --layout lists them", "drop one")
    places = (given["manifest"], given["masks"], given["references"])
    listing = list_layout(given["layout"], *places, given["ref"] or ())
    if left_out := len(listing.left_out):
        console.note(f"{left_out} pictures have no mask and are left out, such as {listing.left_out[0]}")
    return listing.rows


def _listed(given: dict[str, Any], console: Console) -> "list[Row]":
    """The rows of a manifest; files that are missing are told, and their rows fail when it is their turn."""
    from artifix.inputs.cells import FORM
    from artifix.inputs.manifest import read_manifest
    from artifix.inputs.request import IMAGE_ALPHA
    from artifix.inputs.table import counted, mistaken

    path = given["manifest"]
    found = read_manifest(path, given["allow_outside"], given["mask_from"] == IMAGE_ALPHA)
    if found.notes:
        console.note(f"{path.name}: {'; '.join(found.notes)}")
    if found.absent:
        if given["fail_fast"]:
            raise mistaken(path, found.absent, FORM)
        lines = len({line for line, _ in found.absent})
        line, what = found.absent[0]
        console.note(f"{counted(lines, 'row')} will fail for missing files, such as line {line}: {what}")
    return found.rows
