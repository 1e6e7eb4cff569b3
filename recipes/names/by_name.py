"""Which recipe a file's name means. A name decides only where its words say enough.

Words such as flash or turbo are also everyday English, and a style LoRA has as good a right to
them: next to words that nothing is known of, an accelerator has to say its steps.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..files.layout import Layout
from ..recipe import Recipe
from . import vocabulary
from .allowed import Allowed, allowed, families_in, known_rules, unknown_words
from .likeness import Likeness, fits, likeness
from .name_words import Said, folders_of, said_by, stem_of
from .published_names import half_said, is_untold, published_as, repository_folder

BY_NAME, BY_FOLDER = "file name", "folder name"
# More words than these beside an accelerator's are a person's own work.
_MOST_OWN = 2
WHOLE = ("UNet", "checkpoint")
_UNDISPUTED = (Likeness.ALIKE, Likeness.UNKNOWN)
# Of the marks those that count versions.
_COUNTED = frozenset(("v2", "v12"))


class Named(NamedTuple):
    """What a name says: a recipe, or none and the `open` ones it could mean.

    `merge` is the label of the family that a merge or a derived LoRA names; `other` is a recipe
    it is named like, and whose layout it has not.
    """

    recipe: Recipe | None = None
    how: str = ""
    open: tuple[Recipe, ...] = ()
    merge: str = ""
    other: Recipe | None = None


def lora_named(name: str, recipes: Sequence[Recipe], layout: Layout | None) -> Named:
    """What the name of a LoRA says; its folders count where it leaves something out."""
    base = layout.base if layout else ""
    fitting = [one for one in recipes if one.kind == "LoRA" and (not layout or fits(one, layout))]
    near = {one.id: likeness(one, layout, fitting) for one in fitting}
    possible = [one for one in fitting if near[one.id] != Likeness.OTHER]
    published = [
        one
        for one in possible
        if published_as(name, one) and (near[one.id] in _UNDISPUTED or _is_telling(one))
    ]
    if len(published) == 1:
        return Named(published[0], BY_FOLDER if is_untold(name) else BY_NAME)
    own = half_said(name) if is_untold(name) else said_by(stem_of(name))
    if own.other:
        return Named()
    said = _with_folders(own, name, recipes)
    ways = allowed(said, possible, base)
    if len(ways) == 1 and _decides(ways[0], own, said, near[ways[0].recipe.id]):
        return Named(ways[0].recipe, BY_NAME if own.families else BY_FOLDER)
    if not ways:
        others = allowed(said, fitting, base)
        if others and not unknown_words(said, [one.rule for one in others]):
            return Named(other=others[0].recipe)
        return _merged_lora(own, recipes, base) if not others else Named()
    told = [one for one in ways if near[one.recipe.id] > Likeness.UNLIKE and _speaks(one, said)]
    return Named(open=tuple(one.recipe for one in told))


def _is_telling(recipe: Recipe) -> bool:
    return all(rule.families - vocabulary.COMMON for rule in known_rules(recipe))


def _decides(way: Allowed, own: Said, said: Said, near: Likeness) -> bool:
    if not way.exact:
        return False
    telling = bool(way.rule.families - vocabulary.COMMON)
    based = bool(said.bases)
    if unknown := unknown_words(own, [way.rule]):
        if len(unknown) > _MOST_OWN or vocabulary.STYLES.intersection(unknown):
            return False
        if not (own.families and own.steps and way.complete):
            return False
        return near >= Likeness.REWRITTEN or (near == Likeness.UNKNOWN and based)
    if way.complete and own.steps:
        return near != Likeness.UNLIKE or based or telling
    if near == Likeness.ALIKE and telling:
        return True
    if near == Likeness.UNLIKE or _has_version(own, way):
        return False
    if near == Likeness.ALIKE:
        return way.complete or based
    return telling and (based or way.complete or not way.rule.based)


def _has_version(said: Said, way: Allowed) -> bool:
    """Whether it is the work of somebody who counts: the published file has no such number."""
    counted = not vocabulary.SIZES.issuperset(said.versions)
    return counted or bool((said.marks & _COUNTED) - way.rule.marks)


def _speaks(way: Allowed, said: Said) -> bool:
    """Whether a name with several meanings is one of an accelerator's at all."""
    return not unknown_words(said, [way.rule]) and (bool(said.bases) or way.complete)


def _merged_lora(said: Said, recipes: Sequence[Recipe], base: str) -> Named:
    """What is called like an accelerator there is no LoRA of, and like nothing else."""
    whole = [one for one in recipes if one.kind in WHOLE]
    ways = allowed(said, whole, base)
    ways = [
        one
        for one in ways
        if one.exact and one.rule.marks <= said.marks and not _has_version(said, one)
    ]
    if not ways or unknown_words(said, [one.rule for one in ways]):
        return Named()
    return Named(merge=_label(ways[0].rule.families), open=tuple(one.recipe for one in ways))


def _with_folders(own: Said, name: str, recipes: Sequence[Recipe]) -> Said:
    """What the name says, and of what it leaves out what its folders say, the nearest first."""
    said = own
    for folder in folders_of(name):
        more = said_by(folder)
        known = families_in(more, recipes)
        if known and said.families and not known & said.families:
            break
        said = said._replace(
            words=said.words | more.words,
            bases=said.bases or more.bases,
            steps=said.steps or more.steps,
        )
    return said


def whole_named(name: str, recipes: Sequence[Recipe], kinds: Sequence[str], base: str) -> Named:
    """What the name of a whole model says: it is the published file, or a merge that names one.

    Its folders say nothing: people sort plain checkpoints by what they use them with.
    """
    own = repository_folder(name) if is_untold(name) and "UNet" in kinds else stem_of(name)
    whole = [one for one in recipes if one.kind in WHOLE]
    published = [one for one in whole if one.kind in kinds and published_as(name, one)]
    published = [one for one in published if not base or fits(one, Layout(one.kind, base))]
    if len(published) == 1:
        return Named(published[0], BY_NAME)
    said = said_by(own)
    families = families_in(said, recipes)
    if not families or said.other:
        return Named()
    ways = allowed(said, [one for one in whole if one.kind in kinds], base)
    ways = ways or [one for one in allowed(said, whole, base) if not _has_lora(one, recipes)]
    plain = [one for one in ways if _is_published(one, said)]
    if len(plain) == 1 and plain[0].exact:
        return Named(plain[0].recipe, BY_NAME)
    if plain:
        return Named(open=tuple(one.recipe for one in plain))
    if not ways and _is_left_out(said, whole):
        return Named()
    return Named(merge=_label(families), open=tuple(_near_merge(said, recipes, base)))


def _is_left_out(said: Said, recipes: Sequence[Recipe]) -> bool:
    """Whether a word says that it is what an accelerator was made from, such as klein's base."""
    rules = [rule for one in recipes for rule in known_rules(one)]
    return any(rule.families <= said.families and rule.without & said.words for rule in rules)


def _has_lora(way: Allowed, recipes: Sequence[Recipe]) -> bool:
    """Whether somebody could have merged it: a checkpoint may then be another than the UNet."""
    return any(
        one.kind == "LoRA" and one.base == way.recipe.base and rule.families & way.rule.families
        for one in recipes
        for rule in known_rules(one)
    )


def _is_published(way: Allowed, said: Said) -> bool:
    """Whether all of the name is the published file's: another word makes it a person's merge."""
    if "lora" in said.words or said.derived:
        return False
    unknown = unknown_words(said, [way.rule])
    if unknown or _has_version(said, way) or (way.rule.steps and not way.complete):
        return False
    telling = way.rule.families - vocabulary.COMMON
    return bool(said.bases or way.rule.steps or telling or way.rule.marks & said.marks)


def _near_merge(said: Said, recipes: Sequence[Recipe], base: str) -> list[Recipe]:
    """The recipes of a merge's family: its settings are near to theirs, whatever they were for.

    A recipe of a LoRA stands for that of a whole model with the same settings, if there is one.
    """
    said = said._replace(words=said.words - {"unet", "comfyui"})
    ways = allowed(said, recipes, base) or allowed(said._replace(steps=frozenset()), recipes, base)
    whole = {_settings(one): one for one in recipes if one.kind in WHOLE}
    near = (
        one if one.kind in WHOLE else whole.get(_settings(one), one)
        for one in (way.recipe for way in ways)
    )
    return list({one.id: one for one in near}.values())


def _settings(recipe: Recipe) -> tuple[object, ...]:
    times = str(recipe.timesteps)
    own = (recipe.sampler, recipe.spacing, recipe.steps.default, recipe.cfg.default, times)
    return (recipe.family, recipe.base, *own)


def _label(families: Iterable[str]) -> str:
    return " and ".join(vocabulary.FAMILIES[family][0] for family in sorted(families))


def narrowed(name: str, pool: Sequence[Recipe], base: str) -> list[Recipe]:
    """Of the recipes that a file could be of those that the words of its name allow, if any."""
    said = _with_folders(said_by(stem_of(name)), name, pool)
    if not families_in(said, pool):
        said = said._replace(words=said.words | vocabulary.FAMILIES.keys())
        fitting = [one for one in pool if _open(said, one, base)]
        return fitting or list(pool)
    return [one.recipe for one in allowed(said, pool, base)] or list(pool)


def _open(said: Said, recipe: Recipe, base: str) -> bool:
    return bool(allowed(said, [recipe], base)) or not known_rules(recipe)
