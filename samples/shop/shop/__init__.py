"""The sample shop: what liftlock deploys in its demo and its tests. It imports nothing of liftlock."""
