"""One server's HTTP: every request with its login, none led elsewhere, and what a status means."""

import contextlib
import json
import ssl
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from ..errors import InputError, JobError
from .address import Address, shown
from .body import pieces
from .text import clean
from .trouble import BUSY, busy

# A host that loads a model may not answer for a while.
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=60)
# Definitions with long lists of files are some megabytes.
_MOST_JSON = 64 * 2**20
_MOST_REASON = 2**20
# What OpenSSL calls an answer that is no TLS, by its versions.
_NO_TLS = {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG", "HTTP_REQUEST"}


class ClosedError(InputError):
    """A server that lets nobody in as it was asked: what to give it is said."""


class OddError(InputError):
    """A server that answers as ComfyUI does not."""


class Http:
    """`async with Http(address)`; what goes wrong on the way raises one of TROUBLE."""

    def __init__(self, address: Address) -> None:
        self.address = address

    async def __aenter__(self) -> "Http":
        follows = aiohttp.TraceConfig()
        follows.on_request_redirect.append(self._refuse_redirect)
        tls = ssl.create_default_context() if self.address.url.startswith("https") else True
        self._session = aiohttp.ClientSession(
            timeout=_TIMEOUT,
            headers={**self.address.sent(), "Accept-Encoding": "identity"},
            connector=aiohttp.TCPConnector(ssl=tls),
            # Unpacked piece by piece, or a small answer could fill the memory.
            auto_decompress=False,
            trace_configs=[follows],
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def json(self, path: str) -> Any:
        """The answer to a GET, as JSON; OddError if it is something else."""
        async with self._asked("GET", self.address.to(path)) as answer:
            if answer.status == 403:
                raise self._closed(answer.status)
            if answer.status != 200:
                raise OddError(f"{self.address.place} answers with HTTP {answer.status}.")
            text = await self.text(answer, _MOST_JSON)
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise OddError(f"{self.address.place} answers with something else than JSON.") from None

    async def post(self, path: str, value: dict[str, Any]) -> tuple[int, str]:
        """Status and text of the answer to a POST of JSON."""
        async with self._asked("POST", self.address.to(path), json=value) as answer:
            return answer.status, await self.text(answer, _MOST_REASON)

    def get(self, path: str, **query: str) -> Any:
        """`async with` it: the answer to a GET, of any status but those for waiting and logins."""
        return self._asked("GET", self.address.to(path, **query))

    def socket(self, path: str, **query: str) -> Any:
        """`async with` it: the WebSocket."""
        where = self.address.to(path, **query)
        return self._session.ws_connect(where, heartbeat=30, max_msg_size=0)

    async def text(self, answer: aiohttp.ClientResponse, most: int) -> str:
        """A short answer, with what the client must not write down taken out."""
        body = bytearray()
        try:
            async for piece in pieces(answer, "The answer", most):
                body += piece
        except JobError as error:
            raise OddError(f"{self.address.place}: {error}") from None
        return body.decode("utf-8", "replace")

    def told(self, sentence: str) -> str:
        """What the server said, fit for the journal and the screen."""
        return clean(self.address.hidden(sentence))

    @contextlib.asynccontextmanager
    async def _asked(self, method: str, url: Any, **how: Any) -> AsyncIterator[Any]:
        try:
            async with self._session.request(method, url, **how) as answer:
                self._judge(answer)
                yield answer
        except aiohttp.ClientConnectorCertificateError as error:
            raise self._distrusted(error.certificate_error) from None
        except aiohttp.ClientConnectorSSLError as error:
            if isinstance(error.os_error, ssl.SSLCertVerificationError):
                raise self._distrusted(error.os_error) from None
            if getattr(error.os_error, "reason", None) not in _NO_TLS:
                raise
            raise ClosedError(
                f"{self.address.place} does not speak TLS: write http:// for https://."
            ) from None

    def _judge(self, answer: aiohttp.ClientResponse) -> None:
        if answer.status in BUSY:
            raise busy(answer.status, answer.headers.get("Retry-After"))
        # 403 may be about one file or one prompt, and is left to who asked.
        if answer.status in (401, 407):
            raise self._closed(answer.status)

    def _closed(self, status: int) -> ClosedError:
        other = "another one" if self.address.sent() or self.address.query else "it"
        return ClosedError(
            f"{self.address.place} wants a login (HTTP {status}): give {other} with --header"
            ' "NAME: VALUE", in FEWSTEP_HEADERS, or as the ?token= of the address.'
        )

    async def _refuse_redirect(self, _: Any, __: Any, params: Any) -> None:
        to = shown(params.response.headers.get("Location", "another address"))
        raise ClosedError(
            f"{self.address.place} sends requests on to {self.address.hidden(to)}: nothing is sent"
            " there; if it is right, give it as --server."
        )

    def _distrusted(self, error: Any) -> ClosedError:
        reason = clean(getattr(error, "verify_message", "") or "not verified", 100)
        return ClosedError(
            f"{self.address.place} has a certificate that is not trusted ({reason}): put the one of"
            " its authority into a file, and name that in SSL_CERT_FILE."
        )
