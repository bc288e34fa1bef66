"""Cases run in a process of their own, which may crash, hang or take too much memory without harm."""

import argparse
import json
import multiprocessing
import os
import resource
import signal
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from artifix.errors import ArtifixError

MOST_S, KILLED_S = 4.0, 20.0  # processor time of one case: allowed, and after which it is killed
MOST_BYTES = 2 * 2**30  # that a case may take beyond what is loaded before

Attempt = Callable[[int], str]  # does a case by its number; returns what kind it was, raises what it raises
Make = Callable[[], Attempt]  # in the process of the cases


@dataclass(slots=True)
class Verdict:
    """How cases ended."""

    counts: Counter[str] = field(default_factory=Counter)  # "taken" and "refused", by kind too
    violations: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    most_mb: float = 0.0  # resident, of the process that had most

    def told(self) -> dict[str, object]:
        """For the summary."""
        figures = {"slowest_s": round(self.slowest_s, 2), "most_mb": round(self.most_mb)}
        return {**dict(sorted(self.counts.items())), **figures, "violations": len(self.violations)}

    def close(self, name: str) -> int:
        """Print what was found; returns an exit status."""
        for line in self.violations:
            print(f"{name}: {line}")
        print(f"{name}: {json.dumps(self.told())}", flush=True)
        return int(bool(self.violations))


def judge(make: Make, first: int, count: int, most_s: float = MOST_S) -> Verdict:
    """Do the cases `first`, `first + 1`, ...; a process that dies is replaced, and its case a violation."""
    verdict, number, last = Verdict(), first, first + count
    context = multiprocessing.get_context("fork")
    while number < last:
        mine, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_serve, args=(make, number, last, theirs), daemon=True)
        process.start()
        theirs.close()
        number = _listen(mine, verdict, number, most_s)
        process.join()
        if number < last:
            verdict.violations.append(f"case {number}: the process ended with {process.exitcode}")
            number += 1
    return verdict


def command(
    described: str | None,
    name: str,
    count: int,
    attempts: Callable[[Path], Attempt],
    arguments: Sequence[str] | None,
) -> int:
    """The command line of a check of mutants; returns an exit status.

    Args:
        described: for its help.
        name: of what is garbled.
        count: of mutants, by default.
        attempts: makes the attempt, given a folder to work in.
        arguments: of the command line; None for the process's own.
    """
    parser = argparse.ArgumentParser(description=described, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--count", type=int, default=count)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as place:
        verdict = judge(lambda: attempts(Path(place)), options.seed * 1_000_000, options.count)
    return verdict.close(name)


def _listen(mine: Connection, verdict: Verdict, number: int, most_s: float) -> int:
    """Note how cases end; returns the first one that did not."""
    while True:
        try:
            said, kind, problem, seconds, megabytes = mine.recv()
        except EOFError:
            return number
        assert said == number
        verdict.counts[kind] += 1
        verdict.slowest_s = max(verdict.slowest_s, seconds)
        verdict.most_mb = max(verdict.most_mb, megabytes)
        if problem:
            verdict.violations.append(f"case {number}: {problem}")
        if seconds > most_s:
            verdict.violations.append(f"case {number} ({kind}): took {seconds:.1f} s")
        number += 1


def _serve(make: Make, first: int, last: int, answers: Connection) -> None:
    attempt = make()
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)  # libraries in C talk there
    _bound_memory()
    for number in range(first, last):
        signal.setitimer(signal.ITIMER_PROF, KILLED_S)  # whose signal ends the process, deep in C too
        started_s = time.process_time()
        kind, problem = _ended(attempt, number)
        seconds = time.process_time() - started_s
        answers.send((number, kind, problem, seconds, _resident_mb()))


def _ended(attempt: Attempt, number: int) -> tuple[str, str]:
    try:
        return f"taken {attempt(number)}".strip(), ""
    except ArtifixError as error:
        return f"refused by {type(error).__name__}", ""
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        return "broken", f"{error!r} at {last.filename.rpartition('/')[2]}:{last.lineno}"


def _bound_memory() -> None:
    loaded = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()  # noqa: SIM115
    resource.setrlimit(resource.RLIMIT_AS, (loaded + MOST_BYTES, loaded + MOST_BYTES))


def _resident_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
