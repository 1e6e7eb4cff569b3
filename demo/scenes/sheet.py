"""Many pictures in one file."""

from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torch.nn.functional import pad

_GAP = 2
_LABEL, _TEXT = 260, 17


def write_sheet(path: Path, pictures: Tensor, *, columns: int = 16) -> None:
    """Pictures B 3 H W in 0..1, row by row."""
    save_picture(path, _rows(pictures, columns))


def write_labelled_sheet(path: Path, rows: Sequence[tuple[str, Tensor]], *, scale: int = 1) -> None:
    """A row for each label, with its pictures B 3 H W beside it, `scale` times as large."""
    parts = [_enlarged(_as_image(_rows(pictures, len(pictures))), scale) for _, pictures in rows]
    width = _LABEL + max(part.width for part in parts)
    sheet = Image.new("RGB", (width, sum(part.height for part in parts)), "white")
    draw, font, top = ImageDraw.Draw(sheet), ImageFont.load_default(_TEXT), 0
    for (label, _), part in zip(rows, parts, strict=True):
        sheet.paste(part, (_LABEL, top))
        middle = (_TEXT, top + part.height // 2)
        draw.multiline_text(middle, label, "black", font, anchor="lm", spacing=8)
        top += part.height
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)


def save_picture(path: Path, picture: Tensor) -> None:
    """One picture C H W in 0..1, with three channels or, with alpha, four."""
    _as_image(picture).save(path)


def _as_image(picture: Tensor) -> Image.Image:
    return Image.fromarray((picture.movedim(0, 2) * 255).round().to(torch.uint8).cpu().numpy())


def _enlarged(image: Image.Image, scale: int) -> Image.Image:
    return image.resize((scale * image.width, scale * image.height), Image.Resampling.BICUBIC)


def _rows(pictures: Tensor, columns: int) -> Tensor:
    cells = pad(pictures.cpu(), [0, _GAP] * 2, value=1.0)
    empty = -len(cells) % columns
    cells = torch.cat([cells, torch.ones_like(cells[:1]).expand(empty, -1, -1, -1)])
    rows = cells.unflatten(0, (-1, columns))  # R C 3 H W
    return rows.permute(2, 0, 3, 1, 4).flatten(3, 4).flatten(1, 2)  # 3 RH CW
