"""How internal messages become bytes and back.

The encoder is pinned here, once, because ledger bytes are hashed and kept for ever.
"""

from __future__ import annotations

from typing import Final

import msgspec

from events.ledger import Entry, Standing
from events.signals import Signal

_encoder: Final = msgspec.json.Encoder()
_signals: Final = msgspec.json.Decoder(Signal)
_entries: Final = msgspec.json.Decoder(Entry)
_standings: Final = msgspec.json.Decoder(Standing)


def encode(message: msgspec.Struct) -> bytes:
    """The bytes of a signal, entry or standing: JSON without spaces, fields in the order as declared."""
    return _encoder.encode(message)


def decode_signal(data: bytes) -> Signal:
    """A signal from its bytes. Raises `msgspec.ValidationError` or `msgspec.DecodeError`."""
    return _signals.decode(data)


def decode_entry(data: bytes) -> Entry:
    """A ledger entry from its bytes. Raises `msgspec.ValidationError` or `msgspec.DecodeError`."""
    return _entries.decode(data)


def decode_standing(data: bytes) -> Standing:
    """A standing from its bytes. Raises `msgspec.ValidationError` or `msgspec.DecodeError`."""
    return _standings.decode(data)
