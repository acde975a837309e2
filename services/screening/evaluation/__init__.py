"""How good the rules are: labelled texts held against them. Pure; commands read the files."""
