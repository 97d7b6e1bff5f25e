"""How well a network segments a labelled data set: on the host, on the emulated board, and how the two differ."""
