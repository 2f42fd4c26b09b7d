"""``python -m brisa``."""

from brisa.cli import main

if __name__ == "__main__":
    main()
