"""Stands in for pyvips on a machine that lacks it: training imports it, and never calls it. Import this first."""

import sys
from unittest.mock import MagicMock

sys.modules.setdefault("pyvips", MagicMock())
