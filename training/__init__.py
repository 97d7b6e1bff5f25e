"""How the demo model was made: train, quantise, evaluate. Only `train` and `export` need torch."""
