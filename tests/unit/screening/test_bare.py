"""Bare texts, held against the rules without events around them."""

from __future__ import annotations

import json

from services.screening.bare import BareScreen, BareText, TextAnswer, screen_texts
from tests.support.screening import KEY, default_rulebook

SELLING = "Book a demo with us and get 20% off: https://northboard.store/?ref=me"


def answers(*lines: object) -> list[TextAnswer]:
    """What comes of lines."""
    encoded = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    return list(screen_texts(encoded, default_rulebook(), KEY))


def test_a_bad_line_has_a_name_and_its_neighbours_are_unaffected() -> None:
    """Each line that isn't empty has an answer, in order; a bad one says what is wrong with it."""
    found = answers(
        {"id": "a", "body": SELLING}, {"id": 3, "body": "x"}, b"", b"nonsense", {"id": "b", "body": SELLING}
    )
    assert [answer.line for answer in found] == [1, 2, 4, 5]
    assert [answer.refused and (answer.refused.code, answer.refused.where) for answer in found] == [
        None,
        ("field_invalid", "id"),
        ("json_invalid", "value"),
        None,
    ]
    assert found[0].findings == found[3].findings != ()


def test_a_time_without_a_zone_and_a_text_without_end_are_refused() -> None:
    """With the field that is at fault."""
    long, naive = answers(
        {"id": "a", "body": "x" * 2_000_000}, {"id": "b", "body": "x", "time": "2030-01-01T12:00:00"}
    )
    assert long.refused is not None
    assert long.refused.where == "body"
    assert naive.refused is not None
    assert naive.refused.where == "time"


def test_a_text_is_judged_alike_wherever_it_stands() -> None:
    """Texts without an account have no history, so neither order nor number of others matters."""
    texts = [BareText(str(number), SELLING if number % 7 == 0 else f"note {number}") for number in range(40)]
    screen = BareScreen(default_rulebook(), KEY)
    forwards = {text.id: screen.verdict(text) for text in texts}
    screen = BareScreen(default_rulebook(), KEY)
    backwards = {text.id: screen.verdict(text) for text in reversed(texts)}
    assert forwards == backwards
