"""Group customers, the people in them, and who has owned them when."""
