"""Packs are made here: pictures chosen, cut to squares, and written with their geometry and licences."""

import itertools
import re
import shutil
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from artifix.errors import OutputError, UsageError
from artifix.outputs.save import as_output_error, publish
from artifix.training.pairs.folders import LEAST_SIDE_PX, find_images
from artifix.training.pairs.pack import INDEX, Pack
from artifix.training.pairs.pack_writer import PackPlan, PackWriter, Report, source_of
from artifix.training.pairs.real_pairs import find_matchers, find_objects, find_pairs


def write_pack(out: Path, plan: PackPlan, report: Report = lambda line: None) -> Pack:
    """Make a pack; the same pictures, versions and plan give the same bytes.

    Real pairs come first; decals and single pictures of all sources in turn fill what is left of the limit.

    Args:
        out: appears whole or not at all; an earlier pack there is replaced.
        plan: what goes in.
        report: takes lines on the way.

    Raises:
        UsageError: nothing to pack, or a name to hold out that no object has.
        InputError: a folder without pictures or objects, or an unknown matcher.
        OutputError: `out` holds something else, the limit is too low for the pairs, or the disk refuses.
    """
    if not plan.images and not plan.objects:
        raise UsageError(
            "nothing is to be packed", "name folders of pictures, or of objects in several photos"
        )
    sides = plan.side_px, plan.pair_side_px, plan.decal_px
    if min(sides) < LEAST_SIDE_PX:
        raise UsageError(
            f"squares of {sides[0]}, {sides[1]} and {sides[2]} px are asked for",
            f"training reads pictures of {LEAST_SIDE_PX} px and more",
        )
    matchers = find_matchers(plan.matchers)
    _require_replaceable(out)
    objects = _objects(plan)
    held_out = _held_out(plan, sorted(objects))
    kept = {name: paths for name, paths in objects.items() if name not in held_out}
    left_out = {path.resolve() for name in held_out for path in objects[name]}
    report(f"{len(kept)} objects, {len(held_out)} held out: {', '.join(held_out) or 'none'}")
    with as_output_error(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        scratch = out.resolve().parent / f".{out.resolve().name}-{uuid.uuid4().hex}.tmp"
        try:
            scratch.mkdir()
            writer = PackWriter(scratch, plan)
            pairs = find_pairs(kept, plan.rules, matchers, plan.seed, report)
            packed = [pair for name in pairs for pair in writer.add_pairs(name, pairs[name])]
            writer.require_below_limit(len(packed))
            singles = _singles(plan, held_out, left_out | writer.seen)
            writer.add_singles(singles, report)
            pack = writer.finish(packed, held_out, tuple(matchers))
            publish(scratch, out.resolve())
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return pack


def _require_replaceable(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out}: exists and is a file", "move it away")
    if out.is_dir() and any(out.iterdir()) and not (out / INDEX).is_file():
        raise OutputError(f"{out}: exists and holds no pack, but something else", "move it away")


def _objects(plan: PackPlan) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for folder in plan.objects:
        for name, paths in find_objects(folder, plan.pattern).items():
            found.setdefault(name, []).extend(paths)
    return found


def _held_out(plan: PackPlan, names: Sequence[str]) -> tuple[str, ...]:
    if unknown := [name for name in plan.hold_out if name not in names]:
        raise UsageError(
            f"no object is called {', '.join(unknown)}, and so none can be held out",
            f"objects are: {', '.join(names) or 'none'}",
        )
    half = names[::2] if plan.hold_out_half else ()
    return tuple(sorted({*plan.hold_out, *half}))


def _singles(plan: PackPlan, held_out: Sequence[str], left_out: set[Path]) -> Iterator[tuple[Path, Path]]:
    """(file, its folder of `images`): sources in turn, the pictures of each in a drawn order."""
    rows: dict[str, list[tuple[Path, Path]]] = {}
    for folder in plan.images:
        for path in find_images(folder):
            named = re.search(plan.pattern, path.relative_to(folder).as_posix()) if plan.pattern else None
            if path.resolve() not in left_out and not (named and named[1] in held_out):
                rows.setdefault(source_of(path, folder).name, []).append((path, folder))
    for name, row in rows.items():
        order = np.random.default_rng([plan.seed, *name.encode()]).permutation(len(row))
        rows[name] = [row[place] for place in order]
    for together in itertools.zip_longest(*rows.values()):
        yield from (found for found in together if found is not None)
