"""`python -m contactrep` is the same program as `contactrep`."""

from contactrep.cli import main

if __name__ == "__main__":
    main()
