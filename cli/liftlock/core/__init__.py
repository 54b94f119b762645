"""The pure heart: data types and decisions. Nothing here reads a clock, an environment, a file or a socket."""
