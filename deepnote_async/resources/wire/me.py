"""The owner of a token."""

from __future__ import annotations

from deepnote_async.models import Me, Workspace
from deepnote_async.resources.wire.values import given
from deepnote_async_api import models as wire


def me_record(me: wire.Me) -> Me:
    """Wrap the owner of a token."""
    workspace = me.workspace
    return Me(
        access_level=me.access_level.value,
        workspace=Workspace(
            id=workspace.id,
            name=given(workspace.name),
            slug=given(workspace.slug),
            extra=workspace.additional_properties,
        ),
        user=me.user.additional_properties,
        api_key=me.api_key.additional_properties,
        extra=me.additional_properties,
    )
