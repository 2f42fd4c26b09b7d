"""The ports' adapters: one folder for each technology."""
