"""Pack training pictures into one small folder, with the geometry of real pairs found beforehand.

Usage: python benchmarks/make_pack.py OUT --data DIR [--pairs DIR] [--object REGEX] [--hold-out NAMES] ...

OUT is what `artifix train --data OUT` reads: small squares as JPEG, decals as PNG, and pack.json, which tells
how the photos of one object lie to each other, what was held out, and the licences, as PROVENANCE.txt beside
the pictures tells them. Objects in several photos have a subfolder each, or a name in those of their files:
--object '_Packages_[^_]+_([^_]+)_' finds Some-Juice in train_Packages_Juice_Some-Juice_07.jpg; then the
folders of --data are searched for them too. What is held out is not in the pack at all: measure with it.
"""

import argparse
import sys
from pathlib import Path

from artifix.errors import ArtifixError
from artifix.training.pairs.pack import Pack
from artifix.training.pairs.packing import PackPlan, write_pack
from artifix.training.pairs.photo_geometry import PairRules


def read_plan(words: list[str] | None = None) -> tuple[Path, PackPlan]:
    """Folder and plan that the command line asks for."""
    plan, rules = PackPlan(), PairRules()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, nargs="+", default=[], help="folders of single pictures")
    parser.add_argument("--pairs", type=Path, nargs="+", default=[], help="folders of objects")
    parser.add_argument("--object", default="", help="regular expression; its group is an object's name")
    parser.add_argument("--hold-out", default="", metavar="A,B", help="objects to leave out")
    parser.add_argument("--hold-out-half", action="store_true", help="leave out every second object")
    parser.add_argument("--anchors", default=rules.anchors, help="regular expression; tried with all others")
    parser.add_argument(
        "--partners", type=int, default=rules.partners, help="others that a photo is tried with"
    )
    parser.add_argument("--matchers", nargs="+", default=[], help="sift, xfeat; default: all that are there")
    parser.add_argument("--side", type=int, default=plan.side_px, help="of single pictures [px]")
    parser.add_argument("--pair-side", type=int, default=plan.pair_side_px, help="of photos in pairs [px]")
    parser.add_argument("--most-mb", type=float, default=plan.most_bytes / 1e6, help="size of it all")
    parser.add_argument("--seed", type=int, default=plan.seed)
    asked = parser.parse_args(words)
    return asked.out, PackPlan(
        images=tuple(asked.data),
        objects=tuple(asked.pairs) or (tuple(asked.data) if asked.object else ()),
        pattern=asked.object,
        hold_out=tuple(name.strip() for name in asked.hold_out.split(",") if name.strip()),
        hold_out_half=asked.hold_out_half,
        side_px=asked.side,
        pair_side_px=asked.pair_side,
        most_bytes=round(asked.most_mb * 1e6),
        matchers=tuple(asked.matchers),
        rules=PairRules(partners=asked.partners, anchors=asked.anchors),
        seed=asked.seed,
    )


def summary(out: Path, pack: Pack) -> list[str]:
    """What a pack holds, line by line."""
    paired = {place for pair in pack.pairs for place in (pair.first, pair.second)}
    objects = {pack.pictures[place].object for place in paired}
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    counts = {source.name: sum(p.source == source.name for p in pack.pictures) for source in pack.sources}
    return [
        f"{len(pack.pairs)} pairs of {len(paired)} photos of {len(objects)} objects",
        f"matched by {', '.join(pack.matchers)}",
        f"held out: {', '.join(pack.held_out) or 'nothing'}",
        *(f"{counts[source.name]:5} pictures of {source.name}: {source.licence}" for source in pack.sources),
        f"{out}: {len(pack.pictures)} pictures, {size / 1e6:.2f} MB",
    ]


def main() -> None:
    """Make the pack and tell of it."""
    out, plan = read_plan()
    try:
        pack = write_pack(out, plan, print)
    except ArtifixError as error:
        print(f"{error.problem}\n{error.hint}", file=sys.stderr)
        sys.exit(error.exit_code)
    print("\n".join(summary(out, pack)))


if __name__ == "__main__":
    main()
