"""Products, discounts, offers and group subscriptions over HTTP."""
