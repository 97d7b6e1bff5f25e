"""n6gen's boards for labgrid: name this module under `imports:` of an environment file.

::

    imports: [n6gen.labgrid]

Resources `N6Board` and `N6VirtualBoard`, the driver `N6Driver`, the strategy `N6Strategy`; docs/farm.md shows them.
Importing it needs labgrid.
"""

from n6gen.labgrid.driver import N6Driver
from n6gen.labgrid.resources import N6Board, N6VirtualBoard
from n6gen.labgrid.strategy import N6Strategy, State

__all__ = ["N6Board", "N6Driver", "N6Strategy", "N6VirtualBoard", "State"]
