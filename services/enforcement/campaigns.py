"""At an account: posts of it turn out to be part of a campaign.

Each post that it remembers by the fingerprint is judged as if the finding had been made when it was posted,
under the policy by which the campaign was found; its strike names the post, and what else was found in it
stays as it was. Later posts with the fingerprint are known by it, and the campaign isn't asked again.
"""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from events.ledger import CampaignLearned
from events.memory_rules import REPEATED, limits_of, rules_digest
from events.signals import CampaignFound, Finding, PostScreened
from services.enforcement.draft import Draft
from services.enforcement.memory import Memory, Remembered
from services.enforcement.posts import act_on, judge_all
from services.enforcement.repetition import campaign_finding


def campaign_found(draft: Draft, campaign: CampaignFound) -> None:
    """Judge what the account posted of it; later posts are known at once."""
    pricing = draft.context.policies[draft.signal.policy_version]
    limits = limits_of(pricing, REPEATED)
    found = campaign_finding(pricing, campaign.sort, campaign.authors)
    if limits is None or found is None:
        return
    until = draft.signal.received_at + timedelta(hours=limits.values["campaign_hours"])
    draft.note(CampaignLearned(campaign.fingerprint, campaign.sort, campaign.authors, until, draft.now))
    memory = draft.state.memory or Memory()
    for post in memory.posts:
        if post.bears(campaign.fingerprint, campaign.sort):
            _judge(draft, post, found, rules_digest(pricing, REPEATED))


def _judge(draft: Draft, post: Remembered, found: Finding, digest: str) -> None:
    """One post, as of when it was posted. Outcomes and signals join those of this decision."""
    of_its_time = Draft(draft.state, replace(draft.signal, occurred_at=post.occurred_at), draft.context)
    of_its_time.outcomes, of_its_time.signals = draft.outcomes, draft.signals
    pricing = draft.context.policies[draft.signal.policy_version]
    screened = PostScreened(
        account=draft.state.account,
        post=post.post,
        revision=post.revision,
        change="created",
        direct=False,
        thread=post.thread,
        content_ref=post.content_ref,
        content_digest=post.content_digest,
        language="",
        findings=(found,),
        rules_digest=digest,
    )
    act_on(of_its_time, screened, judge_all(of_its_time, (found,), digest, pricing), pricing)
    draft.state = of_its_time.state
