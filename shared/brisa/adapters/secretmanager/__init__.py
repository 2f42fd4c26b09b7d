"""Secrets in Google's Secret Manager. Google's libraries are imported when a client is made, not before."""

from brisa.adapters.secretmanager.client import connect
from brisa.adapters.secretmanager.secrets import SecretManagerSecrets

__all__ = ["SecretManagerSecrets", "connect"]
