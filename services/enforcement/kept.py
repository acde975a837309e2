"""What state is made of: frozen values in the changelog, which another build may have written."""

from __future__ import annotations

import msgspec


class Kept(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    """The base of everything that a state holds.

    Where another build keeps more, the state is refused, not cut down. What has its default isn't written;
    structs that always wrote theirs say `omit_defaults=False`, so that their bytes stay as they were.
    """
