"""What a browser does over HTTP: cookies, forms with their hidden fields, the Origin header."""

import json
import re
import ssl
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Final, Self
from urllib.parse import urljoin, urlsplit

import aiohttp

from server.rehearsal.failing import Failed

REDIRECTS: Final = 5
PATIENCE: Final = aiohttp.ClientTimeout(total=20)  # seconds for one answer

_TAGS = re.compile(r"<(script|style|svg)\b.*?</\1>|<[^>]+>", re.DOTALL)
_SECRET = re.compile(r"^/i/[^/]+")


@dataclass(slots=True)
class Form:
    action: str
    hidden: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    """Read the forms of a page, its CSRF token and where its links go."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.csrf = ""
        self._form: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.csrf = self.csrf or given.get("data-csrf", "")
        match tag:
            case "form":
                self._form = Form(given.get("action", ""))
                self.forms.append(self._form)
            case "input" if given.get("type") == "hidden":
                self._hidden(given.get("name", ""), given.get("value", ""))
            case "meta" if given.get("name") == "csrf":
                self.csrf = given.get("content", "")
            case "a":
                self.links.append(given.get("href", ""))
            case _:
                pass

    def _hidden(self, name: str, value: str) -> None:
        if name == "csrf":
            self.csrf = self.csrf or value
        if self._form is not None:
            self._form.hidden[name] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it came: `path` is where redirects ended."""

    path: str
    text: str
    csrf: str
    forms: tuple[Form, ...]
    links: tuple[str, ...]

    def form(self, action_ends: str) -> Form:
        """Return the form that posts to a path with this end. Raises Failed."""
        for found in self.forms:
            if found.action.endswith(action_ends):
                return found
        raise Failed(f"页面 {shown(self.path)} 上没有提交到 …{action_ends} 的表单。")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


def shown(path: str) -> str:
    """Return a path that may be shown: without a link's secret."""
    return _SECRET.sub("/i/…", path)


def words_of(html: str) -> str:
    """Return the beginning of what a person reads on a page, for a message."""
    return " ".join(_TAGS.sub(" ", html).split())[:200]


class Browser:
    """One browser of one person. Use it as an async context manager.

    Cookies are kept by hand: they are `Secure`, and under demo the server is plain HTTP on loopback.
    """

    def __init__(self, base_url: str, cafile: str = "") -> None:
        self.base_url = base_url.rstrip("/")
        self._cookies: dict[str, str] = {}
        self._tls: ssl.SSLContext | bool = ssl.create_default_context(cafile=cafile) if cafile else True
        self._http: aiohttp.ClientSession | None = None
        self.page = Page("", "", "", (), ())

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(ssl=self._tls)
        jar = aiohttp.DummyCookieJar()
        self._http = aiohttp.ClientSession(connector=connector, cookie_jar=jar, timeout=PATIENCE)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._http is not None:
            await self._http.close()

    @property
    def http(self) -> aiohttp.ClientSession:
        if self._http is None:
            raise RuntimeError("the browser is not open")
        return self._http

    def headers(self) -> dict[str, str]:
        """Return what a browser adds to each request of its own pages."""
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        return {"Origin": self.base_url, **({"Cookie": cookies} if cookies else {})}

    async def request(self, method: str, path: str, **arguments: Any) -> Answer:
        """Send one request, keep its cookies, follow no redirect. Raises Failed without an answer."""
        headers = self.headers() | arguments.pop("headers", {})
        try:
            async with self.http.request(
                method, self.base_url + path, headers=headers, allow_redirects=False, **arguments
            ) as response:
                self._keep(response)
                return Answer(response.status, dict(response.headers), await response.read())
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Failed(f"{method} {shown(path)} 没有得到回答（{type(error).__name__}）。") from error

    def _keep(self, response: aiohttp.ClientResponse) -> None:
        for name, morsel in response.cookies.items():
            if morsel.value and morsel["max-age"] != "0":
                self._cookies[name] = morsel.value
            else:
                self._cookies.pop(name, None)

    async def get(self, path: str) -> Page:
        """Open a page. Raises Failed for any answer that is not one."""
        return await self._arrive("GET", path, await self.request("GET", path))

    async def submit(self, action_ends: str, **fields: str) -> Page:
        """Fill in the form of the open page that posts to a path with this end, and send it."""
        form = self.page.form(action_ends)
        path = form.action or self.page.path
        answer = await self.request("POST", path, data={**form.hidden, **fields})
        return await self._arrive("POST", path, answer)

    async def _arrive(self, method: str, path: str, answer: Answer) -> Page:
        for _ in range(REDIRECTS):
            if answer.status not in {301, 302, 303, 307, 308}:
                break
            path = self._path_of(urljoin(self.base_url + path, answer.headers.get("Location", "")))
            method = "GET"
            answer = await self.request(method, path)
        text = answer.body.decode(errors="replace")
        if answer.status != 200:  # noqa: PLR2004
            raise Failed(f"{method} {shown(path)} 回答 {answer.status}：{words_of(text)}")
        reader = _Reader()
        reader.feed(text)
        self.page = Page(path, text, reader.csrf, tuple(reader.forms), tuple(reader.links))
        return self.page

    def _path_of(self, url: str) -> str:
        parts = urlsplit(url)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    async def post_json(self, path: str, **body: Any) -> dict[str, Any]:
        """Post JSON as a page's script does. Raises Failed with the reason when it is refused."""
        headers = {"X-CSRF-Token": self.page.csrf, "Accept": "application/json"}
        answer = await self.request("POST", path, json=body, headers=headers)
        try:
            found: dict[str, Any] = json.loads(answer.body)
        except ValueError as error:
            raise Failed(f"POST {shown(path)} 回答 {answer.status}，不是 JSON。") from error
        if not found.get("ok"):
            raise Refusal(str(found.get("reason")), f"POST {shown(path)} 被拒绝：{found.get('text')}")
        return found


class Refusal(Failed):
    """The server said no, by its rules."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason
