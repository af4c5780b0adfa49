"""The Python package pyop as a process of a test: peer.rs starts it, writes one line of settings and reads one line of answer.

It ends when its standard input does. Nobody sees a page: whoever is named by `login_hint` is signed in. Claims come from userinfo.
"""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from Cryptodome.PublicKey import RSA
from jwkest.jwk import RSAKey
from pyop.authz_state import AuthorizationState
from pyop.exceptions import (
    InvalidAccessToken,
    InvalidAuthenticationRequest,
    InvalidClientAuthentication,
    OAuthError,
)
from pyop.provider import Provider
from pyop.subject_identifier import HashBasedSubjectIdentifierFactory
from pyop.userinfo import Userinfo


def serve(issuer, settings):
    accounts = {account["claims"]["sub"]: account["claims"] for account in settings["accounts"]}
    # The package wants https when it begins; this machine's plain http is put there afterwards.
    secure = issuer.replace("http:", "https:")
    provider = Provider(
        RSAKey(key=RSA.generate(2048), kid="pyop", use="sig", alg="RS256"),
        {
            "issuer": secure,
            "authorization_endpoint": secure + "/authorize",
            "token_endpoint": secure + "/token",
            "jwks_uri": secure + "/jwks",
            "userinfo_endpoint": secure + "/userinfo",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "scopes_supported": ["openid", "email", "profile"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "id_token_signing_alg_values_supported": ["RS256"],
        },
        AuthorizationState(HashBasedSubjectIdentifierFactory("only a test")),
        {},
        Userinfo(accounts),
        extra_scopes={"groups": ["groups"]},
    )
    said = provider.configuration_information
    for member in ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"):
        said[member] = said[member].replace("https:", "http:")
    return provider


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        address = urlsplit(self.path)
        provider = self.server.provider
        if address.path == "/.well-known/openid-configuration":
            self.answer(200, provider.provider_configuration.to_dict())
        elif address.path == "/jwks":
            self.answer(200, provider.jwks)
        elif address.path == "/authorize":
            self.authorize(provider, address.query)
        elif address.path == "/userinfo":
            self.userinfo(provider)
        else:
            self.answer(404, {})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        provider = self.server.provider
        if self.path == "/token":
            self.token(provider, body)
        elif self.path == "/control/clients":
            client = json.loads(body)
            provider.clients[client["client_id"]] = {"response_types": ["code"], **client}
            self.answer(204, None)
        else:
            self.answer(404, {})

    def authorize(self, provider, query):
        try:
            request = provider.parse_authentication_request(query)
        except InvalidAuthenticationRequest as error:
            self.answer(400, {"error": error.oauth_error, "error_description": str(error)})
            return
        # The package takes a request without PKCE.
        if "code_challenge" not in request:
            self.answer(400, {"error": "invalid_request", "error_description": "no code_challenge"})
            return
        hint = parse_qs(query).get("login_hint", [""])[0]
        subject = self.server.named.get(hint)
        if subject is None:
            self.answer(403, {"error": "access_denied"})
            return
        answer = provider.authorize(request, subject)
        self.send_response(303)
        self.send_header("Location", answer.request(request["redirect_uri"]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def token(self, provider, body):
        try:
            answer = provider.handle_token_request(body, self.authorization())
        except InvalidClientAuthentication as error:
            self.answer(401, {"error": "invalid_client", "error_description": str(error)})
        except OAuthError as error:
            self.answer(400, {"error": error.oauth_error, "error_description": str(error)})
        else:
            self.answer(200, answer.to_dict())

    def userinfo(self, provider):
        try:
            answer = provider.handle_userinfo_request("", self.authorization())
        except InvalidAccessToken as error:
            self.answer(401, {"error": "invalid_token", "error_description": str(error)})
        else:
            self.answer(200, answer.to_dict())

    def authorization(self):
        # The package knows one spelling of the name.
        value = self.headers.get("Authorization")
        return {"Authorization": value} if value else {}

    def answer(self, status, content):
        body = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main():
    settings = json.loads(sys.stdin.readline())
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer = "http://127.0.0.1:%d" % server.server_port
    server.provider = serve(issuer, settings)
    server.named = {}
    for account in settings["accounts"]:
        claims = account["claims"]
        server.named.update({claims["sub"]: claims["sub"], claims.get("email"): claims["sub"]})
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"issuer": issuer}), flush=True)
    sys.stdin.read()
    os._exit(0)


main()
