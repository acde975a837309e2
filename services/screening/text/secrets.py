"""What secrets and passwords look like, and how they are told from placeholders and from talk about them.

Three ways in which a secret shows: by a prefix that its issuer gives it (`SHAPES`), by a name that it is
assigned to (`NAMED`), and by the command or address that it stands in. The prefixes are what the issuers
document; they were put together by hand for this project.
"""

from __future__ import annotations

import re
from collections import Counter
from math import log2
from typing import Final

from services.screening.text.matching import Pattern

_B64: Final = "[A-Za-z0-9+/]"
_URL: Final = "[A-Za-z0-9_-]"
_AN: Final = "[A-Za-z0-9]"
_HEX: Final = "[a-fA-F0-9]"
_UUID: Final = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"

_CLOUD, _CODE, _CHAT, _PAY, _MAIL, _AI, _PKG, _OPS, _DATA = (
    "an access key of a cloud",
    "a token of a code host",
    "a token of a chat service",
    "a key of a payment service",
    "a key of a mail service",
    "a key of a service of language models",
    "a token of a package registry",
    "a token of an operations service",
    "a key of a data service",
)
_PREFIXED: Final[tuple[tuple[str, str, str], ...]] = (
    (_CLOUD, "AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9]", r"[A-Z0-9]{16}\b"),
    (_CLOUD, "ABSK", _B64 + r"{100,280}={0,2}"),
    (_CLOUD, "bedrock-api-key-", _B64 + "{20,400}"),
    (_CLOUD, "LTAI", _AN + r"{20}\b"),
    (_CLOUD, "AIza", _URL + "{35}"),
    (_CLOUD, "do[opr]_v1_", _HEX + "{64}"),
    (_CLOUD, r"HRKU-AA", _URL + "{58}"),
    (_CLOUD, "fo1_", _URL + "{43}"),
    (_CLOUD, "fm1[ar]_|fm2_", _B64 + "{100,}"),
    (_CLOUD, "tk-us-", _URL + "{48}"),
    (_CLOUD, "AQVN", _URL + "{35,38}"),
    (_CODE, "gh[pousr]_", r"[0-9A-Za-z]{36}\b"),
    (_CODE, "github_pat_", r"\w{60,90}"),
    (_CODE, "gl(?:pat|dt|ft|rt|soat|ffct|imt|agent|oas|ptt)-", _URL + "{20,300}"),
    (_CODE, "glcbt-", r"[0-9a-zA-Z]{1,5}_[0-9a-zA-Z_-]{20}"),
    (_CODE, "glrt-t[0-9]_", _URL + "{27,300}"),
    (_CODE, "GR1348941", r"[\w-]{20}"),
    (_CODE, "_gitlab_session=", "[0-9a-z]{32}"),
    (_CODE, "sgp_", r"(?:(?:[a-fA-F0-9]{16}|local)_)?[a-fA-F0-9]{40}"),
    (_CODE, "lin_api_", _AN + "{40}"),
    (_CODE, "PMAK-", r"[a-fA-F0-9]{24}-[a-fA-F0-9]{34}"),
    (_CODE, "rdme_", "[a-z0-9]{70}"),
    (_CODE, "sntrys_", r"[A-Za-z0-9+/=_]{60,500}"),
    (_CODE, "sntryu_", "[a-f0-9]{64}"),
    (_CHAT, "xox[abeoprs]-", r"[0-9A-Za-z-]{8,400}"),
    (_CHAT, "xapp-", r"\d-[A-Za-z0-9]+-\d+-[A-Za-z0-9]+"),
    (_PAY, "[sr]k_(?:live|test|prod)_", r"[0-9A-Za-z]{10,99}\b"),
    (_PAY, "FLWSECK_TEST-|FLWPUBK_TEST-", r"[a-zA-Z0-9]{12,32}"),
    (_PAY, "EAAA|sq0atp-|sq0csp-", r"[\w-]{22,60}\b"),
    (_PAY, "shp(?:at|ca|pa|ss)_", _HEX + "{32}"),
    (_PAY, "shippo_(?:live|test)_", _HEX + "{40}"),
    (_PAY, "duffel_(?:test|live)_", r"[A-Za-z0-9_=-]{43}"),
    (_PAY, "EZAK|EZTK", _AN + r"{54}\b"),
    (_MAIL, r"SG\.", r"[0-9A-Za-z_=.-]{66}"),
    (_MAIL, "xkeysib-", r"[a-f0-9]{64}-[A-Za-z0-9]{16}"),
    (_AI, "sk-ant-[a-z]{3,8}[0-9]{2}-", _URL + "{60,120}"),
    (_AI, "sk-(?:proj|svcacct|admin)-", _URL + "{32,200}"),
    (_AI, "sk-", r"[0-9A-Za-z]{32,64}\b"),
    (_AI, "hf_|api_org_", r"[A-Za-z]{34}\b"),
    (_AI, "pplx-", _AN + r"{48}\b"),
    (_PKG, "npm_", r"[0-9A-Za-z]{36}\b"),
    (_PKG, "pypi-", r"[\w-]{50,1000}"),
    (_PKG, "rubygems_", "[a-f0-9]{48}"),
    (_PKG, "CLOJARS_", "[a-zA-Z0-9]{60}"),
    (_PKG, "AKCp", _AN + r"{69}\b"),
    (_PKG, "cmVmd", _AN + r"{59}\b"),
    (_OPS, r"hv[bs]\.", r"[\w-]{90,300}"),
    (_OPS, r"s\.", r"(?=[a-zA-Z0-9]*[0-9])(?=[a-zA-Z0-9]*[a-zA-Z])[a-zA-Z0-9]{24}\b"),
    (_OPS, r"dt0c01\.", r"[A-Za-z0-9]{24}\.[A-Za-z0-9]{64}"),
    (_OPS, r"dp\.pt\.", _AN + "{43}"),
    (_OPS, "dnkey-", r"[a-z0-9=_-]{26}-[a-z0-9=_-]{52}"),
    (_OPS, "dapi", r"[a-f0-9]{32}(?:-\d)?\b"),
    (_OPS, "eyJrIjoi", _AN + "{70,400}"),
    (_OPS, "glc_", _B64 + "{32,400}"),
    (_OPS, "glsa_", r"[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}"),
    (_OPS, r"(?:pat|sat)\.", r"[a-zA-Z0-9_-]{22}\.[a-zA-Z0-9]{24}\.[a-zA-Z0-9]{20}"),
    (_OPS, r"pat[A-Za-z0-9]{14}\.", "[a-f0-9]{64}"),
    (_OPS, "ico-", r"[a-zA-Z0-9]{32}\b"),
    (_OPS, "pul-", r"[a-f0-9]{40}\b"),
    (_OPS, "pnu_", r"[a-zA-Z0-9]{36}\b"),
    (_OPS, "sha256~", r"[\w-]{43}"),
    (_OPS, "API-", r"(?=[A-Z0-9]*[0-9])[A-Z0-9]{26}\b"),
    (_OPS, "SK", r"[0-9a-fA-F]{32}\b"),
    (_OPS, r"A3-[A-Z0-9]{6}-", r"[A-Z0-9-]{11,13}-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}\b"),
    (_OPS, "ops_eyJ", _B64 + "{200,}"),
    (_OPS, "AGE-SECRET-KEY-1", "[A-Z0-9]{58}"),
    (_OPS, "fio-u-", r"[A-Za-z0-9_=-]{64}"),
    (_OPS, r"v1\.0-[a-f0-9]{24}-", "[a-f0-9]{146}"),
    (_OPS, r"s-s4t2(?:ud|af)-", "[a-fA-F0-9]{64}"),
    (
        _OPS,
        "(?:sc|ext|scauth|authress)_",
        r"[a-zA-Z0-9]{5,30}\.[a-zA-Z0-9]{4,6}\.acc[_-][A-Za-z0-9-]{10,32}\.[A-Za-z0-9+/_=-]{30,120}",
    ),
    (_OPS, "p8e-", _AN + r"{32}\b"),
    (_OPS, "EAA[MC]", _AN + "{100,}"),
    (_OPS, "tfp_", r"[a-zA-Z0-9_.=-]{59}"),
    (_DATA, "ntn_", r"[0-9]{11}[A-Za-z0-9]{35}"),
    (_DATA, "pscale_(?:tkn|oauth|pw)_", r"[\w=.-]{32,64}"),
    (_DATA, "sm_(?:aat|pat|sat)_", r"[a-zA-Z0-9]{16}\b"),
    (_DATA, "4b1d", r"(?=[A-Za-z0-9]*[G-Zg-z])[A-Za-z0-9]{38}\b"),
    (_DATA, r"pk\.eyJ|sk\.eyJ", r"[A-Za-z0-9]{50,}\.[A-Za-z0-9_-]{20,24}"),
    ("a signed token in base64", "ZXlK", r"[a-zA-Z0-9/\\_+\r\n-]{44,}={0,2}"),
    (_CODE, "ATATT3", r"[A-Za-z0-9_=-]{100,250}"),
    (_CHAT, "xoxe.xox[bp]-", r"\d-[A-Za-z0-9]{100,200}"),
)
"""What it is, the expression of its prefix, and the expression of what follows."""


def _prefixed(what: str, prefix: str, rest: str) -> Pattern:
    exact = re.compile(rf"(?<![A-Za-z0-9])(?:{prefix}){rest}")
    # Lower case, as folded text is; `re` then looks at the original.
    return Pattern("secret", rf"(?:^|[^a-z0-9])(?:{prefix.lower()})[a-z0-9_+/=~.-]{{8}}", what, exact)


_SHAPED: Final = (
    Pattern(
        "secret",
        r"hooks\.slack\.com/(?:services|workflows|triggers)/",
        "a webhook's address",
        re.compile(r"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{38,60}"),
    ),
    Pattern(
        "secret",
        r"\.webhook\.office\.com/webhookb2/",
        "a webhook's address",
        re.compile(r"webhook\.office\.com/webhookb2/[a-zA-Z0-9@/-]{60,250}"),
    ),
    Pattern(
        "secret",
        r"discord(?:app)?\.com/api/webhooks/",
        "a webhook's address",
        re.compile(r"discord(?:app)?\.com/api/webhooks/[0-9]{16,20}/[\w-]{50,80}"),
    ),
    Pattern(
        "secret",
        r"-----begin[a-z0-9_ -]{0,100}private key",
        "a private key",
        re.compile(
            r"-----BEGIN[ A-Z0-9_-]{0,100}PRIVATE KEY(?: BLOCK)?-----"
            r"(?=\s{0,20}\S{10})[^\x00]{40,8000}?(?:KEY(?: BLOCK)?-----|\Z)|"
            r"-----BEGIN[ A-Z0-9_-]{0,100}PRIVATE KEY(?: BLOCK)?-----\s{0,9}[0-9A-Za-z+/=\s\\,:.-]{60,8000}",
            re.IGNORECASE,
        ),
    ),
    Pattern(
        "secret",
        r"\bey[a-z0-9]{4}",
        "a signed token",
        re.compile(
            r"\bey[0-9A-Za-z]{15,1000}\.ey[0-9A-Za-z/\\_-]{15,4000}\.(?:[0-9A-Za-z/\\_-]{10,}={0,2})?"
        ),
    ),
    Pattern(
        "secret",
        r"[0-9]{5,16}:a[a-z0-9_-]{30}",
        "a token of a chat service",
        re.compile(r"(?<![0-9A-Za-z])(?:bot)?[0-9]{5,16}:A[A-Za-z0-9_-]{34}(?![A-Za-z0-9_-])"),
    ),
    Pattern(
        "secret",
        r"\.atlasv1\.",
        "a token of an operations service",
        re.compile(r"[a-zA-Z0-9]{14}\.atlasv1\.[a-zA-Z0-9_=-]{60,70}"),
    ),
    Pattern(
        "secret",
        r"[a-z0-9]{6}_[a-z0-9]{29}_mmk",
        "a key of a data service",
        re.compile(r"\b[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk\b"),
    ),
    Pattern(
        "secret",
        r"[0-9]q~[a-z0-9_~.-]{31}",
        "an access key of a cloud",
        re.compile(r"(?<![A-Za-z0-9_~.])[a-zA-Z0-9_~.]{3}\dQ~[a-zA-Z0-9_~.-]{31,34}(?![A-Za-z0-9_~-])"),
    ),
    Pattern(
        "secret",
        r"[0-9]{15,16}[|%][0-9a-z_-]{27}",
        "a token of a social network",
        re.compile(r"\b[0-9]{15,16}[|%][0-9a-zA-Z_-]{27,40}(?![0-9a-zA-Z_-])"),
    ),
    Pattern(
        "secret",
        r"[a-f0-9]{8}:[a-f0-9]{8}@",
        "a password within an address",
        re.compile(r"\bhttps?://[a-f0-9]{8}:[a-f0-9]{8}@[a-z.]{4,60}", re.IGNORECASE),
    ),
    Pattern(
        "secret",
        r"://[^/\s:@]{1,40}:[^/\s:@]",
        "a password within an address",
        re.compile(r"://[^/\s:@]{1,64}:([^/\s:@<>{}$*]{4,128})@[a-zA-Z0-9.-]+"),
    ),
    Pattern(
        "secret",
        r"kind:[ \t]{0,4}[\"']?secret\b",
        "a secret of a cluster",
        re.compile(
            r"\bdata:[^\x00]{0,100}?\s[\w.-]{1,60}:[ \t]{0,4}(?:[|"
            r">][+-]?\s{1,40})?[\"']?[a-z0-9+/]{10,}={0,3}",
            re.IGNORECASE,
        ),
    ),
    Pattern(
        "secret",
        r"[\s](?:-u|--user|-h|--header)[ =\t'\"]",
        "a password of a command",
        re.compile(
            r"(?<=\s)(?:(?:-u|--user)[= \t]{0,5}(?:\"([^\"\n:]{0,64}:[^\"\n]{0,128})\"|"
            r"'([^'\n:]{0,64}:[^'\n]{3,128})'|"
            r"((?:[\w$@.-]{1,64}|'[^'\n]{3,64}'|\"[^\"\n]{3,64}\"):"
            r"(?:[^\s\"'$<{]{3,128}|'[^'\n$<{]{3,128}'|\"[^\"\n$<{]{3,128}\")))|"
            r"(?:-H|--header)[= \t]{0,5}[\"'][ ]?(?:authorization:[ \t]{0,5}(?:(?:basic|bearer|token|"
            r"api-token)[ \t])?|"
            r"[a-z-]{0,30}(?:key|token):[ \t]{0,5})([\w=~@.+/-]{8,400})[\"'])",
            re.IGNORECASE,
        ),
    ),
    Pattern(
        "secret",
        r"<add key=\"(?:cleartext)?password\"",
        "a password of a package registry",
        re.compile(r"<add key=\"(?:ClearText)?Password\"\s{0,9}value=\"([^\"\n]{8,200})\"", re.IGNORECASE),
    ),
    Pattern(
        "secret",
        r"sumo.{0,40}[^a-z0-9]su[a-z0-9]{12}",
        "a key of a service by its name",
        re.compile(
            r"(?i:sumo)[\w .-]{0,28}[\s'\"]{0,3}(?:=>|:{1,3}=|\?=|\|\||=|:|>|,)[\s'\"`=]{0,5}"
            r"su(?=[a-zA-Z0-9]{0,11}[0-9A-Z])[a-zA-Z0-9]{12}\b"
        ),
    ),
    Pattern(
        "secret",
        r"twitter.{0,60}[0-9]{15}",
        "a token of a social network",
        re.compile(r"(?i:twitter)[^\n]{0,60}?(?<![0-9])[0-9]{15,25}-[a-zA-Z0-9]{20,40}\b"),
    ),
    Pattern(
        "secret",
        r"contribsys[_.]+com",
        "a password of a package registry",
        re.compile(r"contribsys__com[\s\"'`:=>?,|]{1,8}[a-f0-9]{8}:[a-f0-9]{8}", re.IGNORECASE),
    ),
)

_SERVICES: Final = (
    "adafruit|adobe|airtable|algolia|alibaba|amplitude|artifactory|asana|atlassian|auth0|aws|azure|beamer|bintray|"
    "bitbucket|bittrex|cloudflare|codecov|cohere|coinbase|confluence|confluent|contentful|datadog|discord|dnkey|"
    "drone_?ci|dropbox|etsy|facebook|fastly|finicity|finnhub|firebase|flickr|freshbooks|gcp|github|gitlab|gitter|"
    "gocardless|google|heroku|hubspot|intercom|jfrog|jira|kraken|kucoin|launch_?darkly|linear|linked[_-]?in|lob|looker|"
    "mailchimp|mailgun|mapbox|mattermost|meraki|message[_-]?bird|mixpanel|netlify|new[-_]?relic|newyorktimes|"
    "new-york-times|notion|nytimes|okta|openai|plaid|private[_-]?ai|rapid_?api|segment|sendbird|sendgrid|sentry|slack|"
    "snyk|sonar|squarespace|stripe|sumo(?:logic)?|supabase|telegram|travis|twilio|twitch|twitter|typeform|vercel|xray|"
    "yandex|zendesk"
)
NAMED: Final = Pattern(
    "secret",
    r"(?:key|token|secret|passw|passphrase|pwd|creden|creds|auth|login|api|_id|client)[^\n=:>,|]{0,24}"
    r"[=:>,|<-]{1,4}[\s'\"`=(\\-]{0,9}(?:string|str)?[\s'\"`=(\\]{0,5}(?:bearer |basic |token "
    r")?[a-z0-9_.=/+~%:-]{10}",
    "a key or token by its name",
    re.compile(
        r"(?i)(?P<name>(?:key|token|secret|passw(?:or)?d|passphrase|pwd|credentials?|creds|auth(?:orization)?|login|"
        r"api|_id|client[ _-]?id)[\w .-]{0,20})(?:[\"'][ \t]{1,3}value)?[\s\"'\])]{0,3}(?::[ "
        r"]?&?str(?:ing)?\??[ ])?"
        r"(?:=>|:{1,3}=|\?\?=|\.=|\?=|\+=|<-|=|:|>|,|\|\||[ ]is[ ]:?)"
        r"[\s\"'`=(\\]{0,8}(?:bearer |basic |token )?(?P<token>[A-Za-z0-9_.=/+~%:-]{10,200})"
    ),
)
"""Something long and random that is given a name of a secret's."""

SECRETS: Final = (*(_prefixed(*row) for row in _PREFIXED), *_SHAPED, NAMED)
"""Secrets are looked for in folded text and found in the original, since capitals matter.

`term` says what it is.
"""

PASSWORD: Final = Pattern(
    "password",
    r"(?:password|passwd|passphrase|pwd|passcode)\b[\"']{0,2}[ ]{0,2}(?:=|:|[?]=|[|][|]|is\b)",
    exact=re.compile(
        r"(?:password|passwd|passphrase|pwd|passcode)[\"']{0,2}[ ]{0,2}(?:=>|:=|[?]=|[|][|]|=|:|"
        r"is:?)[ ]{0,2}(?P<quote>[\"'`=]{0,3})(?P<word>[^\s\"'`,;<>(){}\[\]]{4,64})"
    ),
)
_NO_PASSWORD: Final = re.compile(
    r"\A(?:[*x.#_-]+|your.*|my.*|the|not|set|wrong|incorrect|invalid|expired|required|correct|too|reset|"
    r"changed|stored|hashed|null|none|true|false|changeme|"
    r"password.*|secret|example.*|str|string|os|env.*|process.*|config.*|settings.*|self|\$.*|%.*|being|"
    r"needed|missing|empty|optional|never|also|still|now|"
    r"same|different|easy|hard|weak|strong|encrypted|sent|asked|in|on|to|a|an|what|very|only|always|working|"
    r"unknown|there|here|protected|field|visible|shown|https?:.*)\W*\Z"
)
_PLACEHOLDER: Final = re.compile(
    r"(?i)example|xxxx|your[_-]?|<|\.\.\.|placeholder|redacted|dummy|sample|0{8}|1234567890|abcdefgh|"
    r"test[_-]?key|changeme|\$\{|\{\{|insert|replace[_-]?me|goes[_-]?here|fake|not[_-]?a?[_-]?real|"
    r"\A\$|:\$|:(?:pass(?:word)?|secret|token|key|pw|pwd)\Z"
)
_HARMLESS_NAME: Final = re.compile(
    r"(?i)(?:insert|idempotency|cache|primary|foreign|partition|sort|public|message|routing|order|tracking|event|"
    r"distinct|request|trace|span|session|user|device|correlation|transaction|commit|check|hash|sha\d*|md5|digest|etag|"
    r"integrity|build|image|object|row|entity|property|dedup\w*|group|host|answer|anagram)[ _.-]{0,2}\Z"
)
_STRONG_NAME: Final = re.compile(
    r"(?i)token|secret|passw|pwd|creden|creds|bearer|basic|passphrase|auth|api[ _.-]?key|access[ _.-]?key"
)
_KEYED: Final = re.compile(
    r"(?i)(?:api|access|auth|secret|private|client|account|master|admin|service|signing|encryption)[ "
    r"_.-]{0,2}\Z"
)
_SERVICE: Final = re.compile(rf"(?i)(?:{_SERVICES})")
_HEX_ONLY: Final = re.compile(rf"(?:{_UUID}|[0-9a-f]{{12,128}}|[0-9A-F]{{12,128}})\Z")
_PLAIN_WORDS: Final = re.compile(r"[A-Za-z]+(?:[_.:/-]+[A-Za-z]*[0-9]{0,4})*\Z|[0-9.:/%-]+\Z")
_NAME_CHARS: Final = 40
ENTROPY_BITS_MIN: Final = 3.0
NAMED_CHARS_MIN: Final = 16
"""Shorter ones have to be more random."""
DENSE_CHARS_MIN: Final = 8
"""A secret has a stretch of so many letters and digits; names are words with signs between."""
_SEPARATORS: Final = re.compile(r"[^A-Za-z0-9]+")
SERVICE_CHARS_MIN: Final = 14
CLIENT_DIGITS_MIN: Final = 15
_TURNS: Final = re.compile(r"[0-9](?=[A-Za-z])|[A-Za-z](?=[0-9])")
"""Letters and digits in turns: words with a number at their end are no secrets."""


def password_certainty(candidate: str, *, quoted: bool = False) -> int:
    """How sure it is, in percent, that what stands after "password is" is one.

    `quoted`: it stands in quotation marks. 0: it is the rest of a sentence, or a placeholder.
    """
    candidate = candidate.rstrip("?.,")
    if _NO_PASSWORD.match(candidate) or _PLACEHOLDER.search(candidate):
        return 0
    kinds = sum(bool(re.search(kind, candidate)) for kind in ("[a-z]", "[0-9]", r"[^a-z0-9.]"))
    if kinds > 1 and re.search("[0-9]", candidate):
        return 95
    return 60 if kinds > 1 or (quoted and len(candidate) >= 8) else 0


def is_secret(pattern: Pattern, match: re.Match[str]) -> bool:
    """Whether what an expression found isn't one of the placeholders that documentation shows.

    And where only its name says what it is, whether it is random enough.
    """
    if pattern is NAMED:
        before = match.string[max(0, match.start() - _NAME_CHARS) : match.start()]
        return is_named_secret(before, match["name"], match["token"].rstrip(".:="))
    return not _PLACEHOLDER.search(match.group(match.lastindex or 0))


def is_named_secret(before: str, name: str, token: str) -> bool:
    """Whether what is assigned to a name is a secret. `before` stands before the name."""
    if _PLACEHOLDER.search(token) or _HARMLESS_NAME.search(before):
        return False
    service = bool(_SERVICE.search(before[-24:] + name))
    strong = bool(_STRONG_NAME.search(name)) or bool(_KEYED.search(before))
    if not (service or strong):
        return False
    if service and token.isdigit():
        return len(token) >= CLIENT_DIGITS_MIN
    if _HEX_ONLY.match(token):
        return any(map(str.isalpha, token)) and (service or _is_named_for_a_secret(name, before))
    if _PLAIN_WORDS.match(token) or entropy_bits(token) < ENTROPY_BITS_MIN:
        return False
    if not any(len(part) >= DENSE_CHARS_MIN and _TURNS.search(part) for part in _SEPARATORS.split(token)):
        return False
    turns = len(_TURNS.findall(token))
    if len(token) < NAMED_CHARS_MIN:
        return turns >= 3 or (service and turns >= 2 and len(token) >= SERVICE_CHARS_MIN)
    return turns >= (1 if service else 2)


def entropy_bits(text: str) -> float:
    """Shannon's entropy of the characters of a text that isn't empty, in bits each."""
    counts = Counter(text)
    return -sum(count / len(text) * log2(count / len(text)) for count in counts.values())


def _is_named_for_a_secret(name: str, before: str) -> bool:
    """Digests and ids are hexadecimal too, so that their names have to say more than "key"."""
    return bool(re.search(r"(?i)secret|token|passw|pwd", name)) or bool(_KEYED.search(before))
