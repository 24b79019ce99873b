"""The addresses of the API with an object, for the tables of `test_reach`, which say what the columns mean."""

from __future__ import annotations

from typing import Final

API_OF_A_CUSTOMER: Final = {
    "api:customer": ("customer", "manager", "GET PUT PATCH"),
    "api:job": ("job", "manager", "GET"),
    **dict.fromkeys(("api:job_cancel", "api:job_undo"), ("job", "manager", "POST")),
    "api:contact_person": ("person", "manager", "GET PUT PATCH DELETE"),
    "api:customer_relation": ("relation", "manager", "GET PUT PATCH DELETE"),
    "api:customer_assignment": ("customer", "director", "GET POST"),
    **dict.fromkeys(("api:customer_lifecycle", "api:customer_score", "api:customer_relations"), ("customer", "manager", "GET POST")),
    **dict.fromkeys(("api:customer_level", "api:customer_level_end"), ("customer", "director", "POST")),
    "api:customer_sharing": ("customer", "manager", "GET POST"),
    "api:customer_sharing_end": ("customer", "manager", "POST"),
    **dict.fromkeys(("api:import_detail", "api:import_rows", "api:import_errors"), ("import", "manager", "GET")),
    **dict.fromkeys(
        tuple(f"api:import_{step}" for step in ("columns", "approve", "recheck", "cancel", "undo")), ("import", "manager", "POST")
    ),
    "api:task": ("task", "manager", "GET PUT PATCH"),
    **dict.fromkeys(("api:task_step", "api:task_hand"), ("task", "manager", "POST")),
    **dict.fromkeys(
        ("api:customer_people", "api:customer_timeline", "api:customer_hierarchy", "api:customer_file", "api:customer_members"),
        ("customer", "manager", "GET"),
    ),
    **dict.fromkeys(("api:customer_offers", "api:customer_subscriptions"), ("customer", "manager", "GET POST")),
    "api:offer": ("offer", "manager", "GET PUT PATCH"),
    **dict.fromkeys(("api:offer_submit", "api:offer_withdraw"), ("offer", "manager", "POST")),
    **dict.fromkeys(("api:offer_approve", "api:offer_return"), ("offer", "director", "POST")),
    "api:group_subscription": ("group_subscription", "manager", "GET"),
    "api:group_subscription_end": ("group_subscription", "manager", "POST"),
    "api:member": ("member", "manager", "GET PUT PATCH"),
    "api:member_subscriptions": ("member", "manager", "GET"),
    **dict.fromkeys(
        (
            *("api:provisioning_job_detail", "api:provisioning_job_rows", "api:provisioning_job_errors_csv"),
            "api:provisioning_job_errors_xlsx",
        ),
        ("job", "manager", "GET"),
    ),
    **dict.fromkeys(
        (
            *("api:provisioning_job_approve", "api:provisioning_job_recheck", "api:provisioning_job_cancel", "api:provisioning_job_pause"),
            *("api:provisioning_job_resume", "api:provisioning_job_undo"),
        ),
        ("job", "manager", "POST"),
    ),
    "api:customer_history": ("customer", "manager", "GET"),
    "api:customer_restore": ("customer", "manager", "POST"),
    "api:contact_person_history": ("person", "manager", "GET"),
    "api:contact_person_restore": ("person", "manager", "POST"),
    "api:duplicate": ("pair", "manager", "GET"),
    "api:duplicate_decision": ("pair", "manager", "POST"),
    "api:customer_merge": ("customer", "director", "POST"),
    **dict.fromkeys(("api:merge", "api:merge_history"), ("merge", "manager", "GET")),
    "api:merge_undo": ("merge", "director", "GET POST"),
    "api:hand_over": ("hand_over", "manager", "GET PATCH"),
    "api:hand_over_step": ("hand_over", "manager", "POST"),
    "api:hand_over_items": ("hand_over", "manager", "GET POST"),
    "api:hand_over_item": ("hand_over_item", "manager", "GET PATCH DELETE"),
    "api:hand_over_item_decision": ("hand_over_item", "manager", "POST"),
}

API_OF_THE_CATALOGUE: Final = {
    **{f"api:{kind}": (kind, "GET PUT PATCH") for kind in ("product", "tariff", "discount")},
    "api:product_tariffs": ("product", "GET POST"),
    "api:product_rules": ("product", "POST"),
    "api:product_rule": ("rule", "DELETE"),
    "api:tariff_prices": ("tariff", "POST"),
}
