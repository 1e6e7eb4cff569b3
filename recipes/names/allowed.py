"""Which recipes the words of a name allow."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ..bases import network_of
from ..recipe import Recipe
from . import vocabulary
from .name_words import Said
from .word_rules import Rule, rules_of

# Marks that people add to any name, and those that the layout of a file tells as well.
_ANYWHERE = frozenset("sd sdxl converted comfyui unet base v2 v01 v10 v11 v12 high low".split())
_BUILT = frozenset("sd sdxl converted comfyui unet".split())


class Allowed(NamedTuple):
    """A recipe that a name's words allow, by a rule.

    `exact` says that no word of the name is against it and none is missing, `complete` that its
    steps are said.
    """

    recipe: Recipe
    rule: Rule
    exact: bool
    complete: bool


def known_rules(recipe: Recipe) -> list[Rule]:
    return [rule for file in recipe.files for rule in rules_of(file.words)]


def families_in(said: Said, recipes: Iterable[Recipe]) -> frozenset[str]:
    """Of the families that are said those that a recipe is of."""
    rules = [rule for recipe in recipes for rule in known_rules(recipe)]
    return said.families & frozenset().union(*(rule.families for rule in rules))


def allowed(said: Said, recipes: Iterable[Recipe], base: str) -> list[Allowed]:
    """The recipes a name allows; `base` is that of the file's layers, "" where it is not known."""
    fitting = [
        (recipe, rule)
        for recipe in recipes
        if _of_base(recipe, base, said)
        for rule in known_rules(recipe)
        if _says(said, rule, recipe, base)
    ]
    best: dict[str, tuple[tuple[int, int], Recipe, Rule]] = {}
    for recipe, rule in fitting:
        told = 2 * len(rule.marks & said.marks) + len(rule.steps & said.steps)
        score = (told, -len(rule.marks - said.marks - {"converted"}))
        if recipe.id not in best or score > best[recipe.id][0]:
            best[recipe.id] = (score, recipe, rule)
    used = _marks_by_family(rule for _, rule in fitting)
    return [
        Allowed(
            recipe,
            rule,
            not _against(said, rule, used) and not _missing(said, rule),
            _complete(said, rule, recipe),
        )
        for score, recipe, rule in best.values()
        if score == max(other for other, _, one in best.values() if one.families & rule.families)
    ]


def unknown_words(said: Said, rules: Iterable[Rule]) -> tuple[str, ...]:
    """The words of a name that none of these rules knows."""
    marks = frozenset().union(*(rule.marks for rule in rules)) | _ANYWHERE
    foreign = (said.marks & vocabulary.MARKS.keys()) - marks
    return said.own + tuple(sorted(foreign))


def _of_base(recipe: Recipe, base: str, said: Said) -> bool:
    wanted = network_of(recipe.base)
    if base and network_of(base) != wanted:
        return False
    return not said.bases or wanted in map(network_of, said.bases)


def _says(said: Said, rule: Rule, recipe: Recipe, base: str) -> bool:
    if not rule.families <= said.families or rule.without & said.words:
        return False
    if rule.steps and said.steps and not rule.steps & said.steps:
        return False
    return not rule.based or bool(base or said.bases)


def _complete(said: Said, rule: Rule, recipe: Recipe) -> bool:
    """Whether the steps are said and are the recipe's."""
    return bool(rule.steps & said.steps) or any(
        not rule.steps and recipe.steps.admits(number) for number in said.steps
    )


def _marks_by_family(rules: Iterable[Rule]) -> Mapping[str, frozenset[str]]:
    used: dict[str, frozenset[str]] = {}
    for rule in rules:
        for family in rule.families:
            used[family] = used.get(family, frozenset()) | rule.marks
    return used


def _against(said: Said, rule: Rule, used: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Marks that are said, that this rule lacks, and that tell others of its family."""
    others = frozenset().union(*(used[family] for family in rule.families))
    telling = (said.marks & others & vocabulary.MARKS.keys()) - rule.marks
    return telling - _ANYWHERE


def _missing(said: Said, rule: Rule) -> frozenset[str]:
    """Marks of the rule that are not said. A base model that is not named can be the layers'."""
    missing = rule.marks - said.marks - _BUILT
    named = said.marks & vocabulary.BASES_OF.keys()
    return missing if named else missing - vocabulary.BASES_OF.keys()
