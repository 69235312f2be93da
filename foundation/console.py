"""Command groups whose problems are told in words, with their code, and exit 1."""

import json
from typing import Any

import click
from flask.cli import AppGroup

from foundation.problems import DomainProblem
from foundation.words import field_words, words_of


class RoomGroup(AppGroup):
    """A room's group of `flask` commands."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a problem of the domain becomes words on standard error."""
        try:
            return super().invoke(ctx)
        except DomainProblem as problem:
            raise click.ClickException(told(problem)) from problem


def told(problem: DomainProblem) -> str:
    """A problem as lines for a terminal: the code, what happened, each field, what to do next."""
    words = words_of(problem.code)
    lines = [f"[{problem.code}] {words.fill(words.what, problem.facts)}"]
    lines += [
        f"  {error.field}: [{error.code}] {field_words(error.code, error.facts)}" for error in problem.errors
    ]
    lines += [f"  → {words.fill(step, problem.facts)}" for step in words.steps]
    if problem.facts:
        lines.append(f"  {json.dumps(dict(problem.facts), ensure_ascii=False, default=str)}")
    return "\n".join(lines)
