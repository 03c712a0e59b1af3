"""Many runs of one notebook: started with bounded concurrency, told of as they end."""

from deepnote_async.runs.fan_out.fanout import Follow
from deepnote_async.runs.fan_out.many import Many, MapOptions, OnError
from deepnote_async.runs.fan_out.map import Outcomes, map_runs
from deepnote_async.runs.fan_out.outcome import MapStats, Outcome

__all__ = ["Follow", "Many", "MapOptions", "MapStats", "OnError", "Outcome", "Outcomes", "map_runs"]
