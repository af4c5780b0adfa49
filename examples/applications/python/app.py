"""A small application that knows its users by Vestibule's signed token. Python 3.9 or later, PyJWT 2.8 or later with cryptography.

    pip install "pyjwt[crypto]"
    VESTIBULE_ISSUER=https://acme.sso.example.com VESTIBULE_AUDIENCE=https://app.example.com \
    VESTIBULE_KEYS=https://app.example.com/.vestibule/jwks.json python3 app.py 3000

It listens on 127.0.0.1 and is reached through its proxy. What matters is `user_of`.
"""

import json
import os
import re
import sys
from wsgiref.simple_server import make_server

import jwt

# The issuer is hub.origin, or the company's origin where there is no hub; the audience is the application's first origin, or its
# setting `audience`. The address of the keys is configured, and never taken from a token or a header.
ISSUER = os.environ["VESTIBULE_ISSUER"]
AUDIENCE = os.environ["VESTIBULE_AUDIENCE"]
# An unknown key is asked for at once; known ones are kept for five minutes.
KEYS = jwt.PyJWKClient(os.environ["VESTIBULE_KEYS"], cache_keys=True, lifespan=300)

LONGEST = 8192
# Three parts of base64url, without padding.
FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
CLAIMS = ["iss", "aud", "sub", "iat", "nbf", "exp"]


def user_of(token):
    """The claims of a token; raises jwt.PyJWTError when it is not to be believed."""
    if len(token) > LONGEST or not FORM.fullmatch(token):
        raise jwt.InvalidTokenError("this is no token")
    header = jwt.get_unverified_header(token)
    # Nothing in a header may bring a key or change what is checked (RFC 7515, section 4).
    if set(header) != {"alg", "kid", "typ"} or header["typ"] != "vestibule-identity+jwt":
        raise jwt.InvalidTokenError("this is no identity token")
    key = KEYS.get_signing_key_from_jwt(token)
    claims = jwt.decode(
        token,
        key.key,
        algorithms=["ES256"],
        audience=AUDIENCE,
        issuer=ISSUER,
        leeway=30,
        options={"require": CLAIMS},
    )
    # A token is for one application.
    if not isinstance(claims["aud"], str):
        raise jwt.InvalidAudienceError("the token is for several")
    return claims


def application(environ, respond):
    # WSGI joins two headers of one name with a comma, which no token has. It also reads Vestibule_Identity as this name: the proxy
    # drops names with underscores.
    try:
        claims = user_of(environ.get("HTTP_VESTIBULE_IDENTITY", ""))
    except jwt.PyJWTError as reason:
        print("refused:", reason, file=sys.stderr)
        respond("401 Unauthorized", [("Content-Type", "text/plain")])
        return [b"Nobody is signed in.\n"]
    # Know people by issuer and subject, never by their address.
    user = {name: claims.get(name) for name in ("iss", "sub", "name", "email", "org_slug", "groups")}
    respond("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(user).encode()]


if __name__ == "__main__":
    with make_server("127.0.0.1", int(sys.argv[1]), application) as server:
        server.serve_forever()
