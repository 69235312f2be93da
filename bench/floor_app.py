"""The floor of a verdict over HTTP: a Flask view without the house that does the same reads and checks the signature."""

import os
from typing import Any

from flask import Flask, Response, jsonify, request
from psycopg_pool import ConnectionPool

from accounts.tokens import hash_of
from foundation import clock
from passes.credential import decode_payload, parse_text
from passes.signing import key_from_jwk, verify_payload

app = Flask(__name__)
pool = ConnectionPool(os.environ["DATABASE_URL"], min_size=4, max_size=6, open=True)

TOKEN = "SELECT id, scopes, expires_at, revoked_at, checkpoint_code FROM api_token WHERE token_hash = %s"  # noqa: S105 - a statement
READ = (
    "SELECT k.jwk, k.state, p.state, p.revision FROM signing_key AS k "
    "LEFT JOIN pass AS p ON p.plate = %s AND p.number = %s WHERE k.area = %s AND k.key = %s"
)


@app.post("/verdicts")
def verdict() -> Response:
    """The token, then key and pass in one read; then the signature."""
    now = clock.now()
    asked: dict[str, Any] = request.get_json()
    scanned = parse_text(asked["text"])
    credential = decode_payload(scanned.payload)
    token = hash_of(request.headers["Authorization"].removeprefix("Bearer "))
    with pool.connection() as connection:
        admitted = connection.execute(TOKEN, (token,), prepare=True).fetchone()
        given = (credential.plate, credential.number, credential.area, credential.key)
        jwk, _, state, _ = connection.execute(READ, given, prepare=True).fetchone() or (
            None,
            None,
            None,
            None,
        )
    good = jwk is not None and verify_payload(key_from_jwk(jwk), scanned.payload, scanned.signature)
    live = bool(admitted and good and state == "live" and credential.not_before <= now < credential.not_after)
    return jsonify(
        {
            "level": "green" if live else "red",
            "number": credential.number,
            "plate": credential.plate,
            "not_after": credential.not_after.isoformat(),
        }
    )
