"""The settings that the tests of the command share, for a recipe of a few steps."""

COMMON = "seed = 1\nfrozen_stages = 5\nwarmup = 0.0\naverage = 0.5\nhinted = 0.5\naged = 0.5\n"
PHASES = "phases = [ { until = 1.0, size = 32, batch = 2 } ]\n"
