"""Figures in Chinese: grouped by threes, as operators' reports and bills write them. Django's own format groups by nothing."""

THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
