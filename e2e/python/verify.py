"""Verifies access tokens with PyJWT, knowing nothing of Latchkey but its URL:

    python verify.py ISSUER AUDIENCE < tokens

Prints `ok <sub>` or `error <exception>` for each token, one a line.
"""

import sys

import jwt


def verify(token: str, keys: jwt.PyJWKClient, issuer: str, audience: str) -> dict:
    verified = jwt.decode_complete(
        token,
        keys.get_signing_key_from_jwt(token),
        algorithms=["RS256"],
        issuer=issuer,
        audience=audience,
        options={"require": ["iss", "sub", "aud", "exp", "iat", "jti", "sid"]},
    )
    if verified["header"].get("typ") != "at+jwt":
        raise jwt.InvalidTokenError("not an access token")
    return verified["payload"]


def main() -> None:
    issuer, audience = sys.argv[1:]
    keys = jwt.PyJWKClient(f"{issuer}/.well-known/jwks.json")
    for line in sys.stdin:
        try:
            verdict = f"ok {verify(line.strip(), keys, issuer, audience)['sub']}"
        except jwt.PyJWTError as error:
            verdict = f"error {type(error).__name__}"
        print(verdict, flush=True)


if __name__ == "__main__":
    main()
