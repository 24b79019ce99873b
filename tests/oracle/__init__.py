"""What the product shall do, said a second time in plain Python, to compare with."""
