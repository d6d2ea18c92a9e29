"""Colours of everything that is drawn, by what they mean: TOKENS["light"]["grad"], TOKENS["dark"]["grad"].

Values flow forward in blue (`value`), gradients flow back in orange (`grad`). What a node is (`param`, `input`,
`const`, `result`) has a colour and a shape; a sign (`pos`, `neg`) has a colour, a side and a fill; trouble is the only
filled yellow (`warn`, with `warn-ink` on it). A `…-wash` lies under text and carries no meaning alone.
"""

LIGHT = {
    "bg": "#faf9f6", "surface": "#ffffff", "sunken": "#f1efe9",
    "hair": "#dcd8cf", "line": "#8b867b", "ink": "#1d1c1a", "soft": "#5a564e",
    "value": "#1b5fc1", "value-wash": "#e3edfb",
    "grad": "#b3470a", "grad-wash": "#fdeadb",
    "param": "#7d2a78", "param-wash": "#f6e7f4",
    "input": "#2b7326", "input-wash": "#e5f2e2",
    "const": "#625e56", "const-wash": "#efede8",
    "result": "#3a4a60", "result-wash": "#e9edf3",
    "pos": "#00727a", "neg": "#8f1730",
    "warn": "#ffd22e", "warn-ink": "#1d1c1a", "focus": "#1d1c1a",
    "act1": "#eef4fd", "act2": "#d6e5fb", "act3": "#b9d4f8", "act4": "#9ac1f4",
}
DARK = {
    "bg": "#14161a", "surface": "#1c1f25", "sunken": "#111317",
    "hair": "#343942", "line": "#7b828e", "ink": "#eeebe4", "soft": "#b4b1a9",
    "value": "#82b6ff", "value-wash": "#1c3050",
    "grad": "#ffa25f", "grad-wash": "#45290f",
    "param": "#e39bdc", "param-wash": "#40233c",
    "input": "#86d07c", "input-wash": "#1d3520",
    "const": "#b0aca3", "const-wash": "#2b2d31",
    "result": "#bccbe0", "result-wash": "#27303d",
    "pos": "#78e6e0", "neg": "#ff5f88",
    "warn": "#ffd22e", "warn-ink": "#1d1c1a", "focus": "#ffffff",
    "act1": "#20293a", "act2": "#233a5c", "act3": "#26497c", "act4": "#2a5698",
}
TOKENS: dict[str, dict[str, str]] = {"light": LIGHT, "dark": DARK}
