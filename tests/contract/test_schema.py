"""Ids, inputs, their order and defaults, and outputs never change: shared workflows need them."""

import json
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from pack import ROOT, schemas  # noqa: E402

SNAPSHOT = Path(__file__).with_name("schema.json")
SCHEMAS = schemas()
# Lists of what is in somebody's folders.
_FILES = ("lora_name", "model_name", "base_checkpoint", "start_lora", "head")
OF_THE_MACHINE = {(name, "options") for name in _FILES}
# What people search for who look for an accelerator, and the nodes that answer: a word that all
# nodes have finds none.
ALIASES = {"tcd", "lcm", "hyper-sd", "turbo", "lightning", "few step"}
BEGIN = {"FewStepLoraLoader", "FewStepOneStepLoader", "FewStepKSampler"}
FOLLOW = {"FewStepRecipe", "FewStepFromRecipe", "FewStepScheduler"}


def described(schema):
    """What a saved workflow depends on."""
    inputs = [
        {
            "id": given.id,
            "type": given.get_io_type(),
            "optional": given.optional,
            **{
                key: value
                for key in ("default", "min", "max", "options")
                if (value := getattr(given, key, None)) is not None
                if (given.id, key) not in OF_THE_MACHINE
            },
        }
        for given in schema.inputs
    ]
    outputs = [given.get_io_type() for given in schema.outputs]
    return {"name": schema.display_name, "inputs": inputs, "outputs": outputs}


def test_schema_is_the_snapshot():
    """After an addition on purpose: write `described` of every node to schema.json."""
    now = json.loads(json.dumps({name: described(schema) for name, schema in SCHEMAS.items()}))
    assert now == json.loads(SNAPSHOT.read_text("utf-8"))


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_input_and_output_has_a_tooltip(name):
    for given in [*SCHEMAS[name].inputs, *SCHEMAS[name].outputs]:
        assert given.tooltip and given.tooltip.endswith("."), given.id
    assert SCHEMAS[name].description.endswith(".")


@pytest.mark.parametrize("name", SCHEMAS)
def test_search_finds_the_nodes_to_begin_with(name):
    own = set(SCHEMAS[name].search_aliases)
    assert own
    assert (own >= ALIASES) == (name in BEGIN | FOLLOW)
    assert ("4 steps" in own) == (name in BEGIN)
    # What a sampler node is called is its own.
    assert len(own & ALIASES) <= 2 or name in BEGIN | FOLLOW


@pytest.mark.parametrize("name", SCHEMAS)
def test_optional_inputs_come_last(name):
    optional = [given.optional for given in SCHEMAS[name].inputs]
    assert optional == sorted(optional)


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_id_is_a_literal_with_our_prefix(name):
    assert name.startswith("FewStep") and name.isalnum()
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "nodes").glob("*.py"))
    assert len(re.findall(rf'\bnode_id="{name}"', sources)) == 1


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_node_has_a_help_page_that_names_its_inputs(name):
    page = (ROOT / "web" / "docs" / f"{name}.md").read_text("utf-8")
    for given in SCHEMAS[name].inputs:
        assert f"`{given.id}`" in page, given.id


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_node_is_in_an_example_workflow(name):
    examples = (ROOT / "example_workflows").glob("*.json")
    assert any(f'"{name}"' in path.read_text("utf-8") for path in examples)
