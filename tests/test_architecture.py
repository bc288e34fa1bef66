"""The law of the house: who may import whom, how large things may be, and that help needs nothing heavy."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "artifix"
# From the top down; a room imports only what stands on a lower line, or itself.
LINES = (
    {"cli", "api"},
    {"evaluation", "ui"},
    {"batch", "training"},
    {"repair"},
    {"pretrained"},
    {"base_models", "pipeline"},
    {"repainting"},
    {"detection", "result"},
    {"alignment", "refinement"},
    {"attention", "registration"},
    {"matching"},
    {"inputs", "outputs", "network"},
    {"weights"},
    {"scene"},
    {"geometry"},
    {"box"},
    {"config"},
    {"config_sections", "writing"},
    {"errors", "interruption", "control_groups", "tuning", "progress"},
    {"setting_names"},
)
LEVELS = {room: level for level, rooms in enumerate(LINES) for room in rooms}
ROOTS = {"__init__", "__main__"}  # the package's own doors, above all rooms
KNOW_NO_TORCH = {
    "registration",
    "inputs",
    "outputs",
    "weights",
    "scene",
    "geometry",
    "box",
    "config",
    "config_sections",
    "writing",
    "errors",
    "setting_names",
    "tuning",
    "progress",
}
NO_TORCH = {"torch", "diffusers", "transformers", "safetensors", "accelerate", "torchvision"}
FORBIDDEN_LIBRARIES = {"click", "torchvision", "albumentations", "pickle", "dill"}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "core", "misc"}
HEAVY = {"torch", "numpy", "cv2", "scipy", "diffusers", "transformers", "PIL", "rich"}
MOST_FUNCTION_LINES, MOST_MODULE_LINES = 50, 250

MODULES = sorted(PACKAGE.rglob("*.py"))
NAMES = [path.relative_to(PACKAGE).as_posix() for path in MODULES]


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports_of(path: Path) -> Iterator[str]:
    """Dotted names of everything imported, inside functions and for type checking too."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def rooms_imported(path: Path) -> set[str]:
    names = {name.split(".")[1] for name in imports_of(path) if name.startswith("artifix.")}
    return names & LEVELS.keys()  # `from artifix import __version__` names no room


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_imports_go_down_only(path):
    room = room_of(path)
    if room in ROOTS:
        return
    above = {other for other in rooms_imported(path) - {room} if LEVELS[other] <= LEVELS[room]}
    assert not above, f"{room} may not import {above}"


def test_every_room_has_its_place():
    assert {room_of(path) for path in MODULES} - ROOTS <= LEVELS.keys()


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_registration_files_and_what_is_below_know_no_torch(path):
    if room_of(path) in KNOW_NO_TORCH:
        assert not {name.split(".")[0] for name in imports_of(path)} & NO_TORCH


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_no_module_imports_what_is_not_to_be_used(path):
    assert not {name.split(".")[0] for name in imports_of(path)} & FORBIDDEN_LIBRARIES


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_no_module_has_a_name_that_says_nothing(path):
    assert not {part.removesuffix(".py") for part in path.relative_to(PACKAGE).parts} & FORBIDDEN_NAMES


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_modules_and_functions_stay_small(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_MODULE_LINES
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef):
            # The options of a command are its signature, and are not counted.
            lines = node.end_lineno - node.body[0].lineno + 1
            assert lines <= MOST_FUNCTION_LINES, f"{node.name} has {lines} lines"


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_every_module_says_what_it_is(path):
    assert ast.get_docstring(tree_of(path))


@pytest.mark.parametrize(
    "command",
    [
        "",
        "refine",
        "locate",
        "batch",
        "train",
        "ablate",
        "bench",
        "stats",
        "sheet",
        "study",
        "study build",
        "study score",
        "ui",
        "detect",
        "env",
        "weights",
        "weights pull",
        "weights import",
    ],
)
def test_help_loads_nothing_heavy(command):
    program = (
        "import json, sys; from artifix.cli.app import main; main(sys.argv[1:]); "
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *command.split(), "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("Usage: artifix")
    assert not set(json.loads(done.stderr)) & HEAVY


def test_the_public_names_are_loaded_when_first_used():
    program = "import sys, artifix; assert 'torch' not in sys.modules; print(artifix.refine.__module__)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("artifix.api")
