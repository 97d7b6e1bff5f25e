"""A farm of boards behind labgrid's coordinator: who holds what, the board's own guard, and the janitor.

labgrid is asked for places and nothing else; its classes for n6gen's boards are in n6gen.labgrid.
"""
