"""The version of brisa, in the one place that the build, the command line and the API read it from."""

__version__ = "0.1.0"
