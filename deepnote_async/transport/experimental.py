"""Operations that no page documents: when the service does not have one, the error says that this may be why."""

from __future__ import annotations

import re

UNKNOWN_OPERATION = (404, 405, 501)
"""What a service may answer to an operation that it does not have."""

INFERRED = (
    ("PATCH", r"/v2/projects/[^/]+", "changing the settings of a project"),
    ("DELETE", r"/v2/sessions/[^/]+", "stopping a session"),
    ("POST", r"/v2/sessions/[^/]+/runs", "running blocks in a session"),
    ("POST", r"/api/computation/v1/notebook", "running a notebook in place"),
)
"""What the contracts mark as inferred, by method and path; a test keeps the two together."""


def hint(method: str, path: str, status: int) -> str:
    """Say that an operation is experimental, if it is and the status can mean that the service does not have it.

    Args:
        method: HTTP method.
        path: path of the call, or its template.
        status: status of the answer.
    """
    if status in UNKNOWN_OPERATION:
        for known_method, pattern, what in INFERRED:
            if method == known_method and re.search(f"{pattern}$", path):
                return f"; {what} is experimental, and this service may not have it"
    return ""
