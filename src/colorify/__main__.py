"""`python -m colorify`: the same as the command `colorify`."""

from colorify.cli import main

main()
