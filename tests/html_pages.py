"""Pages as a reader meets them: their text, their tables by caption, and what they would load."""

from __future__ import annotations

from html.parser import HTMLParser

EVIL = "<script>alert(1)</script>&\"'{{7*7}}</style></svg>"
"""A name that would be markup if it were not escaped."""


class Page(HTMLParser):
    """Gather the visible text, the tables by caption and what the page would load."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._stack: list[str] = []
        self._rows: list[list[str]] = []
        self._caption = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "br", "link", "img"}:
            self._stack.append(tag)
        if tag == "table":
            self._rows, self._caption = [], ""
        if tag == "tr":
            self._rows.append([])
        if tag in {"td", "th"}:
            self._rows[-1].append("")

    def handle_endtag(self, tag):
        if tag == "table":
            self.tables[self._caption] = self._rows
        while self._stack and self._stack.pop() != tag:
            pass

    def handle_data(self, data):
        if "style" in self._stack:
            return
        self.text.append(data)
        if "caption" in self._stack:
            self._caption += data
        elif self._stack and self._stack[-1] in {"td", "th"}:
            self._rows[-1][-1] += data
