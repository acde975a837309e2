"""What is done about what happened: one folder for each stage, and the runtime that they share."""
