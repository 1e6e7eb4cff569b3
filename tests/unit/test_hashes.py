"""A file is hashed once, until it changes; a cache that is broken costs time, not the result."""

import hashlib
import json
import os

from fewstep.recipes import HashCache


class Counted:
    """`hashlib.sha256`, counting how often a file was hashed."""

    def __init__(self):
        self.calls = 0

    def __call__(self):
        self.calls += 1
        return hashlib.sha256()


def test_a_file_is_hashed_once_until_it_changes(tmp_path):
    file = tmp_path / "a.safetensors"
    file.write_bytes(b"one")
    counted = Counted()
    for _ in range(3):
        cache = HashCache(tmp_path / "cache" / "hashes.json", counted)
        assert cache.of(file) == hashlib.sha256(b"one").hexdigest()
    assert counted.calls == 1
    file.write_bytes(b"two")
    os.utime(file, ns=(1, 1))
    assert cache.of(file) == hashlib.sha256(b"two").hexdigest()
    assert counted.calls == 2


def test_a_broken_cache_is_begun_anew(tmp_path):
    file = tmp_path / "a.safetensors"
    file.write_bytes(b"one")
    stored = tmp_path / "hashes.json"
    right = hashlib.sha256(b"one").hexdigest()
    broken = [json.dumps({str(file): entry}) for entry in ([3], "x", [3, 1, 2])]
    for content in ("", "[1]", "[" * 10000, *broken):
        stored.write_text(content, "utf-8")
        assert HashCache(stored, hashlib.sha256).of(file) == right


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path):
    file = tmp_path / "a.safetensors"
    file.write_bytes(b"one")
    (tmp_path / "taken").write_text("a file where the folder should be")
    cache = HashCache(tmp_path / "taken" / "hashes.json", hashlib.sha256)
    assert cache.of(file) == hashlib.sha256(b"one").hexdigest()
