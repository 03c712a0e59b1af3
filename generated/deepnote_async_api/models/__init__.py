"""Contains all the data models used in inputs/outputs"""

from .access_level import AccessLevel
from .block import Block
from .block_metadata_type_0 import BlockMetadataType0
from .block_placement import BlockPlacement
from .block_placement_type import BlockPlacementType
from .block_version import BlockVersion
from .copy_file_body import CopyFileBody
from .create_block_body import CreateBlockBody
from .create_block_body_metadata import CreateBlockBodyMetadata
from .create_block_response import CreateBlockResponse
from .create_notebook_body import CreateNotebookBody
from .create_notebook_response import CreateNotebookResponse
from .create_project_body import CreateProjectBody
from .create_project_response import CreateProjectResponse
from .create_run_body import CreateRunBody
from .create_run_response import CreateRunResponse
from .create_session_body import CreateSessionBody
from .create_session_response import CreateSessionResponse
from .create_session_run_body import CreateSessionRunBody
from .create_session_run_response import CreateSessionRunResponse
from .create_streamlit_app_body import CreateStreamlitAppBody
from .create_streamlit_app_response import CreateStreamlitAppResponse
from .cursor_pagination import CursorPagination
from .environment import Environment
from .error_response import ErrorResponse
from .execute_session_body import ExecuteSessionBody
from .execute_session_response import ExecuteSessionResponse
from .file_reference import FileReference
from .folder import Folder
from .folder_path_item import FolderPathItem
from .get_block_response import GetBlockResponse
from .get_integration_response import GetIntegrationResponse
from .get_notebook_response import GetNotebookResponse
from .get_project_response import GetProjectResponse
from .get_run_response import GetRunResponse
from .get_session_status_response import GetSessionStatusResponse
from .import_project_response import ImportProjectResponse
from .imported_notebook import ImportedNotebook
from .imported_notebook_action import ImportedNotebookAction
from .imported_project import ImportedProject
from .integration import Integration
from .integration_metadata import IntegrationMetadata
from .interrupt_session_body import InterruptSessionBody
from .interrupt_session_response import InterruptSessionResponse
from .jupyter_output import JupyterOutput
from .list_environments_response import ListEnvironmentsResponse
from .list_integrations_response import ListIntegrationsResponse
from .list_machine_types_response import ListMachineTypesResponse
from .list_notebook_run import ListNotebookRun
from .list_notebook_runs_response import ListNotebookRunsResponse
from .list_projects_response import ListProjectsResponse
from .machine_type import MachineType
from .me import Me
from .me_api_key import MeApiKey
from .me_user import MeUser
from .me_workspace import MeWorkspace
from .notebook import Notebook
from .notebook_block import NotebookBlock
from .notebook_detail import NotebookDetail
from .notebook_input import NotebookInput
from .project import Project
from .project_detail import ProjectDetail
from .project_detail_integrations_item import ProjectDetailIntegrationsItem
from .project_file import ProjectFile
from .project_machine import ProjectMachine
from .project_machine_response import ProjectMachineResponse
from .project_machine_status import ProjectMachineStatus
from .project_notebook import ProjectNotebook
from .project_type import ProjectType
from .reorder_blocks_body import ReorderBlocksBody
from .reorder_blocks_response import ReorderBlocksResponse
from .run import Run
from .run_inputs import RunInputs
from .run_status import RunStatus
from .schedule import Schedule
from .search_response import SearchResponse
from .search_response_results import SearchResponseResults
from .session import Session
from .session_kernel_state import SessionKernelState
from .session_run import SessionRun
from .snapshot_block import SnapshotBlock
from .snapshot_block_metadata import SnapshotBlockMetadata
from .snapshot_delivery import SnapshotDelivery
from .snapshot_status import SnapshotStatus
from .static_files import StaticFiles
from .storage_mode import StorageMode
from .streamlit_app import StreamlitApp
from .update_block_body import UpdateBlockBody
from .update_block_response import UpdateBlockResponse
from .update_notebook_body import UpdateNotebookBody
from .update_notebook_response import UpdateNotebookResponse
from .update_project_body import UpdateProjectBody
from .update_project_machine_body import UpdateProjectMachineBody
from .upload_file_body import UploadFileBody
from .upload_file_response import UploadFileResponse
from .upsert_schedule_body import UpsertScheduleBody
from .upsert_schedule_response import UpsertScheduleResponse

__all__ = (
    "AccessLevel",
    "Block",
    "BlockMetadataType0",
    "BlockPlacement",
    "BlockPlacementType",
    "BlockVersion",
    "CopyFileBody",
    "CreateBlockBody",
    "CreateBlockBodyMetadata",
    "CreateBlockResponse",
    "CreateNotebookBody",
    "CreateNotebookResponse",
    "CreateProjectBody",
    "CreateProjectResponse",
    "CreateRunBody",
    "CreateRunResponse",
    "CreateSessionBody",
    "CreateSessionResponse",
    "CreateSessionRunBody",
    "CreateSessionRunResponse",
    "CreateStreamlitAppBody",
    "CreateStreamlitAppResponse",
    "CursorPagination",
    "Environment",
    "ErrorResponse",
    "ExecuteSessionBody",
    "ExecuteSessionResponse",
    "FileReference",
    "Folder",
    "FolderPathItem",
    "GetBlockResponse",
    "GetIntegrationResponse",
    "GetNotebookResponse",
    "GetProjectResponse",
    "GetRunResponse",
    "GetSessionStatusResponse",
    "ImportedNotebook",
    "ImportedNotebookAction",
    "ImportedProject",
    "ImportProjectResponse",
    "Integration",
    "IntegrationMetadata",
    "InterruptSessionBody",
    "InterruptSessionResponse",
    "JupyterOutput",
    "ListEnvironmentsResponse",
    "ListIntegrationsResponse",
    "ListMachineTypesResponse",
    "ListNotebookRun",
    "ListNotebookRunsResponse",
    "ListProjectsResponse",
    "MachineType",
    "Me",
    "MeApiKey",
    "MeUser",
    "MeWorkspace",
    "Notebook",
    "NotebookBlock",
    "NotebookDetail",
    "NotebookInput",
    "Project",
    "ProjectDetail",
    "ProjectDetailIntegrationsItem",
    "ProjectFile",
    "ProjectMachine",
    "ProjectMachineResponse",
    "ProjectMachineStatus",
    "ProjectNotebook",
    "ProjectType",
    "ReorderBlocksBody",
    "ReorderBlocksResponse",
    "Run",
    "RunInputs",
    "RunStatus",
    "Schedule",
    "SearchResponse",
    "SearchResponseResults",
    "Session",
    "SessionKernelState",
    "SessionRun",
    "SnapshotBlock",
    "SnapshotBlockMetadata",
    "SnapshotDelivery",
    "SnapshotStatus",
    "StaticFiles",
    "StorageMode",
    "StreamlitApp",
    "UpdateBlockBody",
    "UpdateBlockResponse",
    "UpdateNotebookBody",
    "UpdateNotebookResponse",
    "UpdateProjectBody",
    "UpdateProjectMachineBody",
    "UploadFileBody",
    "UploadFileResponse",
    "UpsertScheduleBody",
    "UpsertScheduleResponse",
)
