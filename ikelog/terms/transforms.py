"""Transforms (RFC 7296 section 3.3.2) in the words that Cisco devices print for them."""

import re
from collections.abc import Iterable, Sequence

ENCRYPTION, PRF, INTEGRITY, KEY_EXCHANGE, ESN = "encryption", "prf", "integrity", "key_exchange", "esn"
TYPES = {1: ENCRYPTION, 2: PRF, 3: INTEGRITY, 4: KEY_EXCHANGE, 5: ESN}

GROUPS = {
    1: "768 MODP",
    2: "1024 MODP",
    5: "1536 MODP",
    14: "2048 MODP",
    15: "3072 MODP",
    16: "4096 MODP",
    17: "6144 MODP",
    18: "8192 MODP",
    19: "ECP-256",
    20: "ECP-384",
    21: "ECP-521",
    22: "1024 MODP, 160-bit subgroup",
    23: "2048 MODP, 224-bit subgroup",
    24: "2048 MODP, 256-bit subgroup",
    31: "Curve25519",
    32: "Curve448",
    35: "ML-KEM-512",
    36: "ML-KEM-768",
    37: "ML-KEM-1024",
}

# What the names begin with, in capitals. Patterns would take longer to compile than all of a paste's names to read.
_CIPHERS = ("AES", "3DES", "DES", "NULL", "CHACHA", "CAMELLIA", "UNKNOWN ENCR")
_HASHES = ("SHA", "AESXCBC", "AES-XCBC", "AES_XCBC")
_COMBINED = ("GCM", "GMAC", "CCM", "CHACHA")
_ESN = {"ESN", "USE ESN", "DON'T USE ESN", "DONT USE ESN", "DO NOT USE ESN"}
_IN_HASHES = "0123456789_-"
_IN_CIPHERS = _IN_HASHES + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_GROUP = r"(?:DH_GROUP_\S+|ML[-_]?KEM\S*)?/?(?:Group )?(\d+)$"
_ONLY_PRF = {"SHA1", "MD5"}
_ONLY_INTEGRITY = {"SHA96", "MD596"}
_HASH_OF = {"SHA96": "SHA1", "MD596": "MD5"}

Sets = dict[str, tuple[str, ...]]


def group_number(printed: str) -> int | None:
    """Return the number of a key exchange group: `DH_GROUP_2048_MODP/Group 14` is 14."""
    name = printed.strip()
    number = name.rpartition("Group ")[2]
    if number.isdecimal():
        return int(number)
    found = re.search(_GROUP, name, re.IGNORECASE)
    return int(found[1]) if found else None


def group_name(printed: str) -> str:
    """Return the short name of a key exchange group as it is compared and shown: `14`."""
    number = group_number(printed)
    return printed if number is None else str(number)


def is_combined(cipher: str) -> bool:
    """Tell whether a cipher brings its own integrity (combined mode, RFC 7296 section 3.3)."""
    capitals = cipher.upper()
    return any(mode in capitals for mode in _COMBINED)


def key_bits(cipher: str) -> int | None:
    """Return the key length that a cipher's name gives: 256 of `AES-CBC-256`; None where it gives none."""
    found = re.search(r"AES-[A-Z]+-(\d{3})\b", cipher)
    return int(found[1]) if found else None


def transform_sets(names: Iterable[str], *, child: bool) -> Sets:
    """Sort the names of one proposal by transform type.

    Takes them as a device lists them without labels: ciphers, then PRFs, then integrity algorithms, then groups.
    Which hash is a PRF and which one integrity follows from that order; where it does not follow for certain, neither
    is given. A Child SA (`child`) has no PRF.
    """
    ciphers: list[str] = []
    hashes: list[str] = []
    groups: list[str] = []
    esn: list[str] = []
    for name in names:
        capitals = name.upper()
        if capitals in _ESN:
            esn.append(name)
        elif _is_hash(capitals):
            hashes.append(name)
        elif _is_cipher(capitals):
            ciphers.append(name)
        else:
            groups.append(group_name(name))
    prf, integrity = ((), tuple(hashes)) if child else _split_hashes(hashes, ciphers)
    return {
        ENCRYPTION: _unique(ciphers),
        PRF: _unique(prf),
        INTEGRITY: _unique(integrity),
        KEY_EXCHANGE: _unique(groups),
        ESN: _unique(esn),
    }


def _is_cipher(capitals: str) -> bool:
    name = capitals[5:] if capitals.startswith(("ENCR-", "ENCR_")) else capitals
    return _begins(name, _CIPHERS, _IN_CIPHERS)


def _is_hash(capitals: str) -> bool:
    name = capitals[5:] if capitals.startswith(("HMAC-", "HMAC_")) else capitals
    name = name[:-5] if name.endswith(("-HMAC", "_HMAC")) else name
    return name in ("MD5", "MD596") or _begins(name, _HASHES, _IN_HASHES)


def _begins(name: str, words: Iterable[str], others: str) -> bool:
    """Tell whether a name is one of some words and nothing but some other characters behind it."""
    return any(name.startswith(word) and not name[len(word) :].strip(others) for word in words)


def _split_hashes(hashes: Sequence[str], ciphers: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Cut a list of hashes where the PRFs end and the integrity algorithms begin."""
    if ciphers and all(is_combined(cipher) for cipher in ciphers):
        return tuple(hashes), ()
    cuts = [cut for cut in range(1, len(hashes)) if _may_cut(hashes[:cut], hashes[cut:])]
    even = [cut for cut in cuts if _same_hashes(hashes[:cut], hashes[cut:])]
    choice = even or cuts
    if len(choice) != 1:
        return (), ()
    return tuple(hashes[: choice[0]]), tuple(hashes[choice[0] :])


def _may_cut(prf: Sequence[str], integrity: Sequence[str]) -> bool:
    return not (
        _ONLY_INTEGRITY.intersection(prf)
        or _ONLY_PRF.intersection(integrity)
        or len(set(prf)) < len(prf)
        or len(set(integrity)) < len(integrity)
    )


def _same_hashes(prf: Sequence[str], integrity: Sequence[str]) -> bool:
    return set(prf) == {_HASH_OF.get(name, name) for name in integrity}


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


# The words of an IOS transform set (`esp-aes 256 esp-sha256-hmac`) in the names that IKE debugs print.
_SET_CIPHERS = {
    "esp-aes": "AES-CBC",
    "esp-3des": "3DES",
    "esp-des": "DES",
    "esp-gcm": "AES-GCM",
    "esp-gmac": "AES-GMAC",
    "esp-null": "NULL",
    "esp-seal": "SEAL",
}
_SET_HASHES = {
    "esp-sha-hmac": "SHA1",
    "esp-md5-hmac": "MD5",
    "esp-sha256-hmac": "SHA256",
    "esp-sha384-hmac": "SHA384",
    "esp-sha512-hmac": "SHA512",
    "ah-sha-hmac": "SHA1",
    "ah-md5-hmac": "MD5",
    "ah-sha256-hmac": "SHA256",
    "ah-sha384-hmac": "SHA384",
    "ah-sha512-hmac": "SHA512",
}


def of_transform_set(printed: str) -> tuple[str | None, int | None, str | None]:
    """Return cipher, key length in bits and integrity algorithm of an IOS transform set; None for what it lacks."""
    words = printed.split()
    cipher = next((word for word in words if word in _SET_CIPHERS), None)
    hashed = next((_SET_HASHES[word] for word in words if word in _SET_HASHES), None)
    if cipher is None:
        return None, None, hashed
    bits = next((int(word) for word in words[words.index(cipher) + 1 :][:1] if word.isdecimal()), None)
    if bits is None and cipher in ("esp-aes", "esp-gcm", "esp-gmac"):
        bits = 128  # what IOS leaves out
    return _SET_CIPHERS[cipher], bits, hashed
