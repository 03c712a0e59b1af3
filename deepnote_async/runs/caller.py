"""Notice a notebook that is about to start a run of itself: that never ends, and costs money with every turn.

Datalore's help warns of it (https://www.jetbrains.com/help/datalore/2026.1/run-api.html); the same holds for Deepnote.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from attrs import frozen


@frozen
class KernelSigns:
    """The environment variables that tell where code runs.

    Attributes:
        kernel: one of these is set inside a kernel of the service, by the service.
        elsewhere: one of these is set where such code runs, but not as a notebook.
        notebook: these may hold the id of the notebook the kernel belongs to.
    """

    kernel: tuple[str, ...]
    notebook: tuple[str, ...]
    elsewhere: tuple[str, ...] = ()


SIGNS: Mapping[str, KernelSigns] = {
    # No page tells of a variable that names the notebook; one can be attached to the notebook by hand, and Datalore's
    # help says how: https://www.jetbrains.com/help/datalore/environment-variables.html
    "datalore": KernelSigns(
        kernel=("DATALORE_USER", "DATALORE_HOME", "DATALORE_AGENT_MODE"), notebook=("DATALORE_NOTEBOOK_ID",)
    ),
    # DEEPNOTE_PROJECT_ID is set by Deepnote. DEEPNOTE_NOTEBOOK_ID is not, as far as its open-source toolkit shows; the
    # vendor's examples use that name outside of kernels, and in hosted Streamlit apps, for the notebook to run. So it
    # counts inside a kernel only.
    "deepnote": KernelSigns(
        kernel=("DEEPNOTE_PROJECT_ID",),
        notebook=("DEEPNOTE_NOTEBOOK_ID",),
        elsewhere=("DEEPNOTE_STREAMLIT_APP_ID",),
    ),
}


def refuse_own_notebook(service: str, notebook_id: str) -> None:
    """Refuse to start the notebook whose kernel this very code runs in, as far as the environment tells.

    Args:
        service: name of the service, a key of SIGNS.
        notebook_id: the notebook that is to run.

    Raises:
        ValueError: it is the caller itself.
    """
    signs = SIGNS[service]
    if not any(os.environ.get(name) for name in signs.kernel):
        return
    if any(os.environ.get(name) for name in signs.elsewhere):
        return
    for name in signs.notebook:
        if os.environ.get(name) == notebook_id:
            raise ValueError(
                f"notebook {notebook_id} would run itself without end: {name} says that this code runs in it; "
                "start it from elsewhere"
            )
