"""The act `payper simulate`: write an invented programme."""

from __future__ import annotations

from pathlib import Path

from payper.connectors.writing import write_bytes
from payper.errors import UsageError
from payper.simulation import simulate_programme


def simulate(folder: Path, *, seed: int, deliveries: int) -> dict[str, int | str]:
    """Write the files of an invented programme into an empty or new folder.

    Raises:
        UsageError: The folder holds something already, or too few deliveries are asked for.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(where=folder, seen="There is something here already.", mend="Name a new or an empty folder.")
    try:
        programme = simulate_programme(seed=seed, deliveries=deliveries)
    except ValueError as error:
        raise UsageError(where="--deliveries", seen=f"{error}.", mend="Ask for more, such as --deliveries 400.") from error
    for name, content in programme.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(content, path)
    return {"folder": str(folder), "files": len(programme.files), "deliveries": programme.deliveries.height, "seed": seed}
