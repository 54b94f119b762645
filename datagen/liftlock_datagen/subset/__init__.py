"""A part of a database that is whole in itself: chosen rows, all that they refer to, and what belongs to them."""
