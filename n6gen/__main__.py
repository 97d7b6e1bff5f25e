"""``python -m n6gen`` is ``n6gen``."""

from n6gen.cli import main

if __name__ == "__main__":
    main()
