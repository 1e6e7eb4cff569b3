"""Globs, as people write them for their own recipes: `*`, `?` and `[ab]`, in any case.

No expression of a person's is ever run: a shared one could keep the host busy for ever.
"""

from fnmatch import fnmatchcase

from .name_words import stem_of

_MOST = 200
# What only expressions use.
_NOT_GLOB = r"\^$|+(){}"


def as_glob(text: str) -> str:
    """The glob of `text`. Older files hold expressions: plain text and `.*` are read as they were.

    Raises ValueError for what is no glob.
    """
    if len(text) > _MOST:
        raise ValueError(f"a glob has {_MOST} characters at most, and this one has {len(text)}")
    if wrong := next((sign for sign in _NOT_GLOB if sign in text), ""):
        raise ValueError(
            f"{wrong!r} belongs to a regular expression; write a glob, such as *portraits*4step*, "
            "with ? for any one character"
        )
    if ".*" in text or (text and not any(sign in text for sign in "*?[")):
        return f"*{text.replace('.*', '*')}*"
    return text


def part_globs(text: str) -> list[str]:
    """Globs for a part of a text, with commas between them."""
    return [f"*{as_glob(one.strip()).strip('*')}*" for one in text.split(",") if one.strip()]


def matches(glob: str, name: str) -> bool:
    """Whether the glob is for this file: its own name, with or without suffix, or its path."""
    path = name.replace("\\", "/").lower()
    asked = glob.replace("\\", "/").lower()
    own = path.rsplit("/", 1)[-1]
    return any(fnmatchcase(one, asked) for one in (own, stem_of(path), path))


def has_part(globs: list[str], text: str) -> bool:
    return any(fnmatchcase(text.lower(), glob.lower()) for glob in globs)
