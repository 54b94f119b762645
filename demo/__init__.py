"""The demo: liftlock's main job as a user would type it, on real parts, each command printed before it runs.

`python -m demo` needs what `make images` makes. With DEMO_CHECK=1 it is a test: what a command prints and how it ends is checked.
"""
