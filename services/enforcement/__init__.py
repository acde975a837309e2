"""The stage `enforcement`: decides about one entity at a time, and writes down what was decided."""
