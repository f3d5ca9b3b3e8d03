"""Hold every module to 500 lines and every function to 60, docstrings and decorators counted (CONTRIBUTING.md, How we write)."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

MODULE_LINES_MAX = 500
FUNCTION_LINES_MAX = 60
SOURCES = Path(__file__).resolve().parent.parent / "src" / "payper"


def too_long(folder: Path) -> list[str]:
    """Say of each module and function under a folder that is over its limit where it is, how long, and what to do."""
    words = []
    for path in sorted(folder.rglob("*.py")):
        text = path.read_text("utf-8")
        name = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
        count = len(text.splitlines())
        if count > MODULE_LINES_MAX:
            words.append(
                f"{name}:{MODULE_LINES_MAX + 1}: the module has {count} lines, more than {MODULE_LINES_MAX}. "
                "Move what has a domain word of its own to a module beside it."
            )
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                length = (node.end_lineno or first) - first + 1
                if length > FUNCTION_LINES_MAX:
                    words.append(
                        f"{name}:{first}: `{node.name}` has {length} lines, more than {FUNCTION_LINES_MAX}. "
                        "Let a function it calls do the part that has a name."
                    )
    return words


def main() -> int:
    """Check the folder named, else `src/payper`."""
    found = too_long(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else SOURCES)
    print("\n".join(found) or f"no module over {MODULE_LINES_MAX} lines, no function over {FUNCTION_LINES_MAX}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
