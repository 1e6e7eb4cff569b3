"""Notices every error a page reports, except those the host makes without us."""

import time

# Of ComfyUI 0.30.0 with a fresh user folder: files of the user that are not there yet, and a
# message from its own start.
_HOSTS_OWN = ("/user.css", "/api/userdata", "ComfyApp graph accessed before initialization")
# Its list of missing nodes asks its registry, which its own rules for the page forbid here.
_HOSTS_OWN += ("https://api.comfy.org/",)
# For a model that is missing it asks the size of the download, which is forbidden here too.
_HOSTS_OWN += ("https://huggingface.co/",)
# The help asks for a page of its language first, and takes the one without a language second.
_HOSTS_OWN += ("/en.md",)


class PageGuard:
    def __init__(self, page) -> None:
        self._page = page
        self._complaints: list[str] = []
        self._asked: set = set()
        page.on("request", lambda request: self._asked.add(request))
        for end in ("requestfinished", "requestfailed"):
            page.on(end, lambda request: self._asked.discard(request))
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self._complaints.append(f"page error: {error}"))

    def check(self) -> None:
        """Fails if there was an error, or a warning about the pack, since the last check."""
        complaints = self.complaints()
        assert not complaints, "\n".join(complaints)

    def complaints(self) -> list[str]:
        """The errors, and the warnings about the pack, since the last check."""
        complaints, self._complaints = self._complaints, []
        return complaints

    def rest(self, seconds: float = 60) -> None:
        """Waits until the page has an answer to all that it asked the server."""
        end = time.monotonic() + seconds
        while self._asked:
            waiting = ", ".join(request.url for request in self._asked)
            assert time.monotonic() < end, f"No answer in {seconds} seconds: {waiting}"
            self._page.evaluate("() => new Promise(requestAnimationFrame).then(() => null)")

    def _on_console(self, message) -> None:
        text = f"{message.text} {message.location.get('url', '')}"
        if message.type == "error" and not any(known in text for known in _HOSTS_OWN):
            self._complaints.append(text)
        if message.type == "warning" and "fewstep" in text.lower():
            self._complaints.append(text)
