"""Structured logs: one line a request with its endpoint, status and time; never a path, a plate or a phone."""

import logging
import time
from typing import Any

import structlog
from flask import Flask, Response, g, request

from foundation.base import new_id


def bind_logging(app: Flask) -> None:
    """Log each request by its endpoint: the path of `/p/…` and `/d/…` holds what must not be kept."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    log = structlog.get_logger()

    @app.before_request
    def start() -> None:
        g.request_id = new_id().hex
        g.started = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        if request.endpoint != "static":
            log.info("request", **_facts(response))
        response.headers["X-Request-Id"] = g.get("request_id", "")
        return response


def _facts(response: Response) -> dict[str, Any]:
    actor = g.get("actor")
    return {
        "endpoint": request.endpoint,
        "method": request.method,
        "status": response.status_code,
        "ms": round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
        "actor": str(actor.id) if actor and actor.id else None,
    }
