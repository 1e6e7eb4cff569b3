"""The pictures in the help pages are where the page's help looks for them."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "web" / "docs"
_SIZE = """async source => {
    const image = new Image()
    image.src = source
    await image.decode()
    return image.naturalWidth
}"""


# How the page draws nodes does not matter to an address.
@pytest.mark.parametrize("renderer", ["classic"], indirect=True)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_picture_of_a_help_page_loads(page, object_info, language):
    """The help puts /extensions/<pack>/docs/ before a relative path, in every language."""
    for plain in sorted(DOCS.glob("*.md")):
        node = plain.stem
        pack = object_info[node]["python_module"].split(".")[-1]
        text = (plain if language == "en" else DOCS / node / f"{language}.md").read_text("utf-8")
        pictures = re.findall(r"!\[[^]]*\]\(([^)]*)\)", text)
        assert pictures, node
        for picture in pictures:
            assert page.evaluate(_SIZE, f"/extensions/{pack}/docs/{picture}") > 300
