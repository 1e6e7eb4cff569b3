"""Sheets, plots and thumbnails: nothing is cut, no picture is changed, the same each time."""

import numpy as np
import pytest
from fewstep.pictures import (
    Accelerator,
    Cell,
    Hop,
    Result,
    Schedule,
    contact_sheet,
    draw_card,
    draw_result,
    draw_schedule,
    draw_sheet,
    time_of,
)
from fewstep.pictures.text import fold, font_of
from fewstep.recipes import builtin_recipes
from fewstep.samplers import SAMPLERS
from fewstep.samplers.levels import TableLevels
from fewstep.samplers.ways import ways
from fewstep.schedulers import grid, standard_sigma
from PIL import Image, ImageFont

CURVE = [standard_sigma(time) for time in range(1000)]
LONG = ["12 steps", "gamma 0.123456", "CFG 12.3456", "strength 0.123456", "123.45 s"]


def _cells(count, side, label=LONG):
    rng = np.random.default_rng(1)
    shades = rng.integers(0, 256, (count, side, side, 3), dtype=np.uint8)
    return [Cell(Image.fromarray(shade), label) for shade in shades]


def _margin_is_empty(sheet, width=4):
    """Whether nothing is drawn at the edges, so that nothing runs over them."""
    shades = np.asarray(sheet)
    edges = shades[:width], shades[-width:], shades[:, :width], shades[:, -width:]
    return all((edge == 255).all() for edge in edges)


def _as_numbers(shades):
    """A number for each pixel H W 3."""
    return shades.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], dtype=np.uint32)


@pytest.mark.parametrize("side", [64, 512])
@pytest.mark.parametrize(("count", "columns"), [(1, 1), (2, 2), (6, 3), (12, 4), (40, 8)])
def test_nothing_is_cut_and_no_picture_is_changed(count, columns, side):
    cells = _cells(count, side)
    sheet = contact_sheet(cells, columns, ["tcd/sd15-lora", "tcd", "seed 18446744073709551615"])
    assert _margin_is_empty(sheet)
    shades = np.asarray(sheet)
    whole = _as_numbers(shades)
    found = 0
    for cell in cells:
        first = np.asarray(cell.picture)
        # Of the few places with the colour of its corner, the picture lies at one.
        rows, lefts = np.where(whole == _as_numbers(first[:1, :1]))
        for top, left in zip(rows, lefts, strict=True):
            found += np.array_equal(shades[top : top + side, left : left + side], first)
    assert found == count


@pytest.mark.parametrize("side", [64, 512])
def test_a_frame_is_around_its_own_picture_alone_and_covers_nothing(side):
    plain = _cells(6, side, ["4 steps"])
    framed = [cell._replace(framed=number == 4) for number, cell in enumerate(plain)]
    before, after = (np.asarray(contact_sheet(cells, 3)) for cells in (plain, framed))
    green = (after == (0x0A, 0x8A, 0x3F)).all(2)
    rows, lefts = (np.where(green.any(axis))[0] for axis in (1, 0))
    box = after[rows[0] : rows[-1] + 1, lefts[0] : lefts[-1] + 1]
    wide = (box.shape[0] - side) // 2
    assert box.shape[:2] == (side + 2 * wide,) * 2 and wide >= 3
    assert np.array_equal(box[wide:-wide, wide:-wide], np.asarray(plain[4].picture))
    assert green.sum() >= box.shape[0] * box.shape[1] - side**2
    # Only the line: as many pixels are inked as before.
    inked = [int((sheet != 255).any(2).sum()) for sheet in (before, after)]
    assert inked[1] - inked[0] == box.shape[0] * box.shape[1] - side**2


def test_labels_of_neighbours_do_not_touch():
    font = font_of(13)
    wide = int(max(font.getlength(part) for part in LONG))
    two = np.asarray(contact_sheet(_cells(2, 64), 2))
    labels = two[-60:].min(axis=(0, 2))
    inked = np.where(labels < 255)[0]
    assert np.diff(inked).max() >= 9
    assert two.shape[1] >= 2 * wide


@pytest.mark.parametrize(("side", "size"), [(64, 13), (512, 23), (1024, 47)])
def test_letters_grow_with_the_pictures(side, size):
    high = contact_sheet(_cells(1, side, ["4 steps"]), 1).height
    bare = contact_sheet(_cells(1, side, []), 1).height
    assert high - bare == pytest.approx(1.25 * size, abs=1)


def test_a_sheet_that_were_too_large_is_made_smaller():
    sheet = contact_sheet(_cells(12, 512), 4, largest=1000)
    assert 900 <= max(sheet.size) <= 1000
    assert _margin_is_empty(sheet)


def test_a_part_of_a_label_is_never_torn():
    font = font_of(13)
    lines = fold(LONG, font, 150)
    assert ", ".join(lines).replace(", ", "|") == "|".join(LONG)
    assert all(font.getlength(line) <= 150 for line in lines)
    assert fold(LONG, font, 10) == LONG


def test_an_old_pillow_is_told(monkeypatch):
    def old():
        raise AssertionError

    monkeypatch.setattr(ImageFont, "load_default", old)
    with pytest.raises(ValueError, match="needs Pillow 10.1 or newer"):
        font_of(13)


def _hops(times, low, levels=None):
    sigmas = [*(standard_sigma(time) for time in times), 0.0]
    return [Hop(*way) for way in ways(sigmas, levels or TableLevels(np.array(CURVE)), low)]


def test_the_ways_are_those_of_the_papers():
    """TCD: down to floor((1 - gamma) * t_next), arXiv 2402.19159; DDIM adds none, LCM all."""
    levels = TableLevels(np.array(CURVE))
    tcd = _hops(grid(4), SAMPLERS["tcd"].low(levels, 0.3))
    assert [time_of(hop.low, CURVE) for hop in tcd[:3]] == [531, 349, 181]
    assert tcd[0].fresh == pytest.approx((1 - (tcd[0].low / tcd[0].after) ** 2) ** 0.5)
    assert [hop.fresh for hop in _hops(grid(4), SAMPLERS["ddim"].low(None, 0))] == [0, 0, 0, 0]
    assert [hop.fresh for hop in _hops(grid(4), SAMPLERS["lcm"].low(None, 0))] == [1, 1, 1, 0]
    assert [hop.low for hop in _hops(grid(4), SAMPLERS["lcm"].low(None, 0))] == [0, 0, 0, 0]


@pytest.mark.parametrize("times", [grid(1), grid(4), grid(8, 0.3), grid(50), []])
@pytest.mark.parametrize("width", [320, 1024, 2048])
def test_a_plot_has_its_width_cuts_nothing_and_is_the_same_again(times, width):
    lines = ["sigma " + " ".join(f"{standard_sigma(time):.4g}" for time in times)]
    hops = _hops(times, SAMPLERS["tcd"].low(TableLevels(np.array(CURVE)), 0.3)) if times else []
    plot = draw_schedule(Schedule(CURVE, hops, lines), width)
    assert plot.width == width and _margin_is_empty(plot, 2)
    assert plot.tobytes() == draw_schedule(Schedule(CURVE, hops, lines), width).tobytes()


@pytest.mark.parametrize("time", [0, 1, 259, 499, 999])
def test_a_level_of_the_table_is_its_timestep(time):
    assert time_of(float(np.float32(standard_sigma(time))), CURVE) == time


def test_levels_of_flow_models_and_beyond_the_table_are_drawn():
    flow = [(time + 1) / 1000 for time in range(1000)]
    hops = [Hop(1.0, 0.5, 0.25, 0.7), Hop(0.5, 0.0, 0.0, 0.0)]
    assert draw_schedule(Schedule(flow, hops, []), 640).width == 640
    high = [Hop(4518.0, 1.0), Hop(1.0, 0.0)]
    assert _margin_is_empty(draw_schedule(Schedule(CURVE, high, []), 640), 2)


def test_a_boundary_is_a_line_across_the_plot_that_cuts_nothing():
    flow = [(time + 1) / 1000 for time in range(1000)]
    hops = [Hop(1.0, 0.9375), Hop(0.9375, 0.0)]
    plain, parted = (draw_schedule(Schedule(flow, hops, [], at), 640) for at in (None, 0.875))
    assert _margin_is_empty(parted, 2)
    changed = np.asarray(plain.convert("L"), int) - np.asarray(parted.convert("L"), int)
    assert max((row != 0).mean() for row in changed) > 0.7


NAMES = [recipe.name for recipe in builtin_recipes().values()]


@pytest.mark.parametrize("name", [max(NAMES, key=len), max(NAMES, key=lambda n: len(n.split()[0]))])
@pytest.mark.parametrize("count", [1, 8, 20])
def test_no_name_on_a_card_runs_over_the_edge_or_into_the_steps(name, count):
    hops = _hops(grid(count), SAMPLERS["lcm"].low(None, 0))
    cards = [
        np.asarray(
            draw_card(Accelerator(text, "checkpoint", "Qwen-Image-Edit", CURVE, hops, 0, 0.5))
        )
        for text in (name, "")
    ]
    differs = np.where((cards[0] != cards[1]).any(2))
    # Left of the number of steps, and above the highest bar.
    assert differs[1].max() < 512 - 24 - 60 and differs[0].max() < 205
    assert (cards[0][:, :4] == cards[0][0, 0]).all() and (cards[0][:, -4:] == cards[0][0, 0]).all()


def test_a_card_shows_how_much_noise_is_new():
    """LCM renews all of it after the first step, DDIM none, TCD a part."""
    shares = []
    for sampler, gamma in (("ddim", 0), ("tcd", 0.3), ("lcm", 0)):
        low = SAMPLERS[sampler].low(TableLevels(np.array(CURVE)), gamma)
        card = Accelerator("A", "LoRA", "SDXL", CURVE, _hops(grid(4), low), hue=0, ground=0.6)
        shades = np.asarray(draw_card(card), int)[230:440]
        # The pale red of new noise: the word above the bars has less than a hundredth of it.
        shares.append(((shades[..., 0] > 240) & (abs(shades[..., 1] - 195) < 12)).mean())
    assert shares[0] < 0.001 < 0.05 < shares[1] < shares[2]


@pytest.mark.parametrize("count", [1, 2, 4, 9])
def test_all_pictures_that_were_made_are_shown(count):
    shades = [(250, 5 + 20 * number, 5) for number in range(count)]
    made = [Image.new("RGB", (64, 64), shade) for shade in shades]
    shown = np.asarray(draw_result(Result(made, "a red star on a blue background", "4")))
    for shade in shades:
        assert (shown == shade).all(2).mean() > 0.05


def test_what_goes_in_stands_beside_what_comes_out():
    given, made = (Image.new("RGB", (64, 64), shade) for shade in ("#fe0101", "#01fe01"))
    shown = np.asarray(draw_result(Result([made], "a red star", "2 + 2", given, "first pass")))
    went_in, came_out = ((shown == shade).all(2).mean() for shade in ((254, 1, 1), (1, 254, 1)))
    assert 0.1 < went_in < 0.2 < 0.3 < came_out


@pytest.mark.parametrize("size", [(1024, 300), (300, 1024), (500, 500)])
def test_a_sheet_is_shown_whole(size):
    sheet = Image.new("RGB", size, "#fe0101")
    shown = np.asarray(draw_sheet(sheet))
    assert shown.shape == (512, 512, 3)
    assert (shown == (254, 1, 1)).all(2).mean() == pytest.approx(min(size) / max(size), abs=0.01)
