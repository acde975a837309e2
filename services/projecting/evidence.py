"""What a referral to law enforcement is about is kept, whatever is to be erased, until it is turned down.

Only the live build's reader does this, with its position, so once. A rebuild leaves contents alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from events.ledger import ReferralProposed, ReferralSettled
from projections.recorded import Recorded, who
from services.projecting.builds import SQL
from services.projecting.contents import release_hold
from services.runtime.postgres import Connection


async def follow(connection: Connection, batch: Sequence[Recorded]) -> None:
    """Hold and let go what the entries' referrals say, within the caller's transaction."""
    for recorded in batch:
        for outcome in recorded.entry.outcomes:
            if type(outcome) is ReferralProposed:
                hold, placed_by = hold_of(outcome.referral), who(outcome.actor)
                await connection.execute(
                    SQL["hold_evidence"], list(outcome.refs), list(outcome.posts), hold, placed_by
                )
            elif type(outcome) is ReferralSettled and outcome.result == "dismissed":
                await release_hold(connection, hold_of(outcome.referral))


def hold_of(referral: str) -> str:
    """What a referral's hold is called."""
    return f"referral:{referral}"
