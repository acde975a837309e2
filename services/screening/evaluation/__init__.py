"""How good the rules are: labelled texts held against them, and the figures of it. Pure; commands read files."""
