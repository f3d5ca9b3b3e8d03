"""Write the documents that come from the code (`make docs`), or say which are not current (`--check`)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))


def reasons() -> str:
    """Write docs/reasons.md from the enumeration."""
    from payper.reasons import Group, Reason

    lines = [
        "# Reasons",
        "",
        "Why a delivery was judged as it was, in order of precedence: a verdict lists all reasons that apply, and the first is its headline.",
        "Numbers are never reused. *Fault* says who can prevent the next one; *mending helps* says whether the same delivery, mended and sent again, can pass.",
        "Made from `payper.reasons` by `make docs`.",
    ]
    for group in Group:
        lines += ["", f"## {group.capitalize()}", ""]
        for reason in Reason:
            if reason.group is group:
                uncertain = " Follows `record.uncertain`." if reason.is_uncertain else ""
                mend = "mending helps" if reason.can_mend else "mending does not help"
                lines += [
                    f"### `{reason.name}`",
                    "",
                    f"Number {reason.number}; fault: {reason.fault}; {mend}.{uncertain}",
                    "",
                    reason.text,
                    "",
                ]
        lines.pop()
    return "\n".join(lines) + "\n"


def commands() -> str:
    """Write docs/commands.md from the commands' own help."""
    import click

    from payper.cli import payper

    lines = [
        "# Commands",
        "",
        "What `payper --help` and every command's `--help` print. Exit codes: 0 fine, 1 the business says no, 2 usage, 3 the world failed, 130 interrupted. Made by `make docs`.",
        "",
    ]

    def add(command: click.Command, name: str) -> None:
        context = click.Context(command, info_name=name, max_content_width=100, terminal_width=100)
        lines.extend([f"## `{name}`", "", "```text", command.get_help(context), "```", ""])
        if isinstance(command, click.Group):
            for each in command.list_commands(context):
                child = command.get_command(context, each)
                assert child is not None
                add(child, f"{name} {each}")

    add(payper, "payper")
    return "\n".join(lines)


def findings() -> str:
    """Write docs/findings.md from the kinds of finding."""
    from payper.terms.findings import findings_page

    return findings_page()


def functions() -> str:
    """Write docs/functions.md from the tables of job titles."""
    from payper.normalisation.titles import functions_page

    return functions_page()


def terms() -> str:
    """Write the parts of docs/terms.md that come from the code; the rest of the page is written by hand."""
    import terms_page

    return terms_page.terms()


def summary_schema() -> str:
    """Publish the JSON Schema of summary.json."""
    return (ROOT / "src/payper/reports/summary_schema.json").read_text("utf-8")


def results_schema() -> str:
    """Publish the JSON Schema of `payper measure --json`."""
    return (ROOT / "src/payper/reports/results_schema.json").read_text("utf-8")


def providers_schema() -> str:
    """Publish the JSON Schema of `payper providers --json`."""
    return (ROOT / "src/payper/reports/providers_schema.json").read_text("utf-8")


PAGES: dict[str, Callable[[], str]] = {
    "docs/reasons.md": reasons,
    "docs/commands.md": commands,
    "docs/findings.md": findings,
    "docs/functions.md": functions,
    "docs/terms.md": terms,
    "docs/summary-schema.json": summary_schema,
    "docs/results-schema.json": results_schema,
    "docs/providers-schema.json": providers_schema,
}


def main() -> int:
    """Write or check every page, and check the locks."""
    import lock

    is_check = "--check" in sys.argv
    stale = []
    for name, write in PAGES.items():
        path, text = ROOT / name, write()
        if path.is_file() and path.read_text("utf-8") == text:
            continue
        if is_check:
            stale.append(f"{name} is not current: run `make docs` and commit it")
        else:
            path.write_text(text, encoding="utf-8")
    if is_check and lock.RECORD.read_text("utf-8").strip() != lock.inputs_digest():
        stale.append("requirements/ is not current with pyproject.toml: run `make lock` and commit it")
    print("\n".join(stale) or "generated documents and locks are current")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
