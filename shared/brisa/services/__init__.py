"""What brisa does: load → engine → commit → dispatch. No SDK and no HTTP here; adapters come in from outside."""
