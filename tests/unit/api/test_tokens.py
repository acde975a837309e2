"""Tokens of OpenID Connect, against an issuer that serves its keys over real HTTP."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.client import BadStatusLine
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from services.api.tokens import DISCOVERY, KEYS_KEPT_S, REFETCH_S, BadToken, Issuer, IssuerAway, fetchable
from services.keys import DECIDE, READ
from tests.support.api import asked, parts_over
from tests.unit.api.test_door import Away

AUDIENCE = "goodstanding"
CLAIM = "goodstanding_capabilities"


class Provider:
    """An issuer on this machine. `keys` are private ones by name; those in `published` are served."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {
            "first": rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
        }
        self.keys["curve"] = ec.generate_private_key(ec.SECP256R1())
        self.published = ["first", "curve"]
        self.asked: list[str] = []
        self.said: dict[str, Any] = {}
        self.down = False
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, self))
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def documents(self) -> dict[str, Any]:
        """What is served, by path."""
        described = []
        for name in self.published:
            key = self.keys[name].public_key()
            kind = jwt.algorithms.ECAlgorithm if name == "curve" else jwt.algorithms.RSAAlgorithm
            described.append({**kind.to_jwk(key, as_dict=True), "kid": name, "use": "sig"})
        discovery = {"issuer": self.url, "jwks_uri": f"{self.url}/keys", **self.said}
        return {DISCOVERY: discovery, "/keys": {"keys": described}}

    def token(self, key: str = "first", algorithm: str = "RS256", may: Any = (READ,), **claims: Any) -> str:
        """A token; claims that are None are left out."""
        whole = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "ada",
            "exp": int(time.time()) + 300,
            CLAIM: list(may) if isinstance(may, tuple) else may,
            **claims,
        }
        told = {name: value for name, value in whole.items() if value is not None}
        return jwt.encode(told, self.keys[key], algorithm, headers={"kid": key})


class Handler(BaseHTTPRequestHandler):
    """Serves an issuer's documents."""

    def __init__(self, provider: Provider, *request: Any) -> None:
        self.provider = provider
        super().__init__(*request)

    def do_GET(self) -> None:
        """Answer a document."""
        self.provider.asked.append(self.path)
        document = None if self.provider.down else self.provider.documents().get(self.path)
        self.send_response(503 if document is None else 200)
        self.end_headers()
        self.wfile.write(json.dumps(document).encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def made() -> Iterator[Provider]:
    """An issuer for this file: keys take long to make."""
    provider = Provider()
    thread = threading.Thread(target=provider.server.serve_forever, daemon=True)
    thread.start()
    yield provider
    provider.server.shutdown()
    thread.join()
    provider.server.server_close()


@pytest.fixture
def provider(made: Provider) -> Provider:
    """The issuer, as it is at the start."""
    made.published, made.said, made.down = ["first", "curve"], {}, False
    made.asked.clear()
    return made


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        """The time."""
        return self.at


def issuer(provider: Provider, clock: Clock | None = None, **more: Any) -> Issuer:
    """Who checks its tokens."""
    fields = {"capabilities_claim": CLAIM, "actor_claim": "sub", **more}
    return Issuer(provider.url, AUDIENCE, now=clock or Clock(), **fields)


@pytest.mark.parametrize(("key", "algorithm"), [("first", "RS256"), ("curve", "ES256")])
async def test_a_token_says_who_it_is_and_what_they_may_do(
    provider: Provider, key: str, algorithm: str
) -> None:
    """The actor, the capabilities that there are, and the holder's own account."""
    token = provider.token(key, algorithm, (READ, DECIDE, "fly"), account="u-7")
    found = await issuer(provider, account_claim="account").find(token)
    assert (found.actor, found.capabilities, found.account) == ("ada", frozenset({READ, DECIDE}), "u-7")
    spelt = await issuer(provider).find(provider.token(key, algorithm, f"{READ} {DECIDE}"))
    assert spelt.capabilities == {READ, DECIDE}
    assert (await issuer(provider).find(provider.token(may=None))).capabilities == frozenset()


async def test_a_token_that_does_not_hold_is_refused_with_the_reason_and_a_remedy(provider: Provider) -> None:
    """Expired, for others, of others, without what is needed, or not valid yet."""
    now = int(time.time())
    faults: list[tuple[dict[str, Any], str]] = [
        ({"exp": now - 60}, "expired"),
        ({"aud": "another"}, "audience"),
        ({"iss": "https://elsewhere.example"}, "issuer"),
        ({"exp": None}, "`exp`"),
        ({"aud": None}, "`aud`"),
        ({"sub": None}, "`sub`"),
        ({"nbf": now + 600}, "isn't valid yet"),
        ({"sub": "ada@example.org"}, "can't be an actor"),
    ]
    for claims, said in faults:
        with pytest.raises(BadToken) as refused:
            await issuer(provider).find(provider.token(**claims))
        assert said in str(refused.value)
        assert "; " in str(refused.value)


async def test_a_signature_counts_only_by_the_issuers_key_and_its_own_algorithm(provider: Provider) -> None:
    """No other algorithm, none at all, no other key, and nothing that was changed afterwards."""
    other = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    claims = jwt.decode(provider.token(), options={"verify_signature": False})
    forged = jwt.encode(claims, other, "RS256", headers={"kid": "first"})
    unsigned = jwt.encode(claims, "", "none", headers={"kid": "first"})
    longer = jwt.encode(claims, provider.keys["first"], "RS512", headers={"kid": "first"})
    secret = jwt.encode(claims, "k" * 64, "HS256", headers={"kid": "first"})
    nameless = jwt.encode(claims, provider.keys["first"], "RS256")
    head, body, signature = provider.token().split(".")
    changed = ".".join((head, body[:-4] + ("AAAA" if body[-4:] != "AAAA" else "BBBB"), signature))
    for token in (forged, unsigned, longer, secret, nameless, changed, "a.b.c", "x" * 20_000):
        with pytest.raises(BadToken):
            await issuer(provider).find(token)


async def test_keys_are_kept_for_a_while_and_fetched_anew_when_they_change(provider: Provider) -> None:
    """A new key is found; made-up names don't have the issuer asked without end; old keys are dropped."""
    clock = Clock()
    checking = issuer(provider, clock)
    for _ in range(5):
        await checking.find(provider.token())
    assert provider.asked.count("/keys") == 1
    provider.keys["made-up"] = provider.keys["first"]
    for _ in range(5):
        with pytest.raises(BadToken, match="doesn't publish"):
            await checking.find(provider.token("made-up"))
    assert provider.asked.count("/keys") == 1
    provider.published.append("made-up")
    clock.at += REFETCH_S + 1
    assert (await checking.find(provider.token("made-up"))).actor == "ada"
    provider.published = ["curve"]
    clock.at += KEYS_KEPT_S + 1
    with pytest.raises(BadToken):
        await checking.find(provider.token())


async def test_nobody_is_let_in_while_keys_cannot_be_had(provider: Provider) -> None:
    """The issuer is down, or its document is somebody else's or leads to where there is no TLS."""
    provider.down = True
    with pytest.raises(IssuerAway):
        await issuer(provider).find(provider.token())
    provider.down = False
    for said in (
        {"issuer": "https://elsewhere.example"},
        {"jwks_uri": "http://elsewhere.example/keys"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": 7},
    ):
        provider.said = said
        with pytest.raises(IssuerAway):
            await issuer(provider).find(provider.token())
    clock = Clock()
    provider.said = {}
    checking = issuer(provider, clock)
    await checking.find(provider.token())
    provider.down = True
    clock.at += KEYS_KEPT_S + 1
    with pytest.raises(IssuerAway):
        await checking.find(provider.token())


async def test_an_issuer_that_fails_is_not_asked_again_at_once(provider: Provider) -> None:
    """Whatever tokens are sent meanwhile; after a while it is, and all is well."""
    clock = Clock()
    checking = issuer(provider, clock)
    provider.down = True
    for _ in range(3):
        with pytest.raises(IssuerAway):
            await checking.find(provider.token())
    assert len(provider.asked) == 1
    provider.down = False
    clock.at += REFETCH_S + 1
    assert (await checking.find(provider.token())).actor == "ada"


async def test_an_issuer_that_speaks_no_http_is_away() -> None:
    """Nothing of it gets out as a fault of ours."""

    async def fetch(_: str) -> bytes:
        raise BadStatusLine("nonsense")

    away = Issuer("https://id.example", AUDIENCE, capabilities_claim=CLAIM, actor_claim="sub", fetch=fetch)
    token = jwt.encode({}, "k" * 32, "HS256", headers={"kid": "first"})
    with pytest.raises(IssuerAway):
        await away.find(token)


async def test_a_token_cannot_pass_for_the_holder_of_a_key(provider: Provider, tmp_path: Path) -> None:
    """401 where a key has the same actor: nobody is two people, and nobody another."""
    parts = parts_over(Away(), {}, tokens=issuer(provider))
    async with asked(Away(), tmp_path, {"ada": (READ,)}, {}, parts) as client:
        for actor, status in (("ada", 401), ("bea", 503)):
            headers = {"Authorization": f"Bearer {provider.token(sub=actor)}"}
            answer = await client.http.get("/v1/strikes", headers=headers)
            assert answer.status_code == status, answer.text


def test_keys_are_fetched_with_tls_or_from_this_machine_only() -> None:
    """Whoever can change the keys on their way can make tokens."""
    assert fetchable("https://id.example.org")
    assert fetchable("http://127.0.0.1:99/keys")
    assert not fetchable("http://id.example.org")
    assert not fetchable("ftp://127.0.0.1")


async def test_the_api_takes_tokens_beside_keys(provider: Provider, tmp_path: Path) -> None:
    """401 for a token that doesn't hold, 403 without the capability, 503 while its keys can't be had."""
    parts = parts_over(Away(), {}, tokens=issuer(provider))
    path = "/v1/strikes"
    async with asked(Away(), tmp_path, {"reader": (READ,)}, {}, parts) as client:

        async def answered(token: str) -> Any:
            return await client.http.get(path, headers={"Authorization": f"Bearer {token}"})

        assert (await answered(provider.token())).json()["remedy"] == "try again in a moment"  # no database
        assert (await answered(client.keys["reader"])).status_code == 503
        lacking = await answered(provider.token(may=(DECIDE,)))
        assert (lacking.status_code, "ada" in lacking.json()["detail"]) == (403, True)
        late = await answered(provider.token(exp=int(time.time()) - 60))
        assert (late.status_code, late.headers["www-authenticate"]) == (401, 'Bearer error="invalid_token"')
        assert "expired" in late.json()["detail"]
        assert (await answered("gs_no-such-key")).status_code == 401
        provider.down = True
        away = parts_over(Away(), {}, tokens=issuer(provider))
        async with asked(Away(), tmp_path / "other", {"reader": (READ,)}, {}, away) as other:
            headers = {"Authorization": f"Bearer {provider.token()}"}
            answer = await other.http.get(path, headers=headers)
            assert (answer.status_code, "issuer" in answer.json()["detail"]) == (503, True)
