"""The scenarios, each told once: as steps and what must be so after them."""

from tests.acceptance.scenarios import acts, adding_up, apart, appeals, ladder, persons, record

STORIES = (
    *ladder.STORIES,
    *appeals.STORIES,
    *acts.STORIES,
    *record.STORIES,
    *adding_up.STORIES,
    *persons.STORIES,
    *apart.STORIES,
)
