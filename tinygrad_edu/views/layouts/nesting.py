"""Frames within frames: who lies in whom, asked for by index.

    Nesting(picture).path(frame)        the frames around it, from the outermost to itself
    Nesting.apart(one, other)           the frames that hold only the one, and those that hold only the other

A frame is its index in the picture; outside all frames is OUTSIDE.
"""

from __future__ import annotations

from .model import Picture

OUTSIDE = -1


class Nesting:
    """The frames of a picture as a tree."""

    def __init__(self, picture: Picture) -> None:
        self.number = {frame.id: index for index, frame in enumerate(picture.frames)}
        self.parents = [OUTSIDE if frame.parent is None else self.number[frame.parent] for frame in picture.frames]
        self.boxes = [OUTSIDE if box.frame is None else self.number[box.frame] for box in picture.boxes]
        self._paths: dict[int, tuple[int, ...]] = {OUTSIDE: ()}

    def path(self, frame: int) -> tuple[int, ...]:
        """The frames around `frame`, outermost first, itself last; () for OUTSIDE."""
        missing = []
        while frame not in self._paths:
            missing.append(frame)
            frame = self.parents[frame]
        path = self._paths[frame]
        for inner in reversed(missing):
            path = self._paths[inner] = (*path, inner)
        return path

    def apart(self, one: int, other: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The frames around `one` but not `other`, and those around `other` but not `one`, outermost first."""
        if one == other:
            return (), ()
        left, right = self.path(one), self.path(other)
        shared = 0
        while shared < min(len(left), len(right)) and left[shared] == right[shared]:
            shared += 1
        return left[shared:], right[shared:]

    def inner_first(self) -> list[int]:
        """All frames, each before its parent."""
        return sorted(range(len(self.parents)), key=lambda frame: (-len(self.path(frame)), frame))

    def empty(self) -> list[int]:
        """The frames without boxes or frames in them."""
        used = {*self.parents, *self.boxes}
        return [frame for frame in range(len(self.parents)) if frame not in used]
