"""`python -m payper`."""

from payper.cli import main

main()
