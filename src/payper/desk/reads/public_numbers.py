"""Public numbers: what people and systems call a row whose own number would tell how many rows others have.

A number within 40 bits is put in another place by a keyed permutation (a balanced Feistel network of 8 rounds over 20 and 20 bits,
round function keyed BLAKE2b; Luby and Rackoff 1988, SIAM J. Comput. 17(2), 373-386), so that nothing need be stored and every number
has exactly one name. It hides order and quantity; it is no key to anything, as every read is checked against what the reader reaches.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_PLACES = {letter: place for place, letter in enumerate(_LETTERS)} | {"o": 0, "i": 1, "l": 1}
_HALF = (1 << 20) - 1
_ROUNDS = 8
NUMBER_MAX = (1 << 40) - 1


def key_for(secret: bytes, what: str) -> bytes:
    """Derive the key for one kind of row from the secret of a book or directory."""
    return hashlib.blake2b(what.encode(), key=secret[:64], digest_size=32).digest()


def public_number(number: int, key: bytes) -> str:
    """Name a row: eight letters and digits, a dash in the middle.

    Raises:
        ValueError: The number is negative or beyond 40 bits.
    """
    if not 0 <= number <= NUMBER_MAX:
        raise ValueError(number)
    left, right = number >> 20, number & _HALF
    keyed = _keyed(key)
    for step in range(_ROUNDS):
        left, right = right, left ^ _mix(right, step, keyed)
    hidden = (left << 20) | right
    letters = "".join(_LETTERS[(hidden >> shift) & 31] for shift in range(35, -1, -5))
    return f"{letters[:4]}-{letters[4:]}"


def own_number(name: str, key: bytes) -> int | None:
    """Give the row's own number, or None when the name is none."""
    letters = name.strip().lower().replace("-", "")
    if len(letters) != 8 or any(letter not in _PLACES for letter in letters):
        return None
    hidden = 0
    for letter in letters:
        hidden = (hidden << 5) | _PLACES[letter]
    left, right = hidden >> 20, hidden & _HALF
    keyed = _keyed(key)
    for step in reversed(range(_ROUNDS)):
        left, right = right ^ _mix(left, step, keyed), left
    return (left << 20) | right


@lru_cache(maxsize=256)
def _keyed(key: bytes) -> hashlib.blake2b:
    """Give the hash that has taken in the key; it is copied for every use, as making it anew costs as much as the rest."""
    return hashlib.blake2b(key=key, digest_size=4)


def _mix(half: int, step: int, keyed: hashlib.blake2b) -> int:
    own = keyed.copy()
    own.update(((half << 8) | step).to_bytes(4, "big"))
    return int.from_bytes(own.digest(), "big") & _HALF
