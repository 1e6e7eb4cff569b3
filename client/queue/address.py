"""The address of a server as people give it, and what of it may be shown or written."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import aiohttp
from yarl import URL

from ..errors import InputError
from .text import clean

# Shorter ones stand in too many words to be taken out of them.
_SHORTEST_SECRET = 4


class Address(NamedTuple):
    """`place` names the server in the journal and in messages; the rest is only sent."""

    place: str
    url: str
    query: tuple[tuple[str, str], ...] = ()
    user: str | None = None
    password: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    def to(self, path: str, **query: str) -> URL:
        """The URL of a quoted path below this address, with what every request keeps."""
        pairs = [*self.query, *query.items()]
        # Encoded already: nothing in a name may lead to another path.
        return URL(self.url + path, encoded=True).with_query(pairs or None)

    def sent(self) -> dict[str, str]:
        """The headers of every request; a login given as one wins over the URL's."""
        given = dict(self.headers)
        if self.user is not None and "authorization" not in map(str.lower, given):
            login = aiohttp.BasicAuth(self.user, self.password, "utf-8")
            given["Authorization"] = login.encode()
        return given

    def hidden(self, text: str) -> str:
        """The text without this address's passwords, tokens and headers."""
        values = [self.password, *(value for _, value in self.query), *self.sent().values()]
        # "Bearer abc" is also told as "abc".
        parts = {part for value in values for part in (value, *value.split())}
        for secret in sorted(parts, key=len, reverse=True):
            if len(secret) >= _SHORTEST_SECRET:
                text = text.replace(secret, "***")
        return text


def address(url: str, headers: Mapping[str, str] | None = None) -> Address:
    """What a text says; the page's part after # is dropped. InputError if it is no address."""
    try:
        whole = URL(url.strip() if "//" in url else f"http://{url.strip()}")
        good = whole.scheme in ("http", "https") and whole.host and whole.port
        bare = whole.with_user(None).with_query(None).with_fragment(None) if good else whole
    except (ValueError, UnicodeError):
        good = False
    if not good:
        raise InputError(f"{shown(url)} is no address of a server: write http://127.0.0.1:8188.")
    at = str(bare).rstrip("/")
    user = whole.user if whole.user is not None or whole.password is None else ""
    given = tuple((headers or {}).items())
    return Address(at, at, tuple(whole.query.items()), user, whole.password or "", given)


def addresses(urls: Iterable[str], headers: Mapping[str, str] | None = None) -> list[Address]:
    """Each address once. Those that differ only in what is not shown are numbered."""
    found: list[Address] = []
    for one in dict.fromkeys(address(url, headers) for url in urls):
        same = sum(other.url == one.url for other in found)
        found.append(one._replace(place=f"{one.place} ({same + 1})") if same else one)
    return found


def shown(url: str) -> str:
    """A URL without user, password, query and fragment, whatever it is made of."""
    bare = re.sub(r"//[^/?#]*@|^[^/?#]*@", lambda at: "//" if at[0][0] == "/" else "", url)
    return clean(re.split(r"[?#]", bare)[0], 200)


def one_part(text: str) -> str:
    """Any text as one part of a path."""
    plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
    encoded = text.encode("utf-8", "replace").decode("latin-1")
    return "".join(sign if sign in plain else f"%{ord(sign):02X}" for sign in encoded)
