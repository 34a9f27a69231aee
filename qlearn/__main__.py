"""``python -m qlearn`` is ``qlearn``."""

from qlearn.cli import main

if __name__ == "__main__":
    main()
