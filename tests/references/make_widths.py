"""How tinygrad_edu/views/drawing/widths.txt was made: `python tests/references/make_widths.py`.

It needs matplotlib, which brings the DejaVu fonts (their licence is free), and fontTools, which reads them.
"""

import unicodedata
from itertools import groupby
from pathlib import Path

import matplotlib
from fontTools.ttLib import TTFont

FILE = Path(__file__).parents[2] / "tinygrad_edu" / "views" / "drawing" / "widths.txt"
FONTS = {"ui": "DejaVuSans", "bold": "DejaVuSans-Bold", "italic": "DejaVuSerif-Italic", "serif": "DejaVuSerif",
         "code": "DejaVuSansMono"}
BLOCKS = [
    (0x0020, 0x024F),       # Latin
    (0x0250, 0x02FF),       # phonetic letters, modifiers
    (0x0300, 0x036F),       # marks that combine with the letter before
    (0x0370, 0x03FF),       # Greek
    (0x0400, 0x04FF),       # Cyrillic
    (0x1D2C, 0x1DBF),       # raised and lowered letters
    (0x1E00, 0x1EFF),       # more Latin
    (0x2000, 0x2BFF),       # punctuation, signs, arrows, operators, technical signs, boxes, shapes, dingbats
    (0xFB00, 0xFB06),       # ligatures
    (0xFFFD, 0xFFFD),       # what cannot be shown
    (0x1D400, 0x1D7FF),     # mathematical alphabets
]
BRAILLE = range(0x2800, 0x2900)


def is_left_out(code: int) -> bool:
    """Also what other fonts show in colour, and wider: the wide signs outside of scripts."""
    return code in BRAILLE or unicodedata.east_asian_width(chr(code)) == "W"


def lines(name: str, file: str) -> list[str]:
    """A line for each run of neighbouring letters: font, number of the first letter, widths (`818*10`: ten times)."""
    font = TTFont(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{file}.ttf")
    assert font["head"].unitsPerEm == 2048
    codes = [code for code in sorted(font.getBestCmap()) if not is_left_out(code)
             and any(first <= code <= last for first, last in BLOCKS)]
    made = []
    for _, run in groupby(enumerate((code, width_of(code, font)) for code in codes), lambda each: each[1][0] - each[0]):
        items = [item for _, item in run]
        repeated = [(width, len([*group])) for width, group in groupby(width for _, width in items)]
        made.append(f"{name} {items[0][0]:x} " + " ".join(f"{w}*{n}" if n > 1 else f"{w}" for w, n in repeated))
    return made


def width_of(code: int, font: TTFont) -> int:
    """How far the pen moves: not at all for marks; Roman numerals may be set letter by letter."""
    glyphs, classes = font.getBestCmap(), font["GDEF"].table.GlyphClassDef.classDefs
    if classes.get(glyphs[code]) == 3:
        return 0
    own = font["hmtx"][glyphs[code]][0]
    if unicodedata.category(chr(code)) != "Nl":
        return own
    return max(own, sum(font["hmtx"][glyphs[ord(each)]][0] for each in unicodedata.normalize("NFKD", chr(code))
                        if ord(each) in glyphs))


if __name__ == "__main__":
    heading = ["# Widths of letters in 1/2048 of the font size, from the DejaVu fonts 2.37.",
               "# font, number of the first letter (hexadecimal), widths of it and its neighbours (w*n: n times w)",
               "# Made by tests/references/make_widths.py."]
    FILE.write_text("\n".join(heading + [line for name, file in FONTS.items() for line in lines(name, file)]) + "\n")
