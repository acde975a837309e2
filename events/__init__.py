"""What happened: the contracts of everything that crosses a topic. No behaviour, no IO."""
