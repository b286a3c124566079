"""Whether two names mean the same algorithm: devices print one in many ways, and not always with its key length."""

import re
from collections.abc import Sequence

from ikelog.terms.transforms import group_name, is_combined

_HASH = re.compile(
    r"(?:ESP|AH)?-?(?:HMAC)?[-_]?(MD5|SHA)[-_]?2?[-_]?(256|384|512|1(?!\d))?(?:96)?(?:[-_](?:96|128|192|256|HMAC))*$"
)
_BITS = re.compile(r"(?<!\d)(128|192|256)(?!\d)")
# What is in a cipher's name, the first that holds.
_CIPHERS = {
    "3DES": "3DES",
    "GMAC": "AES-GMAC",
    "GCM": "AES-GCM",
    "CCM": "AES-CCM",
    "CTR": "AES-CTR",
    "CHACHA": "CHACHA20-POLY1305",
    "NULL": "NULL",
    "SEAL": "SEAL",
    "AES": "AES-CBC",
    "DES": "DES",
}
CIPHER_KEYS = ("encryption", "child_encryption")
HASH_KEYS = ("integrity", "prf", "child_integrity")
GROUP_KEYS = ("dh_group", "pfs")


def normal(key: str, name: str) -> str:
    """Return the one name of an algorithm of the kind that `key` is about: `AES-CBC-256`, `SHA1`, `14`."""
    if key in CIPHER_KEYS:
        return _cipher(name)
    if key in HASH_KEYS:
        return _hash(name)
    if key in GROUP_KEYS:
        return group_name(name)
    is_name = key == "key_exchange" and name != "none"
    return name.upper().replace("_", "-") if is_name else name.lower()


def is_known(key: str, name: str) -> bool:
    """Tell whether `normal` knows a name; other kinds than ciphers, hashes and groups may have any."""
    if key in CIPHER_KEYS:
        return any(part in name.upper() for part in _CIPHERS)
    if key in HASH_KEYS:
        return _HASH.match(name.upper()) is not None or "XCBC" in name.upper()
    return key not in GROUP_KEYS or group_name(name).isdecimal()


def _cipher(name: str) -> str:
    capitals = name.upper()
    kind = next((kind for part, kind in _CIPHERS.items() if part in capitals), capitals)
    bits = _BITS.search(capitals) if kind.startswith("AES") else None
    return f"{kind}-{bits[1]}" if bits else kind


def _hash(name: str) -> str:
    found = _HASH.match(name.upper())
    if found is None:
        return name.upper()
    return "MD5" if found[1] == "MD5" else f"SHA{found[2] or 1}"


def fits(key: str, wanted: str, found: str) -> bool | None:
    """Tell whether a value is the wanted one, both as `normal` writes them; None: what is printed cannot tell.

    `AES-CBC` as wanted is any key length; as found it is one that the log does not show. So is `ecdsa-sig` a curve.
    """
    if wanted == found:
        return True
    if key in CIPHER_KEYS:
        if found.startswith(wanted + "-"):
            return True
        return None if wanted.startswith(found + "-") else False
    if key == "pfs":
        return wanted == "any" and found != "none"
    if key.startswith("authentication"):
        if found == "ecdsa-sig" and wanted.startswith("ecdsa-"):
            return None
        return found.startswith(wanted + "-") and wanted == "ml-dsa"
    return False


def fits_any(key: str, wanted: Sequence[str], found: str) -> bool | None:
    """Tell whether a value is one of the wanted; None: what is printed cannot tell."""
    answers = [fits(key, value, found) for value in wanted]
    return True if True in answers else None if None in answers else False


def brings_integrity(cipher: str) -> bool:
    """Tell whether a cipher needs no integrity algorithm beside it."""
    return is_combined(cipher)


def transform_set(text: str) -> tuple[str | None, str | None]:
    """Return cipher and integrity of a transform set as IOS prints it: `esp-aes 256 esp-sha256-hmac`."""
    parts = re.findall(r"(?:esp|ah)-[a-z0-9-]+(?: \d+)?", text.lower())
    hashes = [part for part in parts if _HASH.match(part.upper())]
    ciphers = [part for part in parts if part not in hashes and part.startswith("esp-")]
    cipher = _cipher(ciphers[0]) if ciphers else None
    if cipher is not None and cipher.startswith("AES") and not _BITS.search(cipher):
        cipher += "-128"  # what IOS means by no number
    return cipher, _hash(hashes[0]) if hashes else None
