"""`payper advise`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from payper.cli import FINE, NO

if TYPE_CHECKING:
    from payper.advice import Recommendation
    from payper.desk.asking.advise import Advice


@click.command(epilog="Example: payper advise examples/northwind/profile.toml --programme out/northwind --html advice.html")
@click.argument("profile", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--programme", type=click.Path(path_type=Path), help="An output or programme folder whose own record replaces priors.")
@click.option("--database", metavar="ADDRESS", help="The same from a book: a file, or postgresql://user@host:5432/database?book=NAME.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Read the programme as of this day. Default: the day of its run.")
@click.option("--html", "page", type=click.Path(dir_okay=False, path_type=Path), help="Write the advice as a page to forward.")
@click.option("--questions", is_flag=True, help="Print a profile to fill in, with every question.")
@click.option("--seed", type=int, default=0, help="Of the futures drawn; the same seed gives the same advice.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON (docs/reference/advice.md).")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def advise(
    profile: Path | None,
    *,
    programme: Path | None,
    database: str | None,
    as_of: datetime | None,
    page: Path | None,
    questions: bool,
    seed: int,
    is_json: bool,
    quiet: bool,
) -> int:
    """Say which model or mix to buy for the answers in PROFILE, why, how sure that is, and what would change it.

    Without --programme every share is a benchmark of the trade, and the advice says so.
    """
    from payper.cli.terminal import print_json, progress
    from payper.desk.asking.advise import advise as advise_by

    if questions:
        if profile is not None:
            raise click.UsageError(f"--questions prints a new profile and reads none: leave out {profile}.")
        from payper.advice.template import profile_template

        click.echo(profile_template(), nl=False)
        return FINE
    if profile is None:
        raise click.UsageError("Name a PROFILE; `payper advise --questions > profile.toml` prints one to fill in.")
    if programme is not None and database is not None:
        raise click.UsageError("Name either --programme or --database.")
    if as_of is not None and programme is None and database is None:
        raise click.UsageError("--as-of reads a programme as of that day: name one with --programme or --database.")
    with progress(is_quiet=quiet or is_json) as tell:
        advice = advise_by(profile, place=programme or database, as_of=as_of.date() if as_of else None, page=page, seed=seed, tell=tell)
    if is_json:
        print_json(advice.to_json())
    else:
        for finding in advice.findings:
            click.echo(str(finding), err=True)
        if not quiet and advice.recommendation is not None:
            click.echo(_shown(advice, advice.recommendation))
    return NO if advice.recommendation is None else FINE


def _shown(advice: Advice, found: Recommendation) -> str:
    from textwrap import fill

    from payper.cli.terminal import bullets, strong, table
    from payper.reports import advice_words as words

    parts = [strong(fill(found.headline, 80)), *(fill(note, 80) for note in found.notes)]
    if found.banner:
        parts.append(fill(found.banner, 80))
    if advice.record:
        parts.append(fill(f"Own record: {advice.record}.", 80))
    parts.append(fill(words.sure_words(found), 80))
    parts.append(table(list(words.LINE_HEADS), [words.line_cells(found, line) for line in found.lines], right=(1, 2, 3, 4)))
    parts.append(bullets("Share of spend:", [f"{words.model_words(each.model)}: {words.range_words(each)}" for each in found.shares]))
    parts.append(bullets("Why:", [f"{ground.words} [{', '.join(ground.keys)}]" for ground in found.grounds]))
    if found.measured:
        parts.append(bullets("Your own record, and what is used after it:", [words.measured_words(found, row) for row in found.measured]))
    parts.append(bullets("What is used of what there is:", [words.use_words(found, use) for use in found.mix.uses]))
    if found.pair_break_evens:
        prices = [words.break_even_words(found, pair) for pair in found.pair_break_evens]
        parts.append(bullets("What an appointment may cost, by what is scarce:", prices))
    if found.runner_ups:
        parts.append(bullets("Runner-up mixes:", [words.runner_up_words(found, each) for each in found.runner_ups]))
    parts += _turns(found)
    if found.first_test is not None:
        parts.append(fill(words.test_words(found, found.first_test), 80))
    parts.append(fill(f"By week: {' '.join(found.flow.words)}", 80))
    assumed = [*found.assumptions, *advice.notes]
    if assumed:
        parts.append(bullets("Taken for want of an answer, and notes:", assumed))
    if advice.page is not None:
        parts.append(f"Advice: {advice.page}\nNext: open it in a browser; change an answer and ask again.")
    else:
        parts.append("Next: change an answer and ask again, or name --html FILE for a page to forward.")
    return "\n\n".join(parts)


def _turns(found: Recommendation) -> list[str]:
    """Say what would change the advice, what a cautious buyer buys, and what reaching the goal takes."""
    from textwrap import fill

    from payper.cli.terminal import bullets
    from payper.reports.advice_words import amount, change_words, pair_words, units_words

    parts = []
    if found.changes:
        told = [change_words(found, each) for each in found.changes if each.changes_advice][:4]
        told = told or ["No single answer within its likely range does."]
        told += [pair_words(found, pair) for pair in found.pair_changes[:4]]
        parts.append(bullets("What would change the advice:", told))
    cautious = f"A cautious buyer's mix ({units_words(found, found.cautious.units) or 'nothing'}) brings "
    cautious += f"{amount(found, found.cautious.value_minor)} on average and {amount(found, found.cautious.tail_minor)} in the worst "
    parts.append(fill(f"{cautious}tenth of futures.", 80))
    if found.goal is not None:
        plan = units_words(found, found.goal.plan.mix.units)
        parts.append(fill(f"{found.goal.words}{f' It buys {plan}.' if plan else ''}", 80))
    return parts
