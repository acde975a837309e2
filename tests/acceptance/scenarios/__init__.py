"""The scenarios, each told once: as steps and what must be so after them."""

from tests.acceptance.scenarios import acts, ladder, record

STORIES = (*ladder.STORIES, *acts.STORIES, *record.STORIES)
