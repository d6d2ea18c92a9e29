"""Files are written whole or not at all, and errors name the path as it was given."""

import errno
import os
import stat
from pathlib import Path

import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import DataError
from tinygrad_edu.files import write_whole


def test_what_was_there_is_replaced_and_nothing_else_is_left(tmp_path):
    place = tmp_path / "a.txt"
    place.write_bytes(b"before")
    assert write_whole(str(place), b"after") == place
    assert write_whole(tmp_path / "b.txt", lambda file: file.write(b"b")).read_bytes() == b"b"
    assert place.read_bytes() == b"after"
    assert sorted(os.listdir(tmp_path)) == ["a.txt", "b.txt"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError("no")])
def test_a_failure_leaves_what_was_there_and_comes_through(error, tmp_path):
    place = tmp_path / "a.txt"
    place.write_bytes(b"before")

    def interrupted(file):
        file.write(b"half")
        raise error

    with pytest.raises(type(error) if isinstance(error, Exception) else error):
        write_whole(place, interrupted)
    assert place.read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_is_told_with_the_users_own_path(step, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, step, full)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=r"^a\.txt cannot be written \(No space left on device\)\.$"):
        write_whole("a.txt", b"content")
    assert os.listdir(tmp_path) == []


def test_places_that_cannot_be_written_are_named_as_they_were_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("file").touch()
    with pytest.raises(DataError, match=r"^missing/x\.txt cannot be written, because there is no folder missing\.$"):
        write_whole("missing/x.txt", b"")
    with pytest.raises(DataError, match=r"^folder cannot be written, because it is a folder\. Expected the name of"):
        write_whole("folder", b"")
    with pytest.raises(DataError, match=r"^file/deep/x\.txt cannot be written \(Not a directory\)\.$"):
        write_whole("file/deep/x.txt", b"", make_folder=True)
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


def test_saving_a_program_in_a_folder_that_does_not_exist_names_the_path_and_no_temporary_one():
    program = tg.source(tg.sin(tg.Tensor(0.5, name="x")))
    with pytest.raises(DataError) as caught:
        program.save("/nonexistent/x.py")
    assert str(caught.value) == "/nonexistent/x.py cannot be written, because there is no folder /nonexistent."


def test_folders_are_made_when_asked(tmp_path):
    assert write_whole(tmp_path / "a" / "b" / "c.txt", b"c", make_folder=True).read_bytes() == b"c"


def test_the_longest_name_that_a_file_may_have_can_be_written(tmp_path):
    place = tmp_path / ("n" * 251 + ".txt")
    write_whole(place, b"content")
    assert place.read_bytes() == b"content"


@pytest.mark.skipif(os.name != "posix", reason="permissions and links are those of POSIX")
def test_a_new_file_has_the_usual_permissions_and_a_link_stays_a_link(tmp_path):
    usual, place, link = tmp_path / "usual", tmp_path / "place", tmp_path / "link"
    usual.touch()
    write_whole(place, b"before")
    assert stat.S_IMODE(place.stat().st_mode) == stat.S_IMODE(usual.stat().st_mode)
    link.symlink_to(place)
    write_whole(link, b"after")
    assert link.is_symlink()
    assert place.read_bytes() == b"after"
