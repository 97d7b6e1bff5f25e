"""Settings: one table, three sources. `n6gen.toml` < environment (`N6GEN_*`) < command line."""
