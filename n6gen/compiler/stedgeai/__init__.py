"""ST's `stedgeai` as a compiler: finding it, running it, judging what it did, reading what it made (docs/stedgeai.md)."""
