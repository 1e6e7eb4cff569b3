"""Every word of every node in four languages, and its help page too."""

import json
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from pack import ROOT, schemas  # noqa: E402

SCHEMAS = list(schemas().values())
# By what a text in the language has at least one of.
LETTERS = {
    "zh": r"[\u4e00-\u9fff]",
    "ja": r"[\u3040-\u30ff\u4e00-\u9fff]",
    "ru": r"[\u0400-\u04ff]",
}
LANGUAGES = ("en", *LETTERS)
# Lists of files, and ids of recipes, are the same in all languages.
_FILES = {"lora_name", "model_name", "base_checkpoint", "start_lora", "head"}
_NAMES = {*_FILES, "recipe", "timesteps"}
# Names and symbols of the field, which papers in every language write so.
_SAME = {"TCD", "LCM", "CFG", "SIGMAS", "gamma", "clean", "ddim", "diffusers", "MODEL", "ComfyUI"}


def english():
    """What locales/en/nodeDefs.json holds: the nodes' own words, as the page's i18n reads them."""
    return {schema.node_id: _words(schema) for schema in SCHEMAS}


def _words(schema):
    inputs = {}
    for given in schema.inputs:
        inputs[given.id] = {"name": given.display_name or given.id, "tooltip": given.tooltip}
        if getattr(given, "options", None) and given.id not in _NAMES:
            inputs[given.id]["options"] = {str(one): str(one) for one in given.options}
    outputs = {
        str(place): {
            "name": given.display_name or given.get_io_type(),
            "tooltip": given.tooltip,
        }
        for place, given in enumerate(schema.outputs)
    }
    words = {
        "display_name": schema.display_name,
        "description": schema.description,
        "inputs": inputs,
        "outputs": outputs,
    }
    return json.loads(json.dumps(words), object_hook=_escaped)


def _escaped(part):
    """The page's i18n takes @ { } | for its own."""
    return {
        key: re.sub(r"[@{}|]", lambda sign: "{'" + sign[0] + "'}", value)
        if isinstance(value, str)
        else value
        for key, value in part.items()
    }


def _locale(language):
    return json.loads((ROOT / "locales" / language / "nodeDefs.json").read_text("utf-8"))


def _leaves(part, path=()):
    if isinstance(part, str):
        yield path, part
    else:
        for key, value in part.items():
            yield from _leaves(value, (*path, key))


def test_the_english_words_are_the_nodes_own():
    """After a change of a node: write english() to locales/en/nodeDefs.json."""
    assert _locale("en") == english()


@pytest.mark.parametrize("language", LETTERS)
def test_every_language_has_every_word(language):
    words = dict(_leaves(_locale(language)))
    assert words.keys() == dict(_leaves(english())).keys()
    assert all(text.strip() for text in words.values())


@pytest.mark.parametrize("language", LETTERS)
def test_every_language_has_words_to_search_with(language):
    """Also what a person types who has the page in English."""
    words = json.loads((ROOT / "locales" / language / "search.json").read_text("utf-8"))
    assert words and all(re.search(LETTERS[language], word) for word in words)
    loader = next(schema for schema in SCHEMAS if schema.node_id == "FewStepLoraLoader")
    assert set(words) <= set(loader.search_aliases)


@pytest.mark.parametrize("language", LETTERS)
def test_a_translation_is_not_the_english_text(language):
    """Descriptions and tooltips are in the language; names are, or are among those of the field."""
    words, plain = dict(_leaves(_locale(language))), dict(_leaves(english()))
    for path, text in words.items():
        if path[-1] in ("tooltip", "description"):
            assert re.search(LETTERS[language], text), (path, text)
    names = [path for path in words if path[-1] in ("display_name", "name")]
    same = [path for path in names if words[path] == plain[path] and plain[path] not in _SAME]
    assert len(same) < 0.35 * len(names), [plain[path] for path in same]


@pytest.mark.parametrize("language", LETTERS)
@pytest.mark.parametrize("node", [schema.node_id for schema in SCHEMAS])
def test_every_node_has_a_help_page_in_every_language(node, language):
    docs = ROOT / "web" / "docs"
    text = (docs / node / f"{language}.md").read_text("utf-8")
    plain = (docs / f"{node}.md").read_text("utf-8")
    assert len(re.findall(LETTERS[language], text)) > 0.15 * len(plain)
    # The same pictures, inputs and structure.
    for pattern in (r"^#+ ", r"^\| ", r"^- ", r"!\[[^]]*\]\(([^)]*)\)"):
        found = [re.findall(pattern, page, re.M) for page in (text, plain)]
        assert found[0] == found[1], pattern
