"""A browser without scripts for tests: it reads each page as a strict reader would and fills forms in as people do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from flask import g, has_app_context
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr", "path"})
UNLABELLED = frozenset({"hidden", "submit", "button", "image", "reset"})


@dataclass
class Form:
    """A form of a page: where it goes, how, and what it holds before anybody types."""

    action: str
    method: str
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass
class Page:
    """What a page is made of, as far as tests ask."""

    headings: list[str] = field(default_factory=list)
    title: str = ""
    ids: list[str] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)
    inputs: list[tuple[str, str | None]] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    text: str = ""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self._open: list[str] = []
        self._form: Form | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in VOID:
            self._open.append(tag)
        if given.get("id"):
            self.page.ids.append(given["id"] or "")
        getattr(self, f"_see_{tag}", lambda _given: None)(given)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass
        if tag == "form":
            self._form = None
        if tag == "select":
            self._select = None

    def handle_data(self, data: str) -> None:
        if "h1" in self._open:
            self.page.headings[-1] += data
        elif "title" in self._open and "svg" not in self._open:
            self.page.title += data
        if not {"script", "style", "title"} & set(self._open):
            self.page.text += data

    def _see_h1(self, _given: Mapping[str, str | None]) -> None:
        self.page.headings.append("")

    def _see_a(self, given: Mapping[str, str | None]) -> None:
        self.page.links.append(given.get("href") or "")

    def _see_label(self, given: Mapping[str, str | None]) -> None:
        self.page.labels.add(given.get("for") or "")

    def _see_form(self, given: Mapping[str, str | None]) -> None:
        self._form = Form(given.get("action") or "", (given.get("method") or "get").lower())
        self.page.forms.append(self._form)

    def _see_input(self, given: Mapping[str, str | None]) -> None:
        kind = given.get("type") or "text"
        if kind not in UNLABELLED and "aria-label" not in given:
            self.page.inputs.append((given.get("name") or "", given.get("id")))
        ticked = kind not in {"checkbox", "radio"} or "checked" in given
        if kind not in {"file", "submit"} and ticked:
            self._hold(given.get("name"), given.get("value") or "")

    def _see_textarea(self, given: Mapping[str, str | None]) -> None:
        self.page.inputs.append((given.get("name") or "", given.get("id")))
        self._hold(given.get("name"), "")

    def _see_select(self, given: Mapping[str, str | None]) -> None:
        self.page.inputs.append((given.get("name") or "", given.get("id")))
        self._select = given.get("name")

    def _see_option(self, given: Mapping[str, str | None]) -> None:
        fresh = self._form is not None and self._select not in self._form.fields
        if self._select and ("selected" in given or fresh):
            self._hold(self._select, given.get("value") or "")

    def _hold(self, name: str | None, value: str) -> None:
        if self._form is not None and name:
            self._form.fields[name] = value


def read(html: str) -> Page:
    """The page, after checking what every page owes its reader."""
    reader = _Reader()
    reader.feed(html)
    page = reader.page
    assert len(page.headings) == 1, f"a page has one h1, not {page.headings}"
    heading = " ".join(page.headings[0].split())
    assert heading, "the h1 says something"
    assert " ".join(page.title.split()).startswith(heading), (
        f"the title {page.title!r} starts with {heading!r}"
    )
    twice = {one for one in page.ids if page.ids.count(one) > 1}
    assert not twice, f"ids are unique, but not {twice}"
    for name, key in page.inputs:
        assert key in page.labels, f"the input {name!r} has a label"
    for form in page.forms:
        assert form.action, "a form says where it goes"
        assert form.method != "post" or form.fields.get("csrf_token"), (
            f"the form to {form.action} has its token"
        )
    return page


class Browser:
    """One browser with its cookies. `last` is the page it shows."""

    def __init__(self, client: FlaskClient, **headers: str) -> None:
        self.client = client
        self.headers = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/130.0", **headers}
        self.last: Page | None = None

    def get(self, url: str, *, status: int = 200) -> Page:
        """Open a page, follow where it leads, and read it."""
        return self._show(self.raw("GET", url), status)

    def post_form(
        self,
        page_url: str,
        fields: Mapping[str, str | Sequence[str]] | None = None,
        *,
        action: str | None = None,
        status: int = 200,
    ) -> Page:
        """Open a page, fill in its form and send it. `action` names the form by where it goes.

        Without `action` it is the form that has all the fields. What the page already holds is sent along.
        """
        response = self.send_form(page_url, fields, action=action)
        return self._show(self._follow(response), status)

    def send_form(
        self,
        page_url: str,
        fields: Mapping[str, str | Sequence[str]] | None = None,
        *,
        action: str | None = None,
    ) -> TestResponse:
        """Like `post_form`, but gives the plain answer, before any redirect."""
        page = self.get(page_url)
        given = dict(fields or {})
        form = self._form(page, given, action)
        return self.raw("POST", form.action, data={**form.fields, **given}, follow=False)

    def raw(self, method: str, url: str, *, follow: bool = True, **more: Any) -> TestResponse:
        """A request with the cookies of this browser, and its answer as it came."""
        self._forget()
        # The site of the tests is reached by https; a client over http would not send its cookies.
        response = self.client.open(
            url, method=method, headers=self.headers, base_url="https://ct.example.cn", **more
        )
        return self._follow(response) if follow else response

    def _follow(self, response: TestResponse) -> TestResponse:
        while response.status_code in {301, 302, 303, 307}:
            response = self.raw("GET", response.headers["Location"], follow=False)
        return response

    def _show(self, response: TestResponse, status: int) -> Page:
        assert response.status_code == status, f"{response.status_code}: {response.text[:2000]}"
        self.last = read(response.text)
        return self.last

    @staticmethod
    def _form(page: Page, fields: Mapping[str, Any], action: str | None) -> Form:
        posts = [form for form in page.forms if form.method == "post" and form.action != "/logout"]
        if action is not None:
            posts = [form for form in page.forms if form.action.split("?")[0] == action]
        elif len(posts) > 1:
            posts = [form for form in posts if set(fields) <= set(form.fields)]
        assert posts, f"no form to {action or sorted(fields)} on the page {page.title!r}"
        return posts[0]

    @staticmethod
    def _forget() -> None:
        # Requests in the transaction of a test share its application context, but must not share what was
        # found out about the request before.
        if has_app_context():
            for name in list(g):
                g.pop(name)
