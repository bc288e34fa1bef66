"""What a run writes down: its config, the losses of every step, the figures of every validation."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from artifix.config_sections import to_dict
from artifix.training.config import TrainingConfig
from artifix.training.run_folder import RESUME
from artifix.writing import as_output_error, write_file

_LOGS = "log.jsonl", "validation.jsonl"


class RunLog:
    """The logs of a run. Rows are kept until `flush`, which has to come before a checkpoint is written.

    Args:
        run: the run's folder, made if it is not there.
        config: written to config.toml.
        step: the run goes on after so many steps; rows of later ones, lost with the process that wrote them,
            are removed.
        with_tensorboard: write RUN/tensorboard too.
        is_main: of several processes, the others write nothing.

    Raises:
        OutputError: the folder cannot be written.
    """

    def __init__(
        self, run: Path, config: TrainingConfig, step: int, with_tensorboard: bool, is_main: bool
    ) -> None:
        self._run = run
        self._is_main = is_main
        self._rows: dict[str, list[dict[str, Any]]] = {name: [] for name in _LOGS}
        self._board: Any = None
        if not is_main:
            return
        with as_output_error(run, RESUME):
            run.mkdir(parents=True, exist_ok=True)
            _write_whole(run / "config.toml", to_toml(to_dict(config)))
            for name in _LOGS:
                _trim(run / name, step)
            if with_tensorboard:
                # An extra, and slow to import.
                from torch.utils.tensorboard import SummaryWriter

                self._board = SummaryWriter(str(run / "tensorboard"), purge_step=step + 1)

    def step(self, step: int, values: Mapping[str, float]) -> None:
        """Note the values of an update, `step` of them done."""
        self._note("log.jsonl", step, values)

    def validation(self, step: int, values: Mapping[str, float]) -> None:
        """Note the figures of a validation."""
        self._note("validation.jsonl", step, values)

    def _note(self, name: str, step: int, values: Mapping[str, float]) -> None:
        if not self._is_main:
            return
        self._rows[name].append({"step": step, **values})
        if self._board is not None:
            for tag, value in values.items():
                self._board.add_scalar(f"{name.removesuffix('.jsonl')}/{tag}", value, step)

    def flush(self) -> None:
        """Write what was noted.

        Raises:
            OutputError: the disk refuses.
        """
        for name, rows in self._rows.items():
            if rows:
                with (
                    as_output_error(self._run, RESUME),
                    (self._run / name).open("a", encoding="utf-8") as file,
                ):
                    file.write("".join(json.dumps(row) + "\n" for row in rows))
                rows.clear()
        if self._board is not None:
            self._board.flush()

    def close(self) -> None:
        """Write what was noted, and let go of the files."""
        self.flush()
        if self._board is not None:
            self._board.close()


def _trim(path: Path, step: int) -> None:
    """Keep the rows up to `step`; the last may have been cut in the middle."""
    if not path.exists():
        return
    kept = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue
        if row["step"] <= step:
            kept.append(line + "\n")
    _write_whole(path, "".join(kept))


def _write_whole(path: Path, text: str) -> None:
    write_file(path, lambda stream: stream.write(text.encode()))


def to_toml(values: Mapping[str, Any]) -> str:
    """A config's plain values as TOML that `read_toml` gives back; what is None is left out."""
    return "\n".join(_table(values, ())).strip() + "\n"


def _table(values: Mapping[str, Any], place: tuple[str, ...]) -> list[str]:
    present = {name: value for name, value in values.items() if value is not None}
    nested = {name: value for name, value in present.items() if _tables(value)}
    lines = [f"{name} = {_literal(value)}" for name, value in present.items() if name not in nested]
    for name, value in nested.items():
        inner = (*place, name)
        opening = ("[{}]" if isinstance(value, Mapping) else "[[{}]]").format(".".join(inner))
        for table in _tables(value):
            lines += ["", opening, *_table(table, inner)]
    return lines


def _tables(value: Any) -> list[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        return [value]
    is_array = isinstance(value, list | tuple) and len(value) > 0
    return list(value) if is_array and all(isinstance(item, Mapping) for item in value) else []


def _literal(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_literal, value))}]"
    # JSON's strings, numbers, true and false are TOML's.
    return json.dumps(value, ensure_ascii=False)
