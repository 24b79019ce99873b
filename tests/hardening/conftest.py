"""What the tests of the API have at hand serves here too."""

from tests.api.conftest import _store, api, api_of, checked, customer, tariff, wanted

__all__ = ["_store", "api", "api_of", "checked", "customer", "tariff", "wanted"]
