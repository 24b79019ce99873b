"""How figures are written, where Django's own formats differ from the pages."""
