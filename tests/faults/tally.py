"""What came of the faults that were played: counted, shown while it goes on, and summed up."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field

from faults.world import Outcome

_STEPS = 10  # lines of progress for a campaign where there is no terminal


@dataclass
class Tally:
    """What came of one campaign of ``total`` runs."""

    name: str
    total: int = 0
    runs: int = 0
    wrong: int = 0
    failures: list[str] = field(default_factory=list)
    slowest_open: float = 0.0
    slowest_repair: float = 0.0
    rebuilt: int = 0
    emptied: int = 0
    skipped: str = ""
    started: float = field(default_factory=time.monotonic)

    def add(self, label: str, runs: int, outcome: Outcome | None, error: str | None) -> None:
        """Count what stands for ``runs`` runs, and show how far the campaign is."""
        before, self.runs = self.runs, self.runs + runs
        if error:
            self.wrong += runs
            self.failures.append(f"{self.name} {label}: {error}")
            say(f"\n{self.failures[-1]}")
        elif outcome:
            self.slowest_open = max(self.slowest_open, outcome.opened)
            self.slowest_repair = max(self.slowest_repair, outcome.repaired)
            self.emptied += runs * outcome.emptied
            self.rebuilt += runs * any("was built" in line for line in outcome.found)
        self._show(before)

    def line(self) -> str:
        """One line for people."""
        if self.skipped:
            return f"{self.name:13} skipped: {self.skipped}"
        repairs = (
            f"; answers within {self.slowest_open:.1f} s, repaired within "
            f"{self.slowest_repair:.1f} s, {self.rebuilt:,} vector indexes built anew"
        )
        if self.emptied:
            repairs += f", {self.emptied:,} servers beyond help emptied"
        return (
            f"{self.name:13} {self.runs - self.wrong:,} of {self.runs:,} right"
            f"{repairs if self.slowest_repair else ''} ({self._seconds():.0f} s)"
        )

    def _show(self, before: int) -> None:
        """A bar in a terminal; elsewhere a line now and then."""
        failed = f", {self.wrong:,} wrong" if self.wrong else ""
        left = self._seconds() / self.runs * (self.total - self.runs)
        line = f"{self.name:13} {self.runs:,} of {self.total:,}{failed}, {left / 60:.0f} min left"
        if sys.stdout.isatty():
            done = 24 * self.runs // self.total
            say(f"\r{'█' * done}{'░' * (24 - done)} {line}\033[K", end="")
            if self.runs == self.total:
                say("\r\033[K", end="")
        elif before * _STEPS // self.total < self.runs * _STEPS // self.total < _STEPS:
            say(line)

    def _seconds(self) -> float:
        return time.monotonic() - self.started


def summary(tallies: list[Tally]) -> str:
    """What came of everything, with how to play again what failed."""
    failures = [failure for tally in tallies for failure in tally.failures]
    runs, wrong = (sum(getattr(tally, part) for tally in tallies) for part in ("runs", "wrong"))
    lines = ["", *(tally.line() for tally in tallies)]
    lines.append(f"{runs - wrong:,} of {runs:,} faults survived")
    if failures:
        again = "python -m faults.run --only CAMPAIGN --first SEED --count 1, in tests/"
        lines += [f"What failed ({again}, plays a seed again):", *failures]
    return "\n".join(lines)


def say(line: str, end: str = "\n") -> None:
    """Print at once."""
    print(line, end=end, flush=True)  # noqa: T201
