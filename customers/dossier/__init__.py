"""The whole file of a customer, for paper: sections that apps register, as far as a person may take each out."""

from customers.dossier.reading import dossier_of
from customers.dossier.registry import DossierSection, register_section

__all__ = ["DossierSection", "dossier_of", "register_section"]
