"""Single sign-on with a small provider of our own on this machine: it opens existing accounts and makes none."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.urls import reverse

from accounts.models import User

PASSED = {"email": "hsiaoming@example.org", "email_verified": True}


class Provider(BaseHTTPRequestHandler):
    """Answers what an OpenID Connect server answers; whoever comes is `claims`."""

    claims: dict

    def do_GET(self) -> None:
        base = f"http://127.0.0.1:{self.server.server_port}"
        if self.path.startswith("/.well-known/"):
            self._answer(
                {
                    "issuer": base,
                    "authorization_endpoint": f"{base}/authorize",
                    "token_endpoint": f"{base}/token",
                    "userinfo_endpoint": f"{base}/userinfo",
                    "jwks_uri": f"{base}/keys",
                    "token_endpoint_auth_methods_supported": ["client_secret_post"],
                }
            )
        else:
            self._answer({"sub": "17"} | self.claims)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        now = int(time.time())
        issuer = f"http://127.0.0.1:{self.server.server_port}"
        token = {"iss": issuer, "aud": "alumni", "sub": "17", "iat": now, "exp": now + 60} | self.claims
        signed = jwt.encode(token, "0" * 32, algorithm="HS256")
        self._answer({"access_token": "a", "token_type": "Bearer", "expires_in": 60, "id_token": signed})

    def _answer(self, data: dict) -> None:
        body = json.dumps(data).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Silent."""


@pytest.fixture
def provider(settings) -> Iterator[type[Provider]]:
    handler = type("Claims", (Provider,), {"claims": PASSED})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    app = {"provider_id": "sso", "name": "海大單一登入", "client_id": "alumni", "secret": "s"}
    app["settings"] = {"server_url": url}
    settings.OIDC_SERVER_URL = url
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
    yield handler
    server.shutdown()
    server.server_close()


def come_in(client: Client, query: str = ""):
    """Press the button and come back from the provider."""
    leaving = client.post(reverse("openid_connect_login", args=["sso"]) + query)
    state = parse_qs(urlsplit(leaving.url).query)["state"][0]
    return client.get(reverse("openid_connect_callback", args=["sso"]), {"code": "c", "state": state})


def test_a_verified_address_opens_the_account_that_has_it(provider, person):
    someone = person("auditor", email="HsiaoMing@example.org")
    client = Client()
    assert "以海大單一登入登入" in client.get(reverse("login")).content.decode()
    assert come_in(client).url == reverse("home")
    assert client.get(reverse("home")).url == reverse("admin:index")
    assert someone.kinds() == ["signed_in"]


@pytest.mark.parametrize(
    ("claims", "account"),
    [
        (PASSED, {"email": "other@example.org"}),
        (PASSED, {"email": PASSED["email"], "is_active": False}),
        (PASSED | {"email_verified": False}, {"email": PASSED["email"]}),
        ({}, {"email": ""}),
    ],
)
def test_nobody_else_comes_in_and_no_account_is_made(provider, person, claims, account):
    provider.claims = claims
    person("auditor", **account)
    client = Client()
    page = client.get(come_in(client).url)
    assert "無法以單一登入使用本系統" in page.content.decode()
    assert client.get("/admin/").status_code == 302
    assert User.objects.count() == 1


def test_two_accounts_of_one_address_are_not_guessed_between(provider, person):
    person("auditor", email=PASSED["email"])
    person("registrar", email=PASSED["email"])
    assert come_in(Client()).url == reverse("login")


def test_no_identity_is_connected_to_an_account(provider, person):
    client = person("auditor", email=PASSED["email"]).signed_in()
    assert come_in(client, "?process=connect").url == reverse("login")
    assert not SocialAccount.objects.exists()


def test_the_second_factor_is_asked_for_all_the_same(provider, person):
    person("auditor", email=PASSED["email"], factor=True)
    assert come_in(Client()).url == reverse("mfa_authenticate")
    assert Authenticator.objects.exists()


def test_without_a_server_there_is_no_single_sign_on(client, db):
    assert client.get(reverse("openid_connect_login", args=["sso"])).status_code == 404
    assert "單一登入" not in client.get(reverse("login")).content.decode()
