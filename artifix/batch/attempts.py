"""How often the workers of a cluster have begun each row: what tells that a row kills its workers.

Every worker asks before each row. The counts are kept by a process of their own (a Ray actor) on the driver's
machine, so that they outlive every worker. Nothing heavy is imported.
"""

from dataclasses import dataclass, field

MOST_DEATHS = 2  # of workers over the same row, or while loading


@dataclass(slots=True)
class Attempts:
    """How often each row was begun, and whether more may be; a row begun again has killed a worker."""

    is_open: bool = True
    begun: dict[str, int] = field(default_factory=dict)  # rows, and how often
    loading: dict[str, int] = field(default_factory=dict)  # how often workers began to that have not loaded
    indices: dict[str, int] = field(default_factory=dict)  # of workers, in the order they came

    def load(self, worker: str) -> tuple[int, bool]:
        """Asked before a worker loads the network: its index, and whether it has died of that too often."""
        self.loading[worker] = self.loading.get(worker, 0) + 1
        return self.indices.setdefault(worker, len(self.indices)), self.loading[worker] > MOST_DEATHS

    def loaded(self, worker: str) -> None:
        """The network is loaded."""
        self.loading.pop(worker, None)

    def begin(self, row_id: str) -> int:
        """Asked before a row: how often it has been begun, this time included; 0 if it shall not be.

        What was begun before this was closed may be begun again: it is in hand.
        """
        if not self.is_open and row_id not in self.begun:
            return 0
        self.begun[row_id] = self.begun.get(row_id, 0) + 1
        return self.begun[row_id]

    def close(self) -> list[str]:
        """No further row may be begun; those that have been."""
        self.is_open = False
        return list(self.begun)
