"""What values are made of: keyed bits per row number, and text without a Python object per value."""
