"""What an author posted and linked to in the last minutes: screening's only memory.

It is short, so that it can be rebuilt by reading the input again, and it holds facts of the posts alone,
nothing that a policy or rule made of them: a rebuilt window equals the one that was lost, whatever the
policy was then. Times are those of the broker; what a platform sends late, after an outage, is no flood, so
posts count together only if they were written together too. Texts aren't kept, only a checksum of their
letters.
"""

from __future__ import annotations

from binascii import crc32
from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

WINDOW: Final = timedelta(minutes=10)
"""The longest time that any rule may look back."""
WINDOW_MS: Final = WINDOW // timedelta(milliseconds=1)
LINKS_PER_AUTHOR_MAX: Final = 200
HOSTS_PER_POST_MAX: Final = 20
POSTS_PER_AUTHOR_MAX: Final = 32
"""Of the posts of one author, so many are remembered: more would prove nothing more."""
MESSAGES_PER_AUTHOR_MAX: Final = 64
"""Of the people that one author wrote to directly, so many are remembered."""
MESSAGED_MIN: Final = 3
"""From so many people on, a direct message is looked at: not its text, only how many there are."""
AUTHORS_MAX: Final = 50_000
"""Authors remembered in one partition; beyond, whoever posted longest ago is forgotten."""
LETTERS_MIN: Final = 20
"""Shorter texts, such as "+1" and "thanks a lot", are the same by chance."""
FORGET_EVERY_AUTHORS: Final = 64
"""New authors between two looks at who is to be forgotten."""
BUSY_THREADS_MIN: Final = 3
BUSY_WITHIN_MS: Final = 60_000
"""From so many threads within so long on, an author's post is looked at whatever is in it."""

_NO_LETTERS: Final = bytes(point for point in range(128) if not chr(point).isalpha())


_Entry = tuple[int, str, str, int, datetime | None]
"""When it came in, post, thread, key of its letters, when it was written."""

_Message = tuple[int, str, tuple[str, ...], datetime | None]
"""When it came in, its conversation, whom it went to, when it was written."""

_Timed = TypeVar("_Timed", _Entry, _Message)
"""What begins with when it came in, and ends with when it was written."""


class Window:
    """Posts and hosts by author, in the order of the log."""

    def __init__(self) -> None:
        self._links: OrderedDict[str, deque[tuple[int, str, str, str]]] = OrderedDict()
        self._posts: OrderedDict[str, list[_Entry]] = OrderedDict()
        self._messages: OrderedDict[str, deque[_Message]] = OrderedDict()
        self._since_forgetting = 0

    def add(self, author: str, post: str, at_ms: int, hosts: Iterable[str], thread: str = "") -> None:
        """Remember the hosts of a post; without hosts, nothing.

        What is older than the window is forgotten.
        """
        linked = sorted(set(hosts))[:HOSTS_PER_POST_MAX]
        if not linked:
            return
        entries = self._links.get(author)
        if entries is None:
            entries = self._links[author] = deque(maxlen=LINKS_PER_AUTHOR_MAX)
        entries.extend((at_ms, host, post, thread or post) for host in linked)
        self._links.move_to_end(author)
        _forget(self._links, at_ms)

    def saw(
        self,
        author: str,
        post: str,
        thread: str | None,
        at_ms: int,
        folded: str,
        written: datetime | None = None,
    ) -> bool:
        """Remember a new post. True: the author is busy, and the post is to be looked at whatever is in it.

        Busy is who has written the same letters before, or just now in several threads. `written`: when the
        author wrote it, where that is known.
        """
        key = letters_key(folded)
        entry = (at_ms, post, thread or post, key, written)
        entries = self._posts.get(author)
        if entries is None:
            self._posts[author] = [entry]
            self._since_forgetting += 1
            if self._since_forgetting == FORGET_EVERY_AUTHORS:
                # Now and then is enough: rules look at times, so whoever should be forgotten has no effect.
                self._since_forgetting = 0
                _forget(self._posts, at_ms)
            return False
        entries.append(entry)
        if len(entries) > POSTS_PER_AUTHOR_MAX:
            del entries[0]
        self._posts.move_to_end(author)
        if key and [entry[3] for entry in entries].count(key) > 1:
            return True
        since = at_ms - BUSY_WITHIN_MS
        if len(entries) < BUSY_THREADS_MIN or entries[-BUSY_THREADS_MIN][0] <= since:
            return False
        return len({entry[2] for entry in entries if entry[0] > since}) >= BUSY_THREADS_MIN

    def wrote(
        self, author: str, recipients: tuple[str, ...], thread: str | None, at_ms: int, written: datetime
    ) -> bool:
        """Remember a direct message that answers nobody. True: it may be one of many, and is to be looked at.

        A conversation is its thread, or else its recipients.
        """
        messages = self._messages.get(author)
        if messages is None:
            messages = self._messages[author] = deque(maxlen=MESSAGES_PER_AUTHOR_MAX)
        people = tuple(sorted({*recipients} - {author}))[:MESSAGES_PER_AUTHOR_MAX]
        messages.append((at_ms, thread or " ".join(people), people, written))
        self._messages.move_to_end(author)
        _forget(self._messages, at_ms)
        return self.messaged(author, at_ms) >= MESSAGED_MIN

    def messaged(self, author: str, at_ms: int, within: timedelta = WINDOW) -> int:
        """To how many people the author wrote, apart from one another: a group's conversation is one."""
        together = _together(self._messages.get(author, ()), at_ms, within)
        people = {person for message in together for person in message[2]}
        return min(len({message[1] for message in together}), len(people))

    def posts_linking(self, author: str, host: str, at_ms: int, within: timedelta = WINDOW) -> int:
        """How many different posts of the author linked to the host within so long before `at_ms`."""
        since = _since(at_ms, within)
        entries = self._links.get(author, ())
        return len({post for at, linked, post, _ in entries if linked == host and since < at <= at_ms})

    def threads_linking(self, author: str, host: str, at_ms: int, within: timedelta = WINDOW) -> int:
        """In how many different threads the author linked to the host within so long before `at_ms`."""
        since = _since(at_ms, within)
        entries = self._links.get(author, ())
        return len({thread for at, linked, _, thread in entries if linked == host and since < at <= at_ms})

    def threads(self, author: str, at_ms: int, within: timedelta) -> int:
        """In how many different threads the author posted within so long before the last post, `at_ms`."""
        return len({entry[2] for entry in _together(self._posts.get(author, ()), at_ms, within)})

    def same(self, author: str, folded: str, at_ms: int, within: timedelta = WINDOW) -> int:
        """How many posts of the author have this text's letters, this one included; 0 of a short text."""
        key = letters_key(folded)
        if not key:
            return 0
        together = _together(self._posts.get(author, ()), at_ms, within)
        return len({entry[1] for entry in together if entry[3] == key})

    def __len__(self) -> int:
        """How many authors are remembered for their links."""
        return len(self._links)


def letters_key(folded: str) -> int:
    """A number that texts of the same letters share, whatever digits, signs and spaces stand between them.

    0 for texts of less than `LETTERS_MIN` letters.
    """
    if folded.isascii():
        letters = folded.encode().translate(None, _NO_LETTERS)
    else:
        letters = "".join(filter(str.isalpha, folded)).encode()
    count = len(letters)
    return 0 if count < LETTERS_MIN else count << 32 | crc32(letters)


def _forget(held: OrderedDict[str, Any], at_ms: int) -> None:
    """Let go of authors whose last entry is older than the window, and of those beyond `AUTHORS_MAX`."""
    while held:
        oldest = next(iter(held))
        if held[oldest][-1][0] >= at_ms - WINDOW_MS and len(held) <= AUTHORS_MAX:
            return
        del held[oldest]


def _together(entries: Sequence[_Timed], at_ms: int, within: timedelta) -> list[_Timed]:
    """What came in, and was written, within so long before the last of it."""
    since = _since(at_ms, within)
    recent = [entry for entry in entries if since < entry[0] <= at_ms]
    last = recent[-1][-1] if recent else None
    if last is None:
        return recent
    return [entry for entry in recent if entry[-1] is None or abs(last - entry[-1]) < within]


def _since(at_ms: int, within: timedelta) -> int:
    return at_ms - min(within, WINDOW) // timedelta(milliseconds=1)
