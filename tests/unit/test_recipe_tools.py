"""`dev.py recipes`: what it says about files, and the table it keeps in docs/models.md."""

import os
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest
from fewstep.recipes import builtin_recipes, recognise_name
from fewstep.tools.commands.recipe_table import folder_of, table

sys.path.insert(0, str(Path(__file__).parent))
import replicas  # noqa: E402


@pytest.fixture
def recipes(root):
    def run(*files):
        command = [sys.executable, "dev.py", "recipes", *files]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout + done.stderr

    return run


def test_files_on_disk_are_told_as_the_loader_tells_them(recipes, tmp_path):
    path = tmp_path / "sdxl_lightning_4step_lora.safetensors"
    replicas.write(path, replicas.lora("SDXL", "kohya", rank=8))
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"")
    code, told = recipes(path, broken, tmp_path / "missing.safetensors")
    assert code == 1
    assert "SDXL-Lightning 4 steps (lightning/sdxl-4step), recognised by file name" in told
    assert "788 layers, rank 8, F16, with alpha" in told
    assert "The file is empty" in told and "No such file" in told
    assert recipes(path)[0] == 0


def test_a_name_that_is_no_text_is_shown(recipes, tmp_path):
    if sys.platform != "linux":
        pytest.skip("only Linux has such names")
    code, told = recipes(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.safetensors"))
    assert code == 1 and "\\xff.safetensors" in told


def test_no_file_is_an_error_that_says_how(recipes):
    assert recipes() == (1, "Name the files: python3 dev.py recipes FILE...\n")


def test_the_page_of_models_holds_the_table_of_the_recipes(root):
    """After a change: python3 dev.py recipes --table."""
    assert table() in (root / "docs" / "models.md").read_text("utf-8")


def test_the_table_links_every_recipe_to_where_its_file_is_published():
    text = table()
    for recipe in builtin_recipes().values():
        assert f"[{recipe.name}]({recipe.source})" in text
        assert recipe.source.startswith(("https://huggingface.co/", "https://arxiv.org/"))


LINKED = [
    (recipe, file)
    for recipe in builtin_recipes().values()
    for file in recipe.files
    if recipe.link_of(file)
]


def test_the_table_links_every_file_by_its_name():
    text = table()
    for recipe, file in LINKED:
        link = recipe.link_of(file)
        assert recipe.blocked or f"[{PurePosixPath(link).name}]({link})" in text


def test_a_file_put_into_the_folder_that_the_table_names_is_told_by_its_name():
    for recipe, file in LINKED:
        name = PurePosixPath(recipe.link_of(file)).name
        _, *own = folder_of(recipe, name).split("/")
        found = recognise_name("/".join([*own, name]), builtin_recipes(), (recipe.kind,))
        assert found.recipe is recipe


def test_a_star_names_the_setting_that_no_source_confirms():
    settings = {"steps", "CFG", "sampler", "timesteps", "shift", "strength", "prediction"}
    starred = [recipe for recipe in builtin_recipes().values() if recipe.unconfirmed]
    assert 0 < len(starred) < 60
    for recipe in starred:
        for doubt in recipe.unconfirmed:
            named, _, why = doubt.partition(": ")
            assert why and settings.issuperset(named.split(", ")), (recipe.id, doubt)
            assert recipe.blocked or f"★ {doubt}" in table()
