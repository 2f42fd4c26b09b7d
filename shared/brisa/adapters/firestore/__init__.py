"""The state store in Firestore. Google's libraries are imported when a store is first used."""

from brisa.adapters.firestore.store import FirestoreStore

__all__ = ["FirestoreStore"]
