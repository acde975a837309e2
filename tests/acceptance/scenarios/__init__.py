"""The scenarios, each told once: as steps and what must be so after them."""

from tests.acceptance.scenarios import acts, adding_up, ladder, persons, record

STORIES = (*ladder.STORIES, *acts.STORIES, *record.STORIES, *adding_up.STORIES, *persons.STORIES)
