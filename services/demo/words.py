"""What people write in the demo's community: talk about product analytics, in this project's own words.

Lines have slots in braces, filled from the lists below. Nothing here is taken from real people.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

SLOTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "metric": (
            "weekly active users",
            "day-7 retention",
            "trial conversion",
            "activation rate",
            "session length",
            "checkout completion",
            "feature adoption",
            "stickiness",
            "time to first value",
            "upgrade rate",
        ),
        "chart": (
            "funnel",
            "retention curve",
            "cohort table",
            "stacked bar",
            "pathfinder",
            "segmentation chart",
            "lifecycle chart",
            "heat map",
            "dashboard",
        ),
        "event": (
            "signup_completed",
            "invite_sent",
            "plan_upgraded",
            "report_shared",
            "search_run",
            "file_uploaded",
            "checkout_started",
            "onboarding_step_done",
        ),
        "property": (
            "plan tier",
            "device family",
            "referrer",
            "country",
            "app version",
            "workspace size",
            "experiment arm",
            "first-touch channel",
        ),
        "tool": (
            "warehouse",
            "tag manager",
            "reverse sync",
            "mobile SDK",
            "browser SDK",
            "export job",
            "notebook",
        ),
        "team": ("growth", "marketing", "support", "finance", "mobile", "platform", "design", "research"),
        "span": ("a week", "a month", "two sprints", "a quarter", "the last release", "the holidays"),
        "reason": (
            "the events were counted in two time zones",
            "anonymous visitors were merged late",
            "a bot crawled the pricing page",
            "we renamed the event and kept the old one",
            "the filter was on the user and not on the event",
            "the export had yesterday twice",
            "internal accounts were still in the segment",
        ),
    }
)

QUESTIONS: Final = (
    "How do you break down {metric} by {property} without ending up with forty tiny groups?",
    "Our {chart} for {metric} dropped after {span} and nobody changed anything. Where would you look first?",
    "Is there a way to see {event} and {metric} on one axis, or do I need two charts?",
    "What do you name events? We have {event} and three spellings of it.",
    "Does anybody track {metric} per workspace instead of per user?",
    "Can a {chart} start from two different events, say {event} or anything like it?",
    "How far back do you trust your {tool} data? Ours looks thin before {span}.",
    "Who owns the tracking plan at your company: {team} or {team}?",
    "Has anyone compared numbers between the {tool} and the {chart}? Ours differ by three percent.",
    "What is a reasonable {metric} for a tool that people use once a month?",
    "How do you explain a {chart} to people in {team} who have never seen one?",
)
ANSWERS: Final = (
    "We had the same thing, and it turned out that {reason}.",
    "Filter on {property} first, then group by week. The {chart} gets much calmer.",
    "I would start with {event} and leave {metric} for later: it moves too slowly to learn from.",
    "Check whether {reason}. That was it for us, twice.",
    "We put {property} on every event from the {tool}, and it has paid for itself many times over.",
    "Save it as a cohort, then use that cohort in the {chart}. It takes a minute.",
    "Short answer: no. Longer answer: export it, do it in a {tool}, and send it back as {property}.",
    "Look at the raw events of one user you know. If that looks right, the {chart} is right too.",
    "Ask {team} what they would do if the number were twice as high. If nothing, don't build it.",
    "Rolling averages over {span} helped us see past the weekends.",
    "There is a setting for that under project settings, near the time zone.",
)
SHARES: Final = (
    "We moved {metric} by four points in {span}. Most of it was fixing the empty state, not the emails.",
    "Wrote down how {team} and {team} agreed on one definition of {metric}. Happy to share it.",
    "Small win: our {chart} loads in two seconds since we dropped {property} from the default view.",
    "Lesson of the day: {reason}, so half of our {chart} was wrong for {span}.",
    "We now review the tracking plan every month with {team}. Ten minutes, one screen, no surprises.",
    "If you send {event} from the {tool}, send it once. Ask me how I know.",
    "Our {team} people built their own {chart} today without asking anybody. That felt good.",
)
THANKS: Final = (
    "Thank you, that was it.",
    "That worked, thanks a lot!",
    "Perfect, {property} was the missing piece.",
    "Thanks. I had no idea that {reason}.",
    "Great explanation, bookmarking this one.",
    "Good point about {metric}, I will try it on Monday.",
)
MESSAGES: Final = (
    "Hi, thanks for your answer on {metric} earlier. Could I ask one more thing about the {chart}?",
    "Are you at the meetup next week? Would be nice to talk about {event} in person.",
    "Sending you the outline we talked about. Tell me if {property} makes sense there.",
)
MILD: Final = (
    "Damn, the {chart} failed again after {span}.",
    "What a crap week: {reason}.",
    "Heck, I had the {tool} pointed at the test project all along.",
)
"""Mild expletives: recorded in shadow, without effect."""
CURSES: Final = (
    "Why does this fucking {chart} never load on Mondays?",
    "The {tool} is shit today, I have restarted it five times.",
    "Three hours lost because {reason}. What a shitshow.",
)
"""Strong cursing at nobody: an s1, and the first one is a warning."""
OWN_NUMBERS: Final = (
    "Happy to talk it through. Call me, my number is {phone}.",
    "If it is urgent: my mobile is {phone}, any time before six.",
)
"""One's own telephone number: hidden, told, no strike."""
ADVERTISEMENTS: Final = (
    "We just launched our new tool for {metric}! Sign up now, 30% off: https://{domain}/?ref=launch",
    "Book a demo with our agency and we will fix your {chart} for you. Limited time offer: https://{domain}",
)
"""Selling: an s1, and the first one is a warning."""
REPORTS: Final = (
    "This doesn't belong here, in my opinion.",
    "Please have a look at the tone of this one.",
    "I think this was posted in the wrong place, twice.",
    "Not sure about this one, better you look.",
)
"""What reporters write."""
