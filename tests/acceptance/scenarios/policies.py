"""The policies that stories are told under: the community's own, and some that differ in one thing each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from events.policy import Policy
from tests.support.policies import community


def shadowed(policy: Policy) -> Policy:
    """Strong cursing is watched, and nothing else."""
    data: dict[str, Any] = policy.model_dump(mode="json")
    for guideline in data["guidelines"]:
        for case in guideline["cases"]:
            if case["id"] == "strong-cursing":
                case["mode"] = "shadow"
    return Policy.model_validate(data)


def lasting(policy: Policy) -> Policy:
    """An s3 never expires."""
    data: dict[str, Any] = policy.model_dump(mode="json")
    data["severities"]["s3"]["expiry_days"] = None
    return Policy.model_validate(data)


def brief(policy: Policy) -> Policy:
    """There are three days to appeal."""
    return Policy.model_validate({**policy.model_dump(mode="json"), "appeal_days": 3})


@cache
def policies() -> Mapping[str, Policy]:
    """Each by the name that the stories use."""
    shipped = community()
    return MappingProxyType(
        {
            "default": shipped,
            "shadowed": shadowed(shipped),
            "lasting": lasting(shipped),
            "brief": brief(shipped),
        }
    )
