"""The operations that have no typed call, through the generated functions: one table for several tests."""

from __future__ import annotations

from deepnote_async_api import models as wire
from deepnote_async_api.api.environments import list_environments
from deepnote_async_api.api.integrations import get_integration, list_integrations
from deepnote_async_api.api.machines import get_project_machine, list_machine_types, update_project_machine
from deepnote_async_api.api.projects import update_project
from deepnote_async_api.api.search import search
from deepnote_async_api.api.streamlit_apps import create_streamlit_app
from tests.resources.calls import PROJECT, UUID, Call

MACHINE = {"machine": {"status": "running", "error": None, "type": {"id": "m"}, "idleShutdownSeconds": 900}}
INTEGRATION = {"id": UUID, "name": "warehouse", "type": "snowflake", "is_public": True}

LOW_LEVEL = (
    Call(
        operation="updateProject",
        make=lambda c: update_project.asyncio(
            UUID, client=c.generated, body=wire.UpdateProjectBody(environment_id="e")
        ),
        answer={"project": PROJECT},
    ),
    Call(
        operation="getProjectMachine",
        make=lambda c: get_project_machine.asyncio(UUID, client=c.generated),
        answer=MACHINE,
    ),
    Call(
        operation="updateProjectMachine",
        make=lambda c: update_project_machine.asyncio(
            UUID, client=c.generated, body=wire.UpdateProjectMachineBody(type_="m", restart=True)
        ),
        answer=MACHINE,
    ),
    Call(
        operation="listMachineTypes",
        make=lambda c: list_machine_types.asyncio(client=c.generated),
        answer={"machineTypes": [{"id": "m", "vCpus": 2}]},
    ),
    Call(
        operation="listEnvironments",
        make=lambda c: list_environments.asyncio(client=c.generated),
        answer={"environments": [{"id": "e", "name": "Python 3.13", "language": "python"}]},
    ),
    Call(
        operation="listIntegrations",
        make=lambda c: list_integrations.asyncio(client=c.generated, types="snowflake", has_schema=True),
        answer={"integrations": [INTEGRATION]},
    ),
    Call(
        operation="getIntegration",
        make=lambda c: get_integration.asyncio(UUID, client=c.generated, schema_name="public"),
        answer={"integration": INTEGRATION},
    ),
    Call(
        operation="search",
        make=lambda c: search.asyncio(client=c.generated, q="revenue", types="projects,blocks"),
        answer={"results": {"projects": []}},
    ),
    Call(
        operation="createStreamlitApp",
        make=lambda c: create_streamlit_app.asyncio(
            client=c.generated, body=wire.CreateStreamlitAppBody(project_id=UUID, entrypoint="app.py")
        ),
        answer={"streamlitApp": {"id": "a", "url": "https://example.test"}},
        status=201,
    ),
)
