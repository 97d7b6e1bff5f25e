"""Verifying: what a board computes, tensor by tensor, against the integer reference; what differs first, by name."""
