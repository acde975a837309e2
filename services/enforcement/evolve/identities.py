"""The fold of what an account has in common with others, and of what persons found about that."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from events.ledger import BarMetNoted, LinkNoted, MergeNoted, NameNoted, PairNoted
from events.signals import Key
from services.enforcement.state import (
    APART_MAX,
    BARS_MET_MAX,
    KEYS_OF_KIND_MAX,
    LINKS_MAX,
    NAMES_MET_MAX,
    PAIR_KEYS_MAX,
    PAIRS_MAX,
    AccountState,
    HeldKey,
    MergedInto,
    MetBar,
    Pair,
)


def with_keys(state: AccountState, keys: tuple[Key, ...], at: datetime) -> AccountState:
    """The state with these keys seen now; of each kind, the ones not seen for longest make room."""
    seen = {(key.kind, key.digest) for key in keys}
    held = [one for one in state.keys if (one.kind, one.digest) not in seen]
    held += [HeldKey(key.kind, key.digest, at, key.form) for key in keys]
    kept: list[HeldKey] = []
    room: dict[str, int] = {}
    for one in reversed(held):
        room[one.kind] = room.get(one.kind, 0) + 1
        if room[one.kind] <= KEYS_OF_KIND_MAX:
            kept.append(one)
    return replace(state, keys=tuple(reversed(kept)))


def pair_noted(state: AccountState, o: PairNoted) -> AccountState:
    """One key more, or less, in common with another account."""
    pair = next((one for one in state.pairs if one.other == o.other), Pair(o.other))
    mark = (o.key.kind, o.key.digest)
    keys = tuple(key for key in pair.keys if key != mark)
    if o.shared:
        keys = (*keys, mark)[-PAIR_KEYS_MAX:]
    pair = replace(pair, keys=keys, asked=o.strength if o.asked else pair.asked)
    others = tuple(one for one in state.pairs if one.other != o.other)
    if not keys and pair.asked == "none":
        return replace(state, pairs=others)
    return replace(state, pairs=(*_with_room(others), pair))


def _with_room(pairs: tuple[Pair, ...]) -> tuple[Pair, ...]:
    """Room for one more: the pair with the fewest keys goes, the oldest among equals."""
    if len(pairs) < PAIRS_MAX:
        return pairs
    least = min(range(len(pairs)), key=lambda index: (len(pairs[index].keys), index))
    return (*pairs[:least], *pairs[least + 1 :])


def bar_met_noted(state: AccountState, o: BarMetNoted) -> AccountState:
    """One more key of a terminated account; or that termination was reversed."""
    others = tuple(one for one in state.bars if one.bar != o.bar)
    if not o.met:
        return replace(state, bars=others)
    met = next((one for one in state.bars if one.bar == o.bar), MetBar(o.bar, o.other))
    mark = (o.key.kind, o.key.digest)
    keys = met.keys if mark in met.keys else (*met.keys, mark)[-PAIR_KEYS_MAX:]
    met = replace(met, keys=keys, asked=met.asked or o.asked, held=met.held or o.held)
    return replace(state, bars=(*others, met)[-BARS_MET_MAX:])


def name_noted(state: AccountState, o: NameNoted) -> AccountState:
    """A person is asked once about each account whose name it looks like."""
    return replace(state, names_met=(*state.names_met, o.other)[-NAMES_MET_MAX:])


def merge_noted(state: AccountState, o: MergeNoted) -> AccountState:
    """The record goes on elsewhere, or another one's goes on here; or that was taken back."""
    if o.into:
        into = MergedInto(o.other, o.strikes) if o.merged else None
        returned = state.returned_from if o.merged else (*state.returned_from, o.other)
        return replace(state, merged_into=into, returned_from=returned, version=state.version + 1)
    others = tuple(other for other in state.merged_from if other != o.other)
    merged = (*others, o.other)[-LINKS_MAX:] if o.merged else others
    return replace(state, merged_from=merged, version=state.version + 1)


def link_noted(state: AccountState, o: LinkNoted) -> AccountState:
    """One person's, or not."""
    links = tuple(other for other in state.links if other != o.other)
    apart = tuple(other for other in state.apart if other != o.other)
    if o.linked:
        links = (*links, o.other)
    else:
        apart = (*apart, o.other)[-APART_MAX:]
    return replace(state, links=links, apart=apart, version=state.version + 1)
