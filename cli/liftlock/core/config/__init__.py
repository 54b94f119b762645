"""Configuration as a pure matter: documents with positions, their merge, what it means and where each value comes from.

Reading files is not done here: text comes in, trees, problems and typed values go out.
"""
