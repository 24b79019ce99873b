"""Products, tariffs, offers and discounts made for one customer, group subscriptions."""
