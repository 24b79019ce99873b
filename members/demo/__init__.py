"""An invented operator with customers, catalogue and number lists, to try the product, to test it and to measure it.

Everything follows from the seed, the two sizes and today's date: the same three give the same rows, on any machine, within one day. Places,
firms and people are made up; people's names are chance combinations of common surnames and given-name characters.
"""
