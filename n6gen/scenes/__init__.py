"""Generated scenes with people-like figures and exact masks: for the demo, for `live`, and for training.

Needs numpy and pillow only.
"""

from n6gen.scenes.families import Split
from n6gen.scenes.scene import Scene, render, sequence

__all__ = ["Scene", "Split", "render", "sequence"]
