"""What schemathesis cannot know from the documents: real people, and how not to saw off the branch it sits on.

The environment has LATCHKEY_URL, the gateway's origin.
"""

import base64
import itertools
import os
import random
import uuid

import requests
import schemathesis

# That of the documents' examples.
PASSWORD = "correct horse battery staple"
URL = os.environ["LATCHKEY_URL"]

# A call that ends its own session, or changes its own password, would take the token away from all
# that come after it: it is made by somebody new.
OWN_END = {"DELETE /auth/me", "POST /auth/password", "POST /auth/logout"}
# A schema cannot say which passwords are easily guessed.
NEW_PASSWORD = {
    "POST /auth/register": "password",
    "POST /auth/password": "new_password",
    "POST /auth/admin/users": "password",
    "POST /auth/admin/users/{id}/temporary-password": "password",
}

# Administrators must not do to each other what would end their own tokens: it is done to somebody new.
HARM = {
    "DELETE /auth/admin/users/{id}": "user",
    "POST /auth/admin/users/{id}/disable": "user",
    "POST /auth/admin/users/{id}/sign-out": "user",
    "POST /auth/admin/users/{id}/temporary-password": "user",
    "DELETE /auth/admin/users/{id}/administrator": "user",
    "DELETE /auth/admin/sessions/{id}": "session",
}

newcomers = itertools.count()
turns = itertools.count()


@schemathesis.deserializer("application/json")
def json_or_compact_jws(context, response):
    """schemathesis takes application/jwt for a kind of JSON. It is three parts with dots in between."""
    if response.headers["content-type"] != ["application/jwt"]:
        return response.json()
    text = response.content.decode("ascii")
    if text.count(".") != 2:
        raise ValueError("not a compact JWS")
    return text


@schemathesis.hook
def before_call(context, case, kwargs):
    label = case.operation.label
    by_token = (case.headers or {}).get("Authorization", "").startswith("Bearer ey")
    if label in OWN_END and by_token:
        case.headers["Authorization"] = f"Bearer {somebody_new()['access_token']}"
    if label in HARM and by_token and is_uuid((case.path_parameters or {}).get("id")):
        tokens = somebody_new()
        ids = {"user": tokens["user"]["id"], "session": tokens["session_id"]}
        case.path_parameters["id"] = ids[HARM[label]]
    if case.meta.generation.mode.is_negative:
        return
    # Its coverage phase makes no header that needs a quote, and takes an invalid one for a valid one.
    for name in ("If-Match", "If-None-Match"):
        if '"' not in (case.headers or {}).get(name, '"*"'):
            case.headers[name] = '"1"'
    # Else hardly a note would ever be in the version that was made up.
    if case.headers and next(turns) % 2:
        case.headers.pop("If-Match", None)
    if not isinstance(case.body, dict):
        return
    member = NEW_PASSWORD.get(label)
    if isinstance(case.body.get(member), str):
        # Eight characters at random are no longer thought hard to guess.
        case.body[member] = hard_to_guess(max(9, len(case.body[member])))
    # Else no login and no refresh would ever succeed. Every other one stays as it was made.
    if label == "POST /auth/login" and next(turns) % 2:
        tokens = somebody_new()
        case.body = {"identifier": tokens["user"]["username"], "password": PASSWORD} | {
            name: value for name, value in case.body.items() if name == "delivery"
        }
    if label == "POST /auth/refresh" and next(turns) % 2:
        case.body["refresh_token"] = somebody_new()["refresh_token"]


def is_uuid(text):
    try:
        return bool(uuid.UUID(str(text)))
    except ValueError:
        return False


def somebody_new():
    name = f"newcomer-{os.getpid()}-{next(newcomers)}"
    answer = requests.post(
        f"{URL}/auth/register",
        json={
            "username": name,
            "email": f"{name}@example.org",
            "password": PASSWORD,
            "delivery": "body",
        },
        timeout=30,
    )
    answer.raise_for_status()
    return answer.json()


def hard_to_guess(length):
    """As long as the one that was made, and the same in every run."""
    return base64.b64encode(random.Random(length).randbytes(length)).decode()[:length]
