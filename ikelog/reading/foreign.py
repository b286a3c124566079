"""Logs of others' devices: by a form that only theirs have, so that the user is told whose log it is."""

import re
from collections import Counter

# So much of a log tells whose it is.
_ENOUGH = 300_000
_CHARON = "(?:DMN|MGR|IKE|CHD|JOB|CFG|KNL|NET|ASN|ENC|TNC|IMC|IMV|PTS|TLS|APP|ESP|LIB)"
# What stands in front of a line's own text: priority, clock, host.
_CLOCK = (
    r"(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} {1,2}\d{1,2}(?: \d{4})? \d\d:\d\d:\d\d(?:\.\d+)?(?: [A-Z]{3,4})?(?: \d{4})?"
    r"|\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z| ?[+-]\d\d:?\d\d)?"
    r"|[a-z]{3}/\d\d(?:/\d{4})? \d\d:\d\d:\d\d|\d\d:\d\d:\d\d(?:\.\d+)?"
)
_PROCESS = r"(?:[A-Za-z]+ )?\d+ - (?:-|\[[^]\n]*\]) "
_HEADER = rf"[ \t\ufeff]*(?:<\d{{1,3}}>(?:1 )?)?(?:\[?(?:{_CLOCK})\]?:? *(?:[\w.:-]+ (?:{_PROCESS})?)?){{0,2}}"

# What a line of theirs begins with. Where several fit one line, the first of them has it.
_LOGS = {
    "FortiGate (Fortinet)": (
        r"ike (?:V=\S+?:)?\d+:(?: ?[\w.-]|:)",
        r'(?:logver=\S+ .{0,200}?)?date=\d{4}-\d\d-\d\d time=\d\d:\d\d:\d\d .*?\bdev(?:name|id)="?.*?\btype=',
    ),
    "strongSwan": (
        rf"(?:(?:charon(?:-systemd|-nm)?|ipsec)(?:\[\d+\])?: )?\d\d\[{_CHARON}\d?\] ",
        rf"\[{_CHARON}\] (?:<\S+\|\d+> )?\S",
    ),
    "libreswan or Openswan": (
        r"pluto(?:\[\d+\])?: ",
        r'(?:\d{3} )?"[\w./-]+"(?:\[\d+\] \S+)? #\d+: ',
    ),
    "racoon": (r"racoon(?:\[\d+\])?: ",),
    "Palo Alto Networks": (
        r"(?:ikemgr\S*: )?\[(?:PNTF|PERR|PWRN|INFO|WARN|ERR|DEBG|DUMP)\s*\]: \{ *\d*: *\d*\}: ",
        r"(?:\d+,)?(?:\d+,)?\d{4}/\d\d/\d\d \d\d:\d\d:\d\d,\w*,SYSTEM,vpn,",
    ),
    "WatchGuard": (r"iked\[\d+\]: (?:msg_id=|\([\d.]+ ?<-> ?[\d.]+\))",),
    "OpenBSD": (r"iked(?:\[\d+\])?: (?:spi=0x|ikev2_|ikev2 |policy_|config_)",),
    "Juniper": (
        r"(?:\S+ )?(?:kmd|iked?|ikemd)\[\d+\]: ",
        r"(?:\[[\d.:a-f]+ <-> [\d.:a-f]+\] *)?(?:ike|iked|kmd|ikev2|ssh_ike)_\w+: ",
    ),
    "Check Point": (
        r"\[(?:vpnd|iked\d*|cvpnd) \d+ ?\d*\]@\S+?\[",
        r"(?:CheckPoint \d+ - \[|CEF:0\|Check Point\||LEEF:[\d.]+\|Check Point\|)",
    ),
    "MikroTik RouterOS": (r"(?:(?:memory|disk|echo) +)?ipsec, ?(?:info|error|debug|warning)\b",),
    "Windows": (
        r"An IPsec (?:main|quick|extended) mode (?:security association|negotiation) (?:was|failed|ended)",
        r"CoId=\{[0-9A-Fa-f-]{36}\}: ",
    ),
    "AWS Site-to-Site VPN": (r'.*?"ike_phase[12]_state"',),
    "Azure VPN Gateway": (r".*?\bSESSION_ID ?: ?\{[0-9A-Fa-f-]{36}\} ?Remote ", r'\{.*?"IKEDiagnosticLog"'),
}


def whose_log(text: str) -> str | None:
    """Return the name of whose log a text without any line of ours looks like, None if like nobody's known here."""
    names = list(_LOGS)
    forms = "|".join(f"(?P<log{place}>{'|'.join(forms)})" for place, forms in enumerate(_LOGS.values()))
    lines = re.compile(f"^{_HEADER}(?:{forms})", re.MULTILINE)
    found = Counter(line.lastgroup for line in lines.finditer(text, 0, _ENOUGH))
    if not found:
        return None
    (group, _), *_ = found.most_common(1)
    return names[int((group or "").removeprefix("log"))]
