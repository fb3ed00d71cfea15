"""`python -m netshell`."""

from netshell.cli import main

if __name__ == "__main__":
    main()
