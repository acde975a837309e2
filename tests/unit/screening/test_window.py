"""What an author did within the last minutes: floods and repetition."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.screening.window import AUTHORS_MAX, FORGET_EVERY_AUTHORS, WINDOW, Window, letters_key

TEXT = "is there a way to see retention by week and by country?"
WINDOW_MS = WINDOW // timedelta(milliseconds=1)


def test_texts_of_the_same_letters_share_a_key() -> None:
    """Digits, signs, spaces and emoji change nothing; a short text has no key."""
    assert letters_key(TEXT) == letters_key(TEXT.replace(" ", "  ") + " (3)!") == letters_key("🎉 " + TEXT)
    assert letters_key(TEXT) != letters_key(TEXT + " and by plan")
    assert letters_key("thanks a lot!") == letters_key("+1") == 0


def test_the_same_letters_make_an_author_busy() -> None:
    """From the second time on; somebody else's text doesn't count."""
    window = Window()
    assert not window.saw("ada", "p1", "t1", 0, TEXT)
    assert not window.saw("bob", "p2", "t1", 1, TEXT)
    assert window.saw("ada", "p3", "t2", 2, TEXT)
    assert window.same("ada", TEXT, 2) == 2


def test_a_post_sent_twice_counts_once() -> None:
    """The platform may send again."""
    window = Window()
    window.saw("ada", "p1", "t1", 0, TEXT)
    window.saw("ada", "p1", "t1", 0, TEXT)
    assert window.same("ada", TEXT, 0) == 1


def test_threads_are_counted_not_posts() -> None:
    """Quick answers in one thread make nobody busy; a post of no thread is one of its own."""
    window = Window()
    busy = [window.saw("ada", f"p{number}", "t1", number, "ok") for number in range(20)]
    assert not any(busy)
    assert window.threads("ada", 20, WINDOW) == 1
    window.saw("ada", "p20", None, 21, "ok")
    assert window.saw("ada", "p21", None, 22, "ok")
    assert window.threads("ada", 22, timedelta(seconds=60)) == 3


def test_what_is_older_than_the_window_counts_for_nothing() -> None:
    """To the millisecond."""
    window = Window()
    window.saw("ada", "p1", "t1", 0, TEXT)
    window.saw("ada", "p2", "t2", WINDOW_MS, TEXT)
    assert window.same("ada", TEXT, WINDOW_MS) == 1


def test_what_was_held_up_and_sent_at_once_is_no_flood() -> None:
    """Posts of an hour that come in within a second were still written in an hour."""
    window = Window()
    began = datetime(2030, 1, 1, tzinfo=UTC)
    for number in range(8):
        window.saw("ada", f"p{number}", f"t{number}", 0, TEXT, began + number * timedelta(minutes=12))
    assert window.threads("ada", 0, timedelta(seconds=60)) == 1
    assert window.same("ada", TEXT, 0) == 1


def test_a_rebuilt_window_equals_the_one_that_was_lost() -> None:
    """Reading the last ten minutes again leaves the same answers, whatever came before them."""
    posts = [(f"a{number % 7}", f"p{number}", f"t{number % 5}", number * 9_000) for number in range(300)]
    whole, rebuilt = Window(), Window()
    for author, post, thread, at_ms in posts:
        whole.saw(author, post, thread, at_ms, TEXT)
    now = posts[-1][3]
    for author, post, thread, at_ms in posts:
        if at_ms > now - WINDOW_MS:
            rebuilt.saw(author, post, thread, at_ms, TEXT)
    for author in {post[0] for post in posts}:
        assert whole.same(author, TEXT, now) == rebuilt.same(author, TEXT, now)
        assert whole.threads(author, now, WINDOW) == rebuilt.threads(author, now, WINDOW)


def test_the_number_of_authors_is_bounded() -> None:
    """However many post at the same moment."""
    window = Window()
    for number in range(AUTHORS_MAX + 100):
        window.saw(f"a{number}", "p", None, 0, "ok")
    assert AUTHORS_MAX <= len(window._posts) < AUTHORS_MAX + FORGET_EVERY_AUTHORS
