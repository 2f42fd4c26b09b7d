"""Google groups, asked of the Cloud Identity API."""

from brisa.adapters.cloudidentity.groups import CloudIdentityGroups, connect

__all__ = ["CloudIdentityGroups", "connect"]
