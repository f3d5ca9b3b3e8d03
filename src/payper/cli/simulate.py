"""`payper simulate`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(epilog="Example: payper simulate my-programme --seed 7 --deliveries 2000")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same files.")
@click.option("--deliveries", type=click.IntRange(200, 5_000_000), default=3_500, show_default=True, help="How many deliveries, about.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def simulate(folder: Path, *, seed: int, deliveries: int, is_json: bool, quiet: bool) -> None:
    """Write an invented programme into FOLDER: contracts, messy deliveries, milestones and returns."""
    from payper.cli.terminal import print_json
    from payper.desk.folder.simulate import simulate as write_simulation

    result = write_simulation(folder, seed=seed, deliveries=deliveries)
    if is_json:
        print_json(result)
    elif not quiet:
        click.echo(f"{result['files']} files, {result['deliveries']:,} deliveries; all of it is invented.\nNext: payper run {folder}")
