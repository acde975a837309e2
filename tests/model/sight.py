"""What the model may look up: ids and versions, as an operator reads them off the ledger."""

from __future__ import annotations

from tests.support.view import View


class ViewSight:
    """A `Sight` over a view of the ledger."""

    def __init__(self, view: View) -> None:
        self._view = view

    def acts(self, about: str) -> tuple[str, ...]:
        """The acts that a strike or sanction is about."""
        return self._view.acts(about)

    def version(self, kind: str, target: str, account: str) -> int:
        """The target's version. Raises `KeyError` for a target that doesn't exist."""
        return self._view.version(kind, target, account)

    def sanction_cause(self, sanction: str) -> str:
        """The id of the signal that led to a sanction."""
        return self._view.sanctions[sanction].decision

    def case_subject(self, case: str) -> tuple[str, str, bool]:
        """Subject, kind and openness of a case."""
        row = self._view.cases[case]
        return row.subject, row.kind, row.open

    def appealed(self, appeal: str) -> tuple[str, str]:
        """Kind (`strike`, or that of the sanction) and id of what an appeal is about."""
        about = self._view.appeals[appeal].about
        return ("strike" if about in self._view.strikes else self._view.sanctions[about].kind), about
