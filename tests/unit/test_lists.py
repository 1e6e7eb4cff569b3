"""Lists of settings in text, the combinations they make, and the words for each picture."""

import pytest
from fewstep.recipes import builtin_recipes
from fewstep.recipes.combinations import MAX_CELLS, combinations
from fewstep.recipes.setting_lists import CFGS, GAMMAS, STEPS, STRENGTHS
from hypothesis import given
from hypothesis import strategies as st

TCD, DDIM = (builtin_recipes()[name] for name in ("tcd/sd15-lora", "hyper-sd/sd15-4step"))


def planned(recipe=TCD, steps="4", gammas="-1", cfgs="0", strengths="", denoise=1.0):
    return combinations(recipe, steps, gammas, cfgs, strengths, denoise)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        *[("4", [4]), ("2, 4,8", [2, 4, 8]), (" [1, 2,] ", [1, 2]), ("0", [0]), ("4.0", [4])],
        *[("2 4;8", [2, 4, 8]), ("2，4、8；16", [2, 4, 8, 16]), ("2 , 4 ;", [2, 4])],
        *[("1-4", [1, 2, 3, 4]), ("8–6, 1", [8, 7, 6, 1]), ("2-2", [2])],
    ],
)
def test_a_list_is_read_in_its_order(text, values):
    assert STEPS.parse(text) == values


@pytest.mark.parametrize(
    ("kind", "text", "told"),
    [
        (STEPS, "", "The list of steps is empty. Write whole numbers"),
        (STEPS, "[]", "The list of steps is empty"),
        (STEPS, "4, x", '"x" in steps cannot be used'),
        (STEPS, "4,, 8", 'A comma or semicolon in "4,, 8" has no entry before it. Take it out.'),
        (STEPS, ", 4", 'A comma or semicolon in ", 4" has no entry'),
        (STEPS, "2-60", '"60" in steps cannot be used'),
        (STEPS, "1-4, 3", '"3" is in steps twice'),
        (STEPS, "2,51", '"51" in steps cannot be used'),
        (STEPS, "2.5", '"2.5" in steps cannot be used'),
        (STEPS, "51", '"51" in steps cannot be used'),
        (STEPS, "inf", '"inf" in steps cannot be used'),
        (STEPS, "4, 4", '"4" is in steps twice'),
        (GAMMAS, "0, 1.5", '"1.5" in gammas cannot be used'),
        (GAMMAS, "nan", '"nan" in gammas cannot be used'),
        (GAMMAS, "0-1", '"0-1" in gammas cannot be used'),
        (CFGS, "-1", '"-1" in cfgs cannot be used'),
        (STRENGTHS, "5", '"5" in strengths cannot be used'),
    ],
)
def test_a_wrong_entry_is_named_and_said_how_to_write(kind, text, told):
    with pytest.raises(ValueError) as error:
        kind.parse(text)
    assert str(error.value).startswith(told) and str(error.value).endswith(".")


@pytest.mark.parametrize(
    ("kind", "text", "pointed"),
    [
        (GAMMAS, "0,3", "0.3"),
        (GAMMAS, "0,0, 0,5", "0.0, 0.5"),
        (GAMMAS, "-1 0,3", "-1 0.3"),
        (STRENGTHS, "[0,6; 0,8]", "[0.6; 0.8]"),
        # Can be read as 1, 5 and 2 as well, so it is asked.
        (CFGS, "1,5; 2", "1.5; 2"),
    ],
)
def test_a_decimal_comma_is_answered_with_the_list_as_it_has_to_be_written(kind, text, pointed):
    with pytest.raises(ValueError) as error:
        kind.parse(text)
    told = "has decimal commas, and a comma begins the next entry. Write decimal points"
    assert str(error.value) == f'"{text}" {told}: {pointed}.'


def test_a_comma_that_can_only_be_one_between_numbers_is_no_decimal_comma():
    assert CFGS.parse("1,5") == [1, 5]
    assert STEPS.parse("2,4 8") == [2, 4, 8]
    assert GAMMAS.parse("0,0.3,1") == [0, 0.3, 1]


_SIGNS = st.sampled_from([", ", " ", "; ", ";", "，", "、", "；", " , ", "\t", "\u3000", "，\n"])


@given(st.data(), st.lists(st.integers(0, 100), min_size=1, unique=True))
def test_every_sign_people_put_between_numbers_reads_the_same(data, hundredths):
    entries = [str(value / 100) for value in hundredths]
    text = entries[0] + "".join(data.draw(_SIGNS) + entry for entry in entries[1:])
    assert GAMMAS.parse(text) == [float(entry) for entry in entries]
    assert GAMMAS.parse(f" [{text}, ] ") == GAMMAS.parse(text)


@given(st.lists(st.integers(0, 50), min_size=1, unique=True))
def test_ranges_are_the_numbers_between_their_ends(ends):
    spans = list(zip(ends[::2], ends[1::2], strict=False))
    for first, last in spans:
        assert STEPS.parse(f"{last}-{first}") == STEPS.parse(f"{first}-{last}")[::-1]
        assert set(STEPS.parse(f"{first}-{last}")) == {
            step for step in range(51) if min(first, last) <= step <= max(first, last)
        }


@given(st.text("0123456789.,;-–，、； []", max_size=12))
def test_whatever_is_written_is_read_inside_the_range_or_refused_in_a_sentence(text):
    try:
        values = GAMMAS.parse(text)
    except ValueError as error:
        assert str(error).endswith(".") and len(str(error)) > 20
    else:
        assert values and all(-1 <= value <= 1 for value in values)
        assert len(set(values)) == len(values)


def test_labels_hold_only_what_differs_and_the_title_the_rest():
    plan = planned(steps="2, 4", gammas="0, 0.3, 1", strengths="0.8")
    assert [cell.label for cell in plan.cells[:2]] == [
        ["2 steps", "gamma 0"],
        ["2 steps", "gamma 0.3"],
    ]
    assert plan.shared == ["tcd/sd15-lora", "tcd", "strength 0.8", "CFG 1"]
    assert plan.columns == 3 and len(plan.cells) == 6


def test_strengths_are_outermost_so_that_each_is_put_on_once():
    strengths = [cell.strength for cell in planned(strengths="1, 0.5", steps="1, 2").cells]
    assert strengths == [1, 1, 0.5, 0.5]


def test_the_recipe_s_own_settings_are_named_as_what_they_are():
    plan = planned(steps="0, 8", denoise=0.6)
    assert [cell.label for cell in plan.cells] == [["4 steps"], ["8 steps"]]
    assert plan.shared == ["tcd/sd15-lora", "tcd", "CFG 1", "gamma 0.3", "denoise 0.6"]


def test_one_step_is_singular():
    assert [cell.label for cell in planned(steps="1, 2").cells] == [["1 step"], ["2 steps"]]


@pytest.mark.parametrize(
    ("lists", "columns"),
    [
        ({"steps": "4"}, 1),
        ({"steps": "1, 2, 3, 4, 5, 6"}, 6),
        ({"steps": "1, 2, 3, 4, 5, 6, 7, 8, 9, 10"}, 4),
        ({"steps": "1, 2", "cfgs": "1, 2, 3"}, 2),
        ({"steps": "1, 2, 4", "gammas": "0, 1", "cfgs": "1, 2"}, 2),
    ],
)
def test_columns_are_the_last_list_that_varies(lists, columns):
    assert planned(**lists).columns == columns


def test_recipes_without_gamma_do_without_it():
    assert "gamma" not in " ".join(planned(DDIM, gammas="-1").shared)
    with pytest.raises(ValueError, match="samples with ddim, where gamma has no effect. Write -1"):
        planned(DDIM, gammas="0, 1")


def test_too_many_pictures_are_refused_with_their_number():
    many = ", ".join(map(str, range(1, 27)))
    with pytest.raises(
        ValueError, match=r"26 x 4 settings are 104 pictures, and a sheet takes 100"
    ):
        planned(steps=many, gammas="0, 0.2, 0.4, 0.6")
    assert len(planned(steps=many).cells) == 26 < MAX_CELLS
