"""What differs from line to line of one wording: found, and put as `<name>` or as a made-up value of the same shape.

A masked text may be posted: addresses, names, identities and keys are gone. Hexadecimal numbers go too, as a key may be
one; numbers and clocks in a made-up example stay.
"""

import re
from collections.abc import Iterable
from functools import cache

# Behind the one a name stands with `=` or `:`, behind the other without as well.
_NAMING = (
    "CN|OU|O|DC|UID|E|EA|ST|L|C|DN|[Ee]mail(?:Address)?|[Uu]nstructuredName|[Ss]erialNumber|[Ss]ubject|[Ii]ssuer"
    "|ID[ir]?|[Nn]ame|[Ll]abel|[Dd]evice|[Pp]eer|cn|ou|o|dc|uid|st|l|c|dn"
)
_NAMED = (
    r"group[ _-]?policy|tunnel[ _-]?group|group|user(?:[ _-]?name)?|host(?:[ _-]?name)?|domain(?:[ _-]?name)?|identity"
    r"|profile|keyring|trustpoint|policy|map|interface|intf|[if]?vrf|realm|pool"
)
_KEY = "pre-?shared[ _-]?key|psk|password|passphrase|passwd|secret|key-string"
# Words of the device behind those above: no names.
_WORDS = (
    "a|an|and|are|as|assigned|at|attributes?|authenticated|authentication|by|can|cannot|configured|connected|count|data"
    "|defined|deleted|did|disconnected|does|entry|error|exists|failed|failure|for|found|from|group|has|have|id|idle|if"
    "|in|index|information|installed|into|invalid|invalidated|is|key|len|length|list|local|lookup|map|matched|matches|matching"
    "|mismatch|missing|mode|must|name|no|not|number|of|offered|on|only|or|payload|policy|prefix|profile|received"
    "|remote|removed|request|requested|selected|sent|sequence|set|size|table|that|the|this|to|tunnel|type|unknown|used"
    "|using|value|was|when|will|with|without"
)
_NO_NUMBER = r"(?!\d+\b(?![.:-]))"
_PART = r"[^\s,;<>()'\"=]+"
_VALUE = rf"{_NO_NUMBER}(?:{_PART}(?:\ {_PART})*(?=,)|{_PART}(?<![.:!?]))"
_WORD = rf"(?!(?i:{_WORDS})\b(?![.@-]\w)){_NO_NUMBER}[^\W_][^\s,;<>()'\"=]*(?<![.:!?])"
_OCTET = r"(?:\d{1,3}|[xX]{1,3}|\*{1,3}|[A-Za-z])"
_ADDRESS4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_GROUP = "[0-9A-Fa-fxX*]{1,4}"
_GROUPS = rf"{_GROUP}(?::{_GROUP}){{0,6}}"
_VARIABLE = rf"""
    (?P<tag> %[A-Z]\w*(?:-[A-Za-z]+)*-\d-\w+:? )
  | (?P<clock> \b\d{{4}}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\b
      | (?<![\w:.])\d{{1,3}}:\d\d:\d\d(?:\.\d+)?(?![\w:]) )
  | (?P<key_label> \b(?:(?i:{_KEY})(?:\ (?:[0678]|local|remote|ascii|hex)\b)*(?:\ *[=:]\ *|\ )|(?i:key)\ *[=:]\ *)
      ['"]? ) (?P<key> (?!(?i:{_WORDS})\b(?![.@-]\w))[^\s'"]+ )
  | (?P<bracket_label> \b(?i:{_NAMED})\ ?[=:]?\ ?< ) (?P<bracket> [^<>\n]{{1,200}} ) (?=>)
  | (?P<name_label> \b(?:(?i:{_NAMED})\ ?[=:]|(?:{_NAMING})\ ?=)\ ?[<(]? ) (?P<name> {_VALUE} )
  | (?P<word_label> \b(?i:{_NAMED})\ [<(]? ) (?P<word> {_WORD} )
  | (?P<quote> (?<!\w)(?:'[^'\n]{{1,200}}'|"[^"\n]{{1,200}}")(?!\w) )
  | (?P<email> [\w.+-]+@[\w-]+(?:\.[\w-]+)* )
  | (?P<mac> (?<![\w:.-])(?:(?:[0-9A-Fa-f]{{2}}[:-]){{5}}[0-9A-Fa-f]{{2}}|(?:[0-9A-Fa-f]{{4}}\.){{2}}[0-9A-Fa-f]{{4}})
      (?![\w:-]) )
  | (?P<dump> (?<![\w:.])(?:[0-9A-Fa-f]{{2}}[: ]){{4,}}[0-9A-Fa-f]{{2}}(?![\w:])
      | (?<![\w.])(?:[0-9A-Fa-f]{{8}}\ ){{2,}}[0-9A-Fa-f]{{8}}\b )
  | (?P<address6> (?<![\w:])(?:(?:{_GROUP}:){{7}}{_GROUP}
      |(?=:*{_GROUP})(?:{_GROUPS})?::(?:(?:{_GROUP}:){{0,5}}\d+(?:\.\d+){{3}}|{_GROUPS})?)(?!\w) )
  | (?P<address4> (?<![\w.*]){_ADDRESS4}(?![\w*]|\.[\w*]) )
  | (?P<interface> \b(?:\w*Ethernet|Tunnel|Port-channel|Loopback|Vlan|Virtual-(?:Access|Template)|Dialer|Serial|BVI|BDI)
      \d+(?:[/.:]\d+)* )
  | (?P<host> (?<![\w.])(?:[A-Za-z0-9_-]+\.)+(?:[a-z]{{2,}}|[A-Z]{{2,}})(?!\w) )
  | (?P<hex> 0[xX][0-9A-Fa-f]+\b
      | (?<!\w)(?:[0-9A-Fa-f]{{16}}|[0-9A-Fa-f]{{8}}|(?=[A-Fa-f]*\d)(?=\d*[A-Fa-f])[0-9A-Fa-f]{{5,}}|[0-9A-Fa-f]{{24,}})
      (?!\w) )
  | (?P<number> (?<![\w.])(?<!\w-)-?\d+(?:\.\d+)*(?=(?:ms|s|secs?|KB|kb|bytes)?(?!\w)) )
"""
_KINDS = {
    "address4": "address",
    "address6": "address",
    "mac": "address",
    "dump": "hex",
    "email": "name",
    "host": "name",
}
# What stands behind a label of its own.
_LABELLED = {"key": "key", "name": "name", "bracket": "name", "word": "name"}
# Said by the standards, not by whom it concerns: no address, netmasks, everyone.
_PLAIN_ADDRESS = re.compile(r"0\.0\.0\.0|255\.\d+\.\d+\.\d+|(?:[xX*]+\.){3}[xX*]+|::")
_DOCUMENTED = ("192.0.2", "198.51.100", "203.0.113")


class Masks:
    """The made-up values of a listing: each value has the same one throughout."""

    def __init__(self, hosts: Iterable[str]) -> None:
        names = sorted(
            (name for name in set(hosts) if re.search("[A-Za-z]", name)), key=lambda name: (-len(name), name)
        )
        self._hosts = re.compile(rf"(?<![\w.-])(?:{'|'.join(map(re.escape, names))})(?![\w-])") if names else None
        self._made: dict[str, dict[str, int]] = {}

    def template(self, text: str) -> str:
        """Return a text with `<address>`, `<name>`, `<number>` and the like in place of what differs."""
        if self._hosts:
            text = self._hosts.sub("<name>", text)
        return _variable().sub(_put_kind, text)

    def example(self, text: str) -> str:
        """Return a text with made-up addresses, names and keys."""
        if self._hosts:
            text = self._hosts.sub(lambda found: self._value("host", found[0]), text)
        return _variable().sub(self._put_made_up, text)

    def _put_made_up(self, found: re.Match[str]) -> str:
        label, kind, value = _taken_apart(found)
        if kind == "quote":
            return value[0] + self._value(_shape(value[1:-1]), value[1:-1]) + value[-1]
        return label + self._value(_shape(value) if kind == "name" else kind, value)

    def _value(self, kind: str, value: str) -> str:
        """Return the made-up value for one of a kind; the value itself for what tells nobody anything."""
        if kind in ("tag", "clock", "interface", "number") or _PLAIN_ADDRESS.fullmatch(value):
            return value
        if kind in ("dump", "hex"):
            return self._hex(kind, value)
        number = self._number("name" if kind in ("email", "host") else kind, value)
        return _made_up(kind, value, number)

    def _hex(self, kind: str, value: str) -> str:
        prefix, digits = (value[:2], value[2:]) if value[1:2] in ("x", "X") else ("", value)
        if kind == "dump" or len(digits) > 16:
            return prefix + re.sub(r"[0-9A-Fa-f]", "0", digits)
        return value if not digits.strip("0") else f"{prefix}{self._number('hex', digits):0{len(digits)}x}"

    def _number(self, kind: str, value: str) -> int:
        made = self._made.setdefault(kind, {})
        return made.setdefault(value.lower(), len(made) + 1)


def _made_up(kind: str, value: str, number: int) -> str:
    match kind:
        case "address4":
            net, host = divmod(number - 1, 254)
            known = _DOCUMENTED[net] if net < len(_DOCUMENTED) else f"198.18.{(net - len(_DOCUMENTED)) % 256}"
            return f"{known}.{host + 1}"
        case "address6":
            return f"2001:db8::{number:x}"
        case "mac":
            return f"0000.5e00.53{number % 256:02x}" if "." in value else f"00:00:5e:00:53:{number % 256:02x}"
        case "email":
            return f"name{number}@example.com"
        case "host":
            return f"name{number}.example.com" if "." in value else f"name{number}"
    return f"{kind}{number}"


def _shape(value: str) -> str:
    """Return what a name looks like: an address, a host with its domain, a mailbox, or just a name."""
    found = _variable().fullmatch(value)
    kind = found.lastgroup if found else None
    return kind if kind in ("address4", "address6", "mac", "email", "host") else "name"


def _put_kind(found: re.Match[str]) -> str:
    label, kind, value = _taken_apart(found)
    if kind == "tag":
        return value
    if kind == "quote":
        return f"{value[0]}<name>{value[-1]}"
    return f"{label}<{_KINDS.get(kind, kind)}>"


def _taken_apart(found: re.Match[str]) -> tuple[str, str, str]:
    """Return the label of a value, its kind and the value itself."""
    kind = found.lastgroup or ""
    label = found[f"{kind}_label"] if kind in _LABELLED else ""
    return label, _LABELLED.get(kind, kind), found[kind]


@cache
def _variable() -> re.Pattern[str]:
    return re.compile(_VARIABLE, re.VERBOSE)
