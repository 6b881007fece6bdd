"""The digest by which a record is known again, as libs/sources/src/fingerprint.ts makes it."""

import hashlib

DIGITS = 32
MOST_BYTES = 8_192


def digest_of(key: bytes | None, value: bytes | None) -> str:
    """Of the key and the value; of long ones the length and both ends."""
    digest = hashlib.sha256()
    for part in (key, value):
        if part is None:
            digest.update(b"-1:")
            continue
        digest.update(f"{len(part)}:".encode())
        if len(part) <= 2 * MOST_BYTES:
            digest.update(part)
        else:
            digest.update(part[:MOST_BYTES])
            digest.update(part[-MOST_BYTES:])
    return digest.hexdigest()[:DIGITS]
