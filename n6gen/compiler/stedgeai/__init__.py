"""ST's `stedgeai` as a compiler: find it, run it, judge what it did, read what it made (docs/stedgeai.md)."""
