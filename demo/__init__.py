"""The demo: what a newcomer sees of liftlock, and the machine set-up that it needs."""
