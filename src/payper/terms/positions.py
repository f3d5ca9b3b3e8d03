"""Lines of a TOML text: where every table and key stands.

`tomllib` is the truth for values and tells where the syntax breaks; this module only finds lines, and only in a text that `tomllib` has
read, so it checks nothing.
"""

from __future__ import annotations

Path = tuple[str | int, ...]
"""Keys and, inside arrays, places counted from 0: `("price", 1, "amount")`."""

_CLOSERS = ",]}\n#"


class Positions:
    """The line, counted from 1, of every table, array entry and key of a TOML text.

    Args:
        text: A text that `tomllib.loads` accepts.
    """

    def __init__(self, text: str) -> None:
        self._text = text.replace("\r\n", "\n")
        self._at = 0
        self._line = 1
        self._lines: dict[Path, int] = {}
        self._arrays: dict[Path, int] = {}
        self._scan()

    def line(self, path: Path) -> int:
        """Give the line of a key or table; for one that the text does not have, the line of the table it would stand in, else 1."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    def paths(self) -> frozenset[Path]:
        """List every path that the text has."""
        return frozenset(self._lines)

    def _scan(self) -> None:
        table: Path = ()
        while self._skip(" \t\n"):
            if self._text.startswith("[[", self._at):
                self._step(2)
                table = self._open_table(self._key(), is_array=True)
                self._step(2)
            elif self._text[self._at] == "[":
                self._step(1)
                table = self._open_table(self._key(), is_array=False)
                self._step(1)
            else:
                self._pair(table)

    def _open_table(self, keys: list[str], *, is_array: bool) -> Path:
        """Give the full path of a table header, with the place in every array of tables on the way."""
        path: Path = ()
        for place, key in enumerate(keys):
            path = (*path, key)
            self._mark(path)
            if is_array and place == len(keys) - 1:
                self._arrays[path] = self._arrays.get(path, -1) + 1
            if path in self._arrays:
                path = (*path, self._arrays[path])
        self._lines[path] = self._line
        return path

    def _pair(self, table: Path) -> None:
        path = table
        for key in self._key():
            path = (*path, key)
            self._mark(path)
        self._skip(" \t")
        self._step(1)  # the equals sign
        self._value(path)

    def _value(self, path: Path) -> None:
        self._skip(" \t\n")
        opener = self._text[self._at]
        if opener == "{":
            self._inline_table(path)
        elif opener == "[":
            self._array(path)
        elif opener in "\"'":
            self._string()
        else:
            while self._at < len(self._text) and self._text[self._at] not in _CLOSERS:
                self._step(1)

    def _inline_table(self, path: Path) -> None:
        self._step(1)
        while self._skip(" \t\n,") and self._text[self._at] != "}":
            self._pair(path)
        self._step(1)

    def _array(self, path: Path) -> None:
        self._step(1)
        place = 0
        while self._skip(" \t\n,") and self._text[self._at] != "]":
            entry = (*path, place)
            self._mark(entry)
            self._value(entry)
            place += 1
        self._step(1)

    def _key(self) -> list[str]:
        """Read a dotted key up to what follows it."""
        keys = []
        while True:
            self._skip(" \t")
            if self._text[self._at] in "\"'":
                keys.append(self._string())
            else:
                start = self._at
                while self._text[self._at].isalnum() or self._text[self._at] in "-_":
                    self._step(1)
                keys.append(self._text[start : self._at])
            self._skip(" \t")
            if self._text[self._at] != ".":
                return keys
            self._step(1)

    def _string(self) -> str:
        """Step over a string of any of the four kinds and give its text; escapes in a key are resolved by `tomllib`."""
        quote = self._text[self._at]
        start = self._at
        if self._text.startswith(quote * 3, self._at):
            end = self._at + 3
            while not self._text.startswith(quote * 3, end):
                end += 2 if quote == '"' and self._text[end] == "\\" else 1
            end += 3
            while self._text.startswith(quote, end):  # up to two quotes may stand before the closing three
                end += 1
        else:
            end = self._at + 1
            while self._text[end] != quote:
                end += 2 if quote == '"' and self._text[end] == "\\" else 1
            end += 1
        raw = self._text[start:end]
        self._step(end - start)
        if "\\" in raw and quote == '"':
            import tomllib

            return str(tomllib.loads(f"key = {raw}")["key"])
        return raw[1:-1]

    def _skip(self, characters: str) -> bool:
        """Step over characters and, where line ends are skipped, comments; tell whether text is left."""
        while self._at < len(self._text):
            character = self._text[self._at]
            if character == "#" and "\n" in characters:
                end = self._text.find("\n", self._at)
                self._step((len(self._text) if end < 0 else end) - self._at)
            elif character in characters:
                self._step(1)
            else:
                return True
        return False

    def _step(self, count: int) -> None:
        self._line += self._text.count("\n", self._at, self._at + count)
        self._at += count

    def _mark(self, path: Path) -> None:
        self._lines.setdefault(path, self._line)


def spell(path: Path) -> str:
    """Write a path for people, places counted from 1: `price[2].amount`."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text
