"""The virtual board on the host's side: its flash, its boot ROM, its processor in QEMU, its camera and its panel."""
