"""The catalogues, and how their texts are found in the code."""
