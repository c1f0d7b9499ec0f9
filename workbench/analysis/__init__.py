"""The layer table: parameters and MACs of a network, layer by layer, before it trains."""

from workbench.analysis.layers import count, summarize
from workbench.analysis.trace import Row, Trace, trace

__all__ = ["Row", "Trace", "count", "summarize", "trace"]
