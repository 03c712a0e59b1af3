"""Fixed figures of the transport, in one place so that a reader can doubt them together."""

CONNECT_SECONDS = 5.0
SILENCE_SECONDS = 30.0
"""After so long without a byte an attempt that may be repeated is given up, or after half of the call's time if that is
more. Load balancers close silent connections after 60 s; what answers at all is not known to think for so long."""

POOL_SECONDS = 10.0

CLOSE_SECONDS = 5.0
"""What closing a connection may take while the caller is being cancelled."""

MAX_BODY_BYTES = 64 << 20
"""Largest decoded answer. The documentation caps a notebook with outputs at 30 MB; inline it is JSON-escaped YAML."""

MAX_JSON_DEPTH = 200
"""Deepest nesting of an answer. What is deeper could be read, but not walked, printed or pickled by who gets it."""

CHUNK_BYTES = 1 << 18
"""Piece of a streamed body: large enough that handing it to a file's thread does not count."""

MAX_CONNECTIONS = 1000
"""Far above aiohttp's default of 100, so that a fan-out queues at the service rather than here."""

KEEP_ALIVE_SECONDS = 30.0

LEAST_SECONDS = 5.0
"""With less than this left of its time, or a quarter of it if that is less, what may not be repeated is not sent any
more: it would be cut off, and nothing would prove what became of it."""
