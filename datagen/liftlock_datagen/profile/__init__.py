"""The shape of a database as figures: read from the statistics that PostgreSQL keeps anyway, coarse enough to be shown to anybody."""
