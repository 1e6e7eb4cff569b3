"""Links and pictures of the pages people read first."""

import re
import sys
from pathlib import Path

import pytest
from fewstep.samplers import SAMPLERS

sys.path.insert(0, str(Path(__file__).parent))
from pack import ROOT  # noqa: E402

PAGES = [
    *("README.md", "README.zh.md", "CONTRIBUTING.md", "client/README.md", "demo/README.md"),
    *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").glob("*.md"))),
]


@pytest.mark.parametrize("page", PAGES)
def test_every_link_and_picture_of_a_page_is_there(page):
    text = (ROOT / page).read_text("utf-8")
    for link in re.findall(r"(?:\]\(|src=\")([^)\"\s]+)[)\"]", text):
        path = link.partition("#")[0]
        if path and not path.startswith("http"):
            assert ((ROOT / page).parent / path).exists(), link


def test_every_picture_of_a_help_page_is_there():
    docs = ROOT / "web" / "docs"
    for page in docs.rglob("*.md"):
        # The page looks for pictures from this folder on, also for translations.
        links = re.findall(r"!\[[^]]*\]\(([^)\s]+)\)", page.read_text("utf-8"))
        assert links, page
        assert all((docs / link).is_file() for link in links), page


def test_the_help_names_every_sampler_a_recipe_can_have():
    page = ROOT / "web" / "docs" / "FewStepRecipe.md"
    for text in (page, *page.with_suffix("").glob("*.md")):
        for name in SAMPLERS:
            assert f"`{name}`" in text.read_text("utf-8"), (text.name, name)
