"""What data/<database>.yaml says: the classification of every column and what happens to its values."""
