"""`python -m colorify`: the same as the command `colorify`."""

from colorify.cli import main

if __name__ == "__main__":
    main()
