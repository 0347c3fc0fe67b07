"""Shopping and orders."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import pools
from sample_data import texts as t
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

PRODUCT = t.any_of(pools.PRODUCTS)
ORDER = t.code("ORD", "PO", "SO")

SHOPPING = Domain(
    "shopping",
    (
        function(
            "search_products",
            "Searches the shop for products.",
            P("query", "str", "What to look for.", PRODUCT),
            P("max_price", "float, optional", "The highest price.", n.money(10, 900)),
            P(
                "in_stock",
                "bool, optional",
                "Whether it must be in stock.",
                t.switch(["in stock", "available now"], ["even if it is sold out", "in stock or not"]),
                "True",
            ),
            not_with=("compare_prices",),
            say="""
                Find me a {query} for less than {max_price}.
                Search for a {query}.
                Show me a {query} under {max_price}, {in_stock}.
                {query} up to {max_price}
                I'm looking for a {query}, {in_stock}.
                Do you sell a {query} that costs at most {max_price}?
                Look for a {query} under {max_price} and a {2:query} under {2:max_price}.
            """,
        ),
        function(
            "track_order",
            "Tracks an order.",
            P("order_id", "str", "The id of the order.", ORDER),
            not_with=("return_item",),
            say="""
                Where is my order {order_id}?
                Track {order_id}.
                When will {order_id} arrive?
                Order status {order_id}
                I'm still waiting for {order_id}. Where is it?
                Check the delivery of order {order_id}.
                Track {order_id} and {2:order_id}.
            """,
        ),
        function(
            "add_to_cart",
            "Puts a product into the shopping cart.",
            P("product", "str", "The product.", PRODUCT),
            P("quantity", "int, optional", "How many.", n.count(2, 9), default="1"),
            say="""
                Put {quantity} of the {product} in my cart.
                Add the {product} to my cart.
                {product}, {quantity} pieces, into the cart
                I'll take the {product}. Add {quantity} of them to the shopping cart.
                Add {quantity} units of the {product} to the cart.
                Please put the {product} in the shopping cart.
                Add the {product} and the {2:product} to my cart.
            """,
        ),
        function(
            "product_reviews",
            "Shows customer reviews of a product.",
            P("product", "str", "The product.", PRODUCT),
            P("min_rating", "int", "The lowest number of stars.", n.count(2, 5)),
            say="""
                Show reviews of the {product} with at least {min_rating} stars.
                What do people who gave {min_rating} stars or more say about the {product}?
                {product} reviews, {min_rating} stars and up
                I want to read reviews of the {product} rated {min_rating} or better.
                Get customer reviews for the {product}, minimum {min_rating} stars.
                Find {min_rating} star or better reviews of the {product}.
            """,
        ),
        function(
            "apply_coupon",
            "Applies a coupon code to the cart.",
            P(
                "code",
                "str",
                "The coupon code.",
                t.made(
                    lambda rng: (
                        f"{rng.choice(['SAVE', 'SPRING', 'HELLO', 'VIP', 'DEAL', 'SUN', 'BACK'])}{rng.randint(5, 99)}"
                    )
                ),
            ),
            say="""
                Use the coupon {code}.
                I have a coupon code: {code}
                Apply {code} to my cart.
                Coupon {code}
                Redeem the code {code} on my basket.
                Can I use {code} for my purchase?
            """,
        ),
        function(
            "find_store",
            "Finds a branch of the shop near a postal code.",
            P("postal_code", "str", "The postal code.", t.made(lambda rng: f"{rng.randint(10000, 99999)}")),
            P("radius_km", "int, optional", "How far to look, in kilometers.", n.whole(2, 50), 10),
            say="""
                Where is the nearest store to {postal_code}?
                Find a shop within {radius_km} km of {postal_code}.
                Stores near {postal_code}
                I live in {postal_code}. Is there a branch within {radius_km} kilometers?
                Look up stores around the postal code {postal_code}.
                Show shops {radius_km} km around {postal_code}.
            """,
        ),
        function(
            "gift_card_balance",
            "Checks the balance of a gift card.",
            P("card_code", "str", "The code of the card.", t.code("GIFT", "GC")),
            say="""
                How much is left on my gift card {card_code}?
                Check gift card {card_code}.
                Gift card balance {card_code}
                My gift card is {card_code}. What's the balance?
                Tell me what the gift card {card_code} is still worth.
                Is there any money left on {card_code}, my gift card?
                How much is left on the gift cards {card_code} and {2:card_code}?
            """,
        ),
        function(
            "return_item",
            "Starts the return of an order.",
            P("order_id", "str", "The id of the order.", ORDER),
            P(
                "reason",
                "str",
                "One of 'damaged', 'late', 'wrong item' or 'unwanted'.",
                t.choice("damaged", "late", "wrong item", "unwanted"),
            ),
            held_out=True,
            say="""
                I want to return order {order_id}, reason: {reason}.
                Return {order_id}. Reason: {reason}
                Start a return for {order_id} with the reason {reason}.
                Send {order_id} back as {reason}.
                Please take back {order_id}. The reason is {reason}.
                return {order_id} ({reason})
            """,
        ),
        function(
            "compare_prices",
            "Compares the prices of a product at several shops.",
            P("product", "str", "The product.", PRODUCT),
            P("shops", "List[str]", "The shops to compare.", t.several_made(t.COMPANY)),
            held_out=True,
            say="""
                Compare the price of a {product} at {shops}.
                Which is cheapest for a {product}: {shops}?
                Where do I get a {product} for less, among {shops}?
                Price comparison for {product}: {shops}
                Check what a {product} costs at {shops}.
                I want to buy a {product}. Compare {shops}.
            """,
        ),
        function(
            "notify_when_available",
            "Tells a customer when a product is available again.",
            P("product", "str", "The product.", PRODUCT),
            P("email", "str", "The e-mail address to notify.", t.EMAIL),
            held_out=True,
            say="""
                Tell {email} when the {product} is available again.
                Notify {email} once the {product} is back.
                The {product} is sold out. Write to {email} when it's back.
                {product} back in stock: notify {email}
                Let me know at {email} when you have the {product} again.
                I'd like a note to {email} as soon as the {product} returns.
            """,
        ),
    ),
)
