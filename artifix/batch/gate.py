"""What the workers of a cluster ask before each row: whether to begin it, and who has died over it.

It lives in a process of its own on the driver's machine, so that it outlives every worker. Nothing heavy is
imported.
"""

from dataclasses import dataclass, field

MOST_DEATHS = 2  # of workers over the same row, or while loading


@dataclass(slots=True)
class Gate:
    """Counts how often each row was begun; a row that is begun again has killed its worker."""

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

        What was begun before the gate was closed may be begun again: it is in hand.
        """
        if not self.is_open and row_id not in self.begun:
            return 0
        self.begun[row_id] = self.begun.get(row_id, 0) + 1
        return self.begun[row_id]

    def close(self) -> list[str]:
        """No further row may be begun; those that have been."""
        self.is_open = False
        return list(self.begun)
