"""The trust list: signed only when something changes, and other provinces' lists taken over."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from accounts.permissions import COMMAND_LINE
from foundation.problems import DomainProblem
from passes.credential import Credential, build_text, encode_payload
from passes.judging import judge_text
from passes.keys import condemn_key, rotate_key
from passes.public import PlateSeen, sign_trust, workshop
from passes.signing import (
    PrivateKey,
    generate_key,
    key_from_jwk,
    public_jwk,
    sign_jws,
    sign_payload,
    verify_jws,
)
from passes.trust import FORMAT, TYPE, import_trust, newest_trust
from tests.builders import NOON, with_keys

URL = "https://ct.example.cn"
SHENYANG = "210102"


@pytest.fixture(autouse=True)
def _keys(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workshop().keys, "folder", tmp_path)
    monkeypatch.setattr(workshop().keys, "_loaded", {})
    with_keys(session, tmp_path)


def sign(session: Session, url: str = URL) -> bool:
    return sign_trust(session, COMMAND_LINE, workshop().keys.get("root.pem"), url, now=NOON)


def test_an_unchanged_list_is_not_signed_again_and_a_rotated_key_is_told(session: Session) -> None:
    assert not sign(session)
    rotate_key(session, COMMAND_LINE, "220102", workshop().keys.folder, now=NOON)
    assert sign(session)
    newest = newest_trust(session)
    assert newest is not None
    assert newest.seq == 2


def test_a_key_announced_today_does_not_sign_today(session: Session) -> None:
    rotate_key(session, COMMAND_LINE, "220102", workshop().keys.folder, now=NOON)
    with pytest.raises(DomainProblem, match="signing_key.announced_too_late"):
        rotate_key(session, COMMAND_LINE, "220102", workshop().keys.folder, now=NOON + timedelta(hours=23))
    assert (
        rotate_key(session, COMMAND_LINE, "220102", workshop().keys.folder, now=NOON + timedelta(hours=24))
        == 2
    )


def test_a_key_that_never_signed_cannot_be_condemned(session: Session) -> None:
    with pytest.raises(DomainProblem, match="signing_key.not_in_use"):
        condemn_key(session, COMMAND_LINE, "220102", 1, now=NOON)


def a_foreign_list(
    root: PrivateKey, signer: PrivateKey, *, seq: int = 1, area: str = SHENYANG, state: str = "signing"
) -> str:
    key = {"key": 4, "alg": "ES256", "jwk": public_jwk(signer.public_key()), "state": state}
    issuer = {"area": area, "name": {"zh": "沈阳市和平区", "en": "Heping"}, "phone": "", "keys": [key]}
    payload: dict[str, Any] = {"format": FORMAT, "seq": seq, "issuers": [issuer]}
    return sign_jws(root, "liaoning", json.dumps(payload).encode(), TYPE)


def a_foreign_text(signer: PrivateKey) -> str:
    payload = encode_payload(
        Credential(
            key=4,
            area=SHENYANG,
            serial=7,
            sector=0,
            kind=0,
            revision=0,
            plate="辽A12345",
            plate_colour=1,
            origin=SHENYANG,
            destination="220102",
            goods=12,
            not_before=NOON - timedelta(hours=1),
            duration_minutes=3000,
        )
    )
    return build_text("https://ln.example/p/", payload, sign_payload(signer, payload))


def verdict(session: Session, text: str) -> tuple[str, str]:
    judged = judge_text(session, text, now=NOON, plate_seen=PlateSeen.MATCHES).verdict
    return judged.level, judged.code


def test_another_provinces_pass_verifies_after_its_list_was_imported(session: Session) -> None:
    root, signer = generate_key(), generate_key()
    text = a_foreign_text(signer)
    assert verdict(session, text) == ("amber", "unknown_issuer")
    jwk = public_jwk(root.public_key())
    assert import_trust(session, COMMAND_LINE, a_foreign_list(root, signer), jwk, "liaoning", now=NOON) == 1
    # Signature and dates are checked; of its status nothing is known here, and the verdict says so.
    assert verdict(session, text) == ("amber", "no_list")
    assert verdict(session, a_foreign_text(generate_key())) == ("red", "bad_signature")
    bad = a_foreign_list(root, signer, seq=2, state="bad")
    import_trust(session, COMMAND_LINE, bad, jwk, "liaoning", now=NOON)
    assert verdict(session, text) == ("red", "key_revoked")


def test_what_was_taken_over_is_told_to_our_scanners_and_not_taken_over_again(session: Session) -> None:
    root, signer = generate_key(), generate_key()
    jwk = public_jwk(root.public_key())
    import_trust(session, COMMAND_LINE, a_foreign_list(root, signer), jwk, "liaoning", now=NOON)
    assert sign(session)
    newest = newest_trust(session)
    assert newest is not None
    kid = f"root-{public_jwk(workshop().keys.get('root.pem').public_key())['x'][:8]}"
    ours = public_jwk(workshop().keys.get("root.pem").public_key())
    issuers = json.loads(verify_jws(newest.jws, {kid: key_from_jwk(ours)}))["issuers"]
    assert {issuer["area"] for issuer in issuers if issuer.get("root") == "liaoning"} == {SHENYANG}
    assert len(issuers) > 1
    # The other province took ours over: its list speaks of our areas by our word, which is no reason to refuse it.
    theirs = {"format": FORMAT, "seq": 2, "issuers": issuers}
    back = sign_jws(root, "liaoning", json.dumps(theirs | {"issuers": [issuers[-1]]}).encode(), TYPE)
    assert issuers[-1]["root"] == "liaoning"
    import_trust(session, COMMAND_LINE, back, jwk, "liaoning", now=NOON)
    assert verdict(session, a_foreign_text(signer)) == ("amber", "unknown_issuer")


def test_an_older_a_forged_and_our_own_area_are_refused(session: Session) -> None:
    root, signer = generate_key(), generate_key()
    jwk = public_jwk(root.public_key())
    import_trust(session, COMMAND_LINE, a_foreign_list(root, signer, seq=5), jwk, "liaoning", now=NOON)
    for jws, code in (
        (a_foreign_list(root, signer, seq=5), "trust.older"),
        (a_foreign_list(generate_key(), signer, seq=6), "jws.bad_signature"),
        (a_foreign_list(root, signer, seq=6, area="220102"), "trust.ours"),
        (sign_jws(root, "liaoning", b"[]", TYPE), "trust.not_a_list"),
        ("no.list.atall", "jws.malformed"),
    ):
        with pytest.raises(DomainProblem, match=code):
            import_trust(session, COMMAND_LINE, jws, jwk, "liaoning", now=NOON)
