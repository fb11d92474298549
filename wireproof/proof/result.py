"""The result of a proof: as data, as the matrix file, and as text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wireproof.proof import gate_table
from wireproof.proof.gate_effect import GateEffect
from wireproof.proof.gate_table import GateWords

# Provider → check → the cases on which it broke.
BrokenByProvider = dict[str, dict[str, list[str]]]


@dataclass(frozen=True, slots=True)
class Proof:
    """The kill matrix.

    Attributes:
        matrix: fault → provider → check → the cases on which it broke.
        gates: fault → provider → its effect on the gate, without the providers under which it changes nothing.
        alarms: failures on the fault-free mock and under legal variants, as sentences.
        checks: the ids of all checks.
        clauses: judged clause → the faults that break it, the one that breaks the fewest clauses first.
        derived: the number of faults derived from the JSON Pointers of clauses.
        misattributed: failures attributed to a clause about another member, as sentences.
        excused: the faults that become an excuse and nothing else, as `FAULT PROVIDER CHECK CASE`.
        whole: True if every fault was injected on all cases that it changes; else the matrix is a part of the whole.
        recorded_gates: the words for the gates in an earlier proof; empty without one.
        weakened: the gates that are weaker than an earlier proof recorded, as sentences.
        of_some: True if only some faults or providers were asked for, so that unbroken checks and clauses mean nothing.
    """

    matrix: Mapping[str, BrokenByProvider]
    gates: Mapping[str, Mapping[str, GateEffect]]
    alarms: tuple[str, ...]
    checks: tuple[str, ...]
    clauses: Mapping[str, tuple[str, ...]]
    derived: int
    misattributed: tuple[str, ...]
    excused: tuple[str, ...] = ()
    whole: bool = True
    recorded_gates: GateWords = field(default_factory=dict)
    weakened: tuple[str, ...] = ()
    of_some: bool = False

    @property
    def caught_faults(self) -> tuple[str, ...]:
        """The faults that break at least one judgement."""
        return tuple(fault for fault, broken in self.matrix.items() if broken)

    @property
    def unbroken_checks(self) -> tuple[str, ...]:
        """The checks that no fault breaks."""
        broken = {check for by in self.matrix.values() for checks in by.values() for check in checks}
        return tuple(check for check in self.checks if check not in broken)

    @property
    def unbroken_clauses(self) -> tuple[str, ...]:
        """The judged clauses that no fault breaks."""
        return tuple(clause for clause, by in self.clauses.items() if not by)

    @property
    def has_gaps(self) -> bool:
        """True if a fault is not caught, or a check or a clause is not broken."""
        return len(self.caught_faults) < len(self.matrix) or bool(self.unbroken_checks or self.unbroken_clauses)

    @property
    def holds(self) -> bool:
        """True if there are no gaps, false alarms, misattributed failures, excused faults or weakened gates."""
        return not (self.has_gaps or self.alarms or self.misattributed or self.excused or self.weakened)

    def as_data(self) -> dict[str, Any]:
        """The proof as JSON data."""
        matrix = {
            fault: sorted({check for checks in by.values() for check in checks}) for fault, by in self.matrix.items()
        }
        return {
            "faults": len(self.matrix),
            "caught": len(self.caught_faults),
            "false_alarms": list(self.alarms),
            "checks": len(self.checks),
            "checks_never_broken": list(self.unbroken_checks),
            "derived": self.derived,
            "clauses": len(self.clauses),
            "clauses_never_broken": list(self.unbroken_clauses),
            "misattributed": list(self.misattributed),
            "excused": list(self.excused),
            "weakened": list(self.weakened),
            "clauses_broken_by": {clause: by[0] for clause, by in self.clauses.items() if by},
            "whole": self.whole,
            "gate_table": gate_table.as_data(self._known_gate_words),
            "matrix": matrix,
            "gates": {fault: {name: gate.as_data() for name, gate in by.items()} for fault, by in self.gates.items()},
        }

    @property
    def gate_words(self) -> GateWords:
        """Fault → provider → the word for the effect on the gate."""
        return {fault: {name: gate.word for name, gate in by.items()} for fault, by in self.gates.items()}

    @property
    def _known_gate_words(self) -> GateWords:
        """The words of this proof; a part of a proof knows only those of an earlier one."""
        return self.gate_words if self.whole else self.recorded_gates

    def as_matrix_file(self) -> str:
        """The text of the matrix file, which names every case."""
        return json.dumps(self.matrix, indent=1, sort_keys=True) + "\n"

    def as_gate_file(self) -> str:
        """The text of the gate file."""
        return json.dumps(self.gate_words, indent=1, sort_keys=True) + "\n"

    def as_text(self) -> str:
        """The proof as text."""
        lines = []
        for fault, broken in self.matrix.items():
            lines.append(f"{fault:<36} {_broken_checks_text(broken)}")
            if gates := gate_table.describe_gates(self._known_gate_words.get(fault, {})):
                lines.append(f"{'':<36} gate: {gates}")
        lines += [f"false alarm: {alarm}" for alarm in self.alarms]
        if not self.of_some:
            lines += [f"no fault breaks {name}" for name in (*self.unbroken_checks, *self.unbroken_clauses)]
        lines += [f"misattributed: {stray}" for stray in self.misattributed]
        lines += [f"excused: {verdict}" for verdict in self.excused]
        lines += [f"gate weakened: {sentence}" for sentence in self.weakened]
        caught = f"{len(self.caught_faults)} of {len(self.matrix)} faults caught, {len(self.alarms)} false alarms"
        if self.of_some:
            return "\n".join([*lines, caught])
        lines.append(
            f"{caught}, {len(self.checks) - len(self.unbroken_checks)} of {len(self.checks)} checks and "
            f"{len(self.clauses) - len(self.unbroken_clauses)} of {len(self.clauses)} clauses broken by at least one "
            f"fault; {self.derived} more faults derived from the JSON Pointers of clauses"
        )
        if self._known_gate_words:
            source = "" if self.whole else ", as the last whole proof recorded them (each red one was shown anew)"
            lines += ["", f"The gates{source}:", *gate_table.as_text(self._known_gate_words)]
        return "\n".join(lines)


def _broken_checks_text(broken: BrokenByProvider) -> str:
    checks = sorted({check for by in broken.values() for check in by})
    return ", ".join(checks) if checks else "NOT CAUGHT"
