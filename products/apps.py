"""The products app's registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProductsConfig(AppConfig):
    """Registers the app with Django, its pages with the navigation, and what it shows on the home page and the customer page."""

    name = "products"
    verbose_name = _("products")

    def ready(self) -> None:
        """Register pages, panel and cards."""
        from common.lists.registry import register_list
        from common.navigation import NavigationGroup, NavigationItem, register
        from common.panels import register_card, register_fact, register_panel
        from customers.merge_rules import MergeRule, register_rules
        from products.cards import expiring_offers, next_expiry, register_figures, waiting_offers
        from products.dossier import register_sections
        from products.histories import register_histories
        from products.open_work import register_offer_work
        from products.palette import register_search_parts
        from products.roll_ups import register_roll_ups
        from products.tables import CustomerOfferList, DiscountList, OfferList, ProductList, ProductOfferList
        from products.timeline import register_timeline

        register_list(ProductList, DiscountList, OfferList, CustomerOfferList, ProductOfferList)
        register_histories()
        register_rules(MergeRule("products.Offer", "customer_id"), MergeRule("products.GroupSubscription", "customer_id"))
        register_figures()
        register_search_parts()
        register_timeline()
        register_roll_ups()
        register_offer_work()
        register_sections()
        register(NavigationItem(NavigationGroup.BUSINESS, _("Offers"), "products:offer_list", "file-percent", module="products", order=10))
        register(NavigationItem(NavigationGroup.BUSINESS, _("Products"), "products:product_list", "package", module="products", order=20))
        register(
            NavigationItem(NavigationGroup.BUSINESS, _("Discounts"), "products:discount_list", "discount", module="products", order=30)
        )
        register_panel(
            slot="customer", key="products", title=_("Products and offers"), url_name="products:customer_panel", module="products", order=40
        )
        register_fact(slot="customer", key="expiry", label=_("Next expiry"), value=next_expiry, module="products", order=30)
        register_card(
            slot="home",
            key="waiting_offers",
            title=_("Offers waiting for your approval"),
            template="products/partials/_waiting_card.html",
            context=waiting_offers,
            module="products",
            order=20,
        )
        register_card(
            slot="home",
            key="expiring_offers",
            title=_("Expiring offers"),
            template="products/partials/_expiring_card.html",
            context=expiring_offers,
            module="products",
            order=30,
            url_name="products:offer_list",
        )
