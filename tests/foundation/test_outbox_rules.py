"""When a message is tried again, when a telephone may ring, and what an answer of a gateway means."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.outbox.gateway import judged, receipt
from foundation.outbox.rules import (
    BACK_OFF,
    BEIJING,
    MESSAGE_MOVES,
    QUIET_UNTIL,
    REST,
    Channel,
    Circuit,
    MessageAction,
    MessageState,
    Outcome,
    is_quiet,
    next_ask,
    next_state,
    next_try,
    not_before,
    open_actions,
)
from foundation.problems import NotAllowed

NOON = datetime(2022, 4, 16, 4, 0, tzinfo=UTC)
MOMENTS = st.timedeltas(timedelta(), timedelta(days=9)).map(lambda later: NOON + later)
FAULT = Outcome(MessageAction.PUT_OFF, "sms.500", fault=True)
TAKEN = Outcome(MessageAction.ACCEPT)


def test_the_tries_of_a_message_end_within_a_day() -> None:
    assert sum(BACK_OFF, timedelta()) < timedelta(days=1)
    tries = [next_try(attempt, NOON) for attempt in range(1, len(BACK_OFF) + 2)]
    assert tries == [*(NOON + pause for pause in BACK_OFF), None]


def test_a_server_that_asks_for_a_pause_gets_it() -> None:
    assert next_try(1, NOON, timedelta(hours=2)) == NOON + timedelta(hours=2)
    assert next_try(5, NOON, timedelta(seconds=3)) == NOON + timedelta(hours=4)
    assert next_try(1, NOON, timedelta(days=300)) == NOON + timedelta(days=1)


def test_a_gateway_is_asked_ever_more_rarely_and_for_a_day() -> None:
    now, asked = NOON, 0
    while (again := next_ask(NOON, now)) is not None:
        assert again - now >= timedelta(minutes=1)
        now, asked = again, asked + 1
    assert asked < 20
    assert now - NOON >= timedelta(days=1)


@pytest.mark.parametrize(
    ("hour", "minute", "wait"),
    [(21, 59, 0), (22, 0, 9 * 60), (23, 30, 450), (0, 0, 420), (6, 59, 1), (7, 0, 0), (12, 0, 0)],
)
def test_no_telephone_rings_at_night_for_what_can_wait(hour: int, minute: int, wait: int) -> None:
    here = datetime(2022, 4, 16, hour, minute, tzinfo=BEIJING)
    assert not_before(here, Channel.SMS, urgent=False) - here == timedelta(minutes=wait)
    assert not_before(here, Channel.SMS, urgent=True) == here
    assert not_before(here, Channel.EMAIL, urgent=False) == here


@given(MOMENTS)
def test_a_text_message_waits_until_seven_and_no_longer(now: datetime) -> None:
    when = not_before(now, Channel.SMS, urgent=False)
    assert not is_quiet(when)
    assert timedelta() <= when - now <= timedelta(hours=9)
    assert when == now or when.astimezone(BEIJING).time() == QUIET_UNTIL


def test_nothing_that_may_have_arrived_is_sent_again_by_itself() -> None:
    ways_out = {action for state, action in MESSAGE_MOVES if state is MessageState.UNKNOWN}
    back = {
        action
        for (state, action), to in MESSAGE_MOVES.items()
        if state is MessageState.UNKNOWN and to is MessageState.QUEUED
    }
    # PUT_OFF of an unknown message is the receipt that says: never heard of it.
    assert back == {MessageAction.RESEND, MessageAction.PUT_OFF}
    assert MessageAction.TAKE not in ways_out


def test_a_person_sends_again_what_failed_and_stops_what_waits() -> None:
    assert open_actions(MessageState.FAILED) == (MessageAction.RESEND,)
    assert open_actions(MessageState.UNKNOWN) == (MessageAction.RESEND,)
    assert open_actions(MessageState.QUEUED) == (MessageAction.STOP,)
    assert open_actions(MessageState.SENT) == ()
    with pytest.raises(NotAllowed):
        next_state(MessageState.SENT, MessageAction.RESEND)


def test_five_faults_in_a_row_let_a_channel_rest_for_a_minute() -> None:
    circuit = Circuit()
    for _ in range(4):
        circuit = circuit.after(FAULT, NOON)
        assert circuit.open(NOON)
    circuit = circuit.after(FAULT, NOON)
    assert not circuit.open(NOON + REST - timedelta(seconds=1))
    assert circuit.open(NOON + REST)
    assert not circuit.after(FAULT, NOON + REST).open(NOON + REST), "one more fault, and it rests again"
    assert circuit.after(TAKEN, NOON + REST) == Circuit()


def test_a_message_that_is_refused_is_no_fault_of_the_channel() -> None:
    refused = Outcome(MessageAction.REFUSE, "sms.invalid_number")
    assert Circuit(faults=4).after(refused, NOON) == Circuit()


def test_a_gateway_that_asks_for_a_pause_is_left_alone() -> None:
    busy = Outcome(MessageAction.PUT_OFF, "sms.429", fault=True, wait=timedelta(seconds=90))
    circuit = Circuit().after(busy, NOON)
    assert not circuit.open(NOON + timedelta(seconds=89))
    assert circuit.open(NOON + timedelta(seconds=90))


@pytest.mark.parametrize(
    ("status", "body", "action", "error"),
    [
        (200, {"status": "accepted", "id": "7"}, MessageAction.ACCEPT, None),
        (200, {"status": "error", "code": "busy"}, MessageAction.PUT_OFF, "sms.busy"),
        (200, {"status": "rejected", "code": "invalid_number"}, MessageAction.REFUSE, "sms.invalid_number"),
        (200, {"status": "error", "code": "13812345678 is no number"}, MessageAction.PUT_OFF, "sms.error"),
        (200, None, MessageAction.LOSE_SIGHT, "sms.strange_answer"),
        (200, ["accepted"], MessageAction.LOSE_SIGHT, "sms.strange_answer"),
        (204, None, MessageAction.LOSE_SIGHT, "sms.strange_answer"),
        (302, None, MessageAction.PUT_OFF, "sms.302"),
        (400, {"code": "invalid_number"}, MessageAction.REFUSE, "sms.invalid_number"),
        (404, None, MessageAction.REFUSE, "sms.404"),
        (401, None, MessageAction.PUT_OFF, "sms.401"),
        (429, None, MessageAction.PUT_OFF, "sms.429"),
        (500, {"status": "accepted"}, MessageAction.PUT_OFF, "sms.500"),
    ],
)
def test_an_answer_is_read(status: int, body: object, action: MessageAction, error: str | None) -> None:
    outcome = judged(status, body)
    assert (outcome.action, outcome.error) == (action, error)


@pytest.mark.parametrize(
    ("status", "body", "action"),
    [
        (200, {"status": "delivered"}, MessageAction.ACCEPT),
        (200, {"status": "accepted"}, MessageAction.ACCEPT),
        (200, {"status": "failed", "code": "absent"}, MessageAction.REFUSE),
        (404, {"status": "not_found"}, MessageAction.PUT_OFF),
        (404, None, None),
        (404, {"detail": "Not Found"}, None),
        (500, {"status": "not_found"}, None),
        (200, {"status": ["odd"]}, None),
    ],
)
def test_a_receipt_decides_only_in_the_words_of_the_gateway(
    status: int, body: object, action: MessageAction | None
) -> None:
    found = receipt(status, body)
    assert (found and found.action) == action
