"""Notices every error a page reports, except those the host makes without us."""

# Of ComfyUI 0.30.0 with a fresh user folder: files of the user that are not there yet, and a
# message from its own start.
_HOSTS_OWN = ("/user.css", "/api/userdata", "ComfyApp graph accessed before initialization")
# Its list of missing nodes asks its registry, which its own rules for the page forbid here.
_HOSTS_OWN += ("https://api.comfy.org/",)
# The workflow that a fresh page begins with asks for the sizes of its models, which is forbidden.
_HOSTS_OWN += ("z_image_turbo",)
# The help asks for a page of its language first, and takes the one without a language second.
_HOSTS_OWN += ("/en.md",)


class PageGuard:
    def __init__(self, page) -> None:
        self._complaints: list[str] = []
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

    def _on_console(self, message) -> None:
        text = f"{message.text} {message.location.get('url', '')}"
        if message.type == "error" and not any(known in text for known in _HOSTS_OWN):
            self._complaints.append(text)
        if message.type == "warning" and "fewstep" in text.lower():
            self._complaints.append(text)
