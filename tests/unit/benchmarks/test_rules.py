"""The rules that the benchmark generates say what it says that they do."""

from __future__ import annotations

import json

from benchmarks.guidelines import consumed, screened
from benchmarks.posts import posts
from benchmarks.rules import fired, half_of_them_replies, rulebook, wanted
from benchmarks.stack import community_policy

POSTS = 600
RULES = 40


def test_the_generated_rules_find_what_a_plain_loop_finds() -> None:
    """Post by post, for posts that answer somebody and posts that don't."""
    rules, sent = wanted(1, RULES), [*half_of_them_replies(posts(1, POSTS))]
    expected = {}
    for post in sent:
        data = json.loads(post.value)["data"]
        names = {
            rule.name
            for rule in rules
            if rule.in_replies == ("reply_to" in data)
            and any(phrase in data["body"].lower() for phrase in rule.phrases)
        }
        if names:
            expected[data["post"]] = names
    found = fired(screened(rulebook(community_policy(), rules), consumed(sent))[1])
    assert {post: names for post, names in found.items() if names} == expected
    replies = {json.loads(post.value)["data"]["post"] for post in sent[1::2]}
    assert expected.keys() & replies
    assert expected.keys() - replies
