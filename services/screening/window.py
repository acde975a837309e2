"""What an author linked to in the last minutes: screening's only memory.

It is short, so that it can be rebuilt by reading the input again, and it holds facts of the posts alone,
nothing that a policy or rule made of them: a rebuilt window equals the one that was lost, whatever the
policy was then. Times are those of the broker.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

WINDOW: Final = timedelta(minutes=10)
"""The longest time that any rule may look back."""
WINDOW_MS: Final = WINDOW // timedelta(milliseconds=1)
LINKS_PER_AUTHOR_MAX: Final = 200
HOSTS_PER_POST_MAX: Final = 20


class Window:
    """Hosts by author and post, in the order of the log."""

    def __init__(self) -> None:
        self._authors: OrderedDict[str, deque[tuple[int, str, str]]] = OrderedDict()

    def add(self, author: str, post: str, at_ms: int, hosts: Iterable[str]) -> None:
        """Remember the hosts of a post; without hosts, nothing.

        What is older than the window is forgotten.
        """
        linked = sorted(set(hosts))[:HOSTS_PER_POST_MAX]
        if not linked:
            return
        entries = self._authors.get(author)
        if entries is None:
            entries = self._authors[author] = deque(maxlen=LINKS_PER_AUTHOR_MAX)
        entries.extend((at_ms, host, post) for host in linked)
        self._authors.move_to_end(author)
        while self._authors:
            oldest = next(iter(self._authors))
            if oldest == author or self._authors[oldest][-1][0] >= at_ms - WINDOW_MS:
                break
            del self._authors[oldest]

    def posts_linking(self, author: str, host: str, at_ms: int, within: timedelta = WINDOW) -> int:
        """How many different posts of the author linked to the host within so long before `at_ms`."""
        since = at_ms - min(within, WINDOW) // timedelta(milliseconds=1)
        entries = self._authors.get(author, ())
        return len({post for at, linked, post in entries if linked == host and since < at <= at_ms})

    def __len__(self) -> int:
        """How many authors are remembered."""
        return len(self._authors)
