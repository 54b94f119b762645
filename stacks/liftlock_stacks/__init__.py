"""The environment as a Pulumi program: inputs as pure data, a component for each part. Runs under any engine, with or without liftlock."""
