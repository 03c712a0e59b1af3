"""A client library for accessing JetBrains Datalore Run API"""

from .client import AuthenticatedClient, Client

__all__ = (
    "AuthenticatedClient",
    "Client",
)
