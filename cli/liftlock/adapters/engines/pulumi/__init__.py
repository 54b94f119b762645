"""The Engine port on the real Pulumi CLI, through Pulumi's Automation API. Nothing here is loaded unless that engine is chosen."""
