"""A stand-in for Terraform's google provider: the real one's schema, and no cloud behind it."""
