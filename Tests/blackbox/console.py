"""The console as a browser without JavaScript sees it: cookies, forms, redirects."""

from __future__ import annotations

import html.parser
from dataclasses import dataclass, field

import requests

from server import Server


@dataclass
class Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)


class Page(html.parser.HTMLParser):
    """What the tests ask of a page: its forms, links, headings and text."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__(convert_charrefs=True)
        self.response = response
        self.html = response.text
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.headings: list[str] = []
        self.words: list[str] = []
        self._inside: list[str] = []
        self._name = ""
        self._chosen: set[str] = set()
        self.feed(self.html)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(attributes.get("action", ""), attributes.get("method", "get")))
        elif tag == "input" and self.forms and "name" in attributes:
            self._input(attributes)
        elif tag in ("select", "textarea") and self.forms and "name" in attributes:
            self._name = attributes["name"]
            self.forms[-1].fields[self._name] = ""
        elif tag == "option" and self.forms and self._name and ("selected" in attributes or self._name not in self._chosen):
            # Without a choice the first option is chosen.
            self._chosen.add(self._name)
            self.forms[-1].fields[self._name] = attributes.get("value", "")
        elif tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])
        if tag not in ("input", "meta", "link", "br", "img"):
            self._inside.append(tag)

    def _input(self, attributes: dict[str, str]) -> None:
        """As a browser sends it: what is not ticked is left away."""
        if attributes.get("type") in ("checkbox", "radio") and "checked" not in attributes:
            return
        self.forms[-1].fields[attributes["name"]] = attributes.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("select", "textarea"):
            self._name = ""
            self._chosen = set()
        if tag in self._inside:
            while self._inside.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._name and self._inside and self._inside[-1] == "textarea":
            self.forms[-1].fields[self._name] += data
        if self._inside and self._inside[-1] == "h1":
            self.headings.append(data)
        if "button" in self._inside and self.forms:
            self.forms[-1].buttons.append(data.strip())

    def form(self, ending: str) -> Form:
        """The first form whose action ends so."""
        return next(form for form in self.forms if form.action.endswith(ending))


class Browser:
    """One session with the console."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.session = requests.Session()
        self.session.headers["Accept"] = "text/html,*/*"

    def get(self, path: str, **options: object) -> Page:
        options.setdefault("timeout", 30)
        return Page(self.session.get(self.server.base_url + path, **options))

    def submit(self, form: Form, **fields: str) -> Page:
        return self.post(form.action, {**form.fields, **fields})

    def post(self, path: str, fields: dict[str, str], **options: object) -> Page:
        options.setdefault("timeout", 30)
        return Page(self.session.post(self.server.base_url + path, data=fields, **options))

    def sign_in(self, *arguments: str) -> "Browser":
        """With a fresh link of the command line."""
        link = self.server.cli("console", "link", "--base", self.server.base_url, *arguments)["url"]
        page = self.get(link.removeprefix(self.server.base_url))
        assert "Sign in" in page.form("/console/sign-in").buttons
        answer = self.submit(page.form("/console/sign-in"))
        assert answer.response.status_code == 200, answer.text
        return self
