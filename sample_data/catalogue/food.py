"""Food and drink: recipes, restaurants, groceries."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import pools
from sample_data import texts as t
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

DISH = t.any_of(pools.DISHES)
DIET = t.choice("vegan", "vegetarian", "keto", "paleo")
CUISINE = t.any_of(
    "Italian Thai Mexican Indian Japanese Greek Korean Turkish Spanish Ethiopian Lebanese Vietnamese Peruvian".split()
)
RESTAURANT = t.made(
    lambda rng: f"The {rng.choice(pools.ADJECTIVES).capitalize()} {rng.choice(pools.NOUNS).capitalize()}"
)

FOOD = Domain(
    "food",
    (
        function(
            "search_recipes",
            "Finds recipes that use given ingredients.",
            P("ingredients", "List[str]", "The ingredients.", t.several(pools.FOODS)),
            P("max_minutes", "int, optional", "The longest cooking time in minutes.", n.minutes(15, 90, 5), 60),
            say="""
                What can I cook with {ingredients}?
                Find recipes with {ingredients} that take at most {max_minutes}.
                I have {ingredients}. What should I make?
                Recipes: {ingredients}, under {max_minutes}
                Search for a recipe using {ingredients} that is done in {max_minutes}.
                Give me recipe ideas for {ingredients}.
            """,
        ),
        function(
            "order_pizza",
            "Orders a pizza.",
            P("size", "str", "One of 'small', 'medium' or 'large'.", t.choice("small", "medium", "large")),
            P(
                "toppings",
                "List[str]",
                "The toppings.",
                t.several(
                    [
                        "mushrooms",
                        "olives",
                        "onions",
                        "peppers",
                        "spinach",
                        "salami",
                        "ham",
                        "tuna",
                        "corn",
                        "basil",
                        "garlic",
                        "feta",
                    ]
                ),
            ),
            say="""
                Order a {size} pizza with {toppings}.
                I'd like a {size} pizza topped with {toppings}.
                One {size} pizza, {toppings}
                Get me a pizza, {size}, with {toppings}.
                Can I have a {size} pizza with {toppings}?
                Pizza time! Make it {size} with {toppings}.
                Order a {size} pizza with {toppings} and a {2:size} one with {2:toppings}.
            """,
        ),
        function(
            "nutrition_facts",
            "Gets the nutrition facts of a food.",
            P("food", "str", "The food.", t.any_of(pools.FOODS)),
            P("grams", "int, optional", "The amount in grams.", n.whole(50, 500, 10), 100),
            say="""
                How many calories are in {grams} grams of {food}?
                What are the nutrition facts for {food}?
                Nutrition of {grams} g {food}
                Are {food} healthy? Show me the nutrition facts.
                I ate {grams} grams of {food}. What's in that?
                Look up the nutrients in {grams} grams of {food}.
                Nutrition facts for {food} and for {2:food}?
            """,
        ),
        function(
            "book_table",
            "Books a table at a restaurant.",
            P("restaurant", "str", "The name of the restaurant.", RESTAURANT),
            P("people", "int", "The number of people.", n.count(2, 12)),
            P("time", "str", "When, as said by the user.", t.MOMENT),
            say="""
                Book a table for {people} at {restaurant} {time}.
                Reserve a table at {restaurant} for {people} people {time}.
                We are {people} and want to eat at {restaurant} {time}.
                Table at {restaurant}, {time}, {people} people
                I'd like to reserve {time} at {restaurant} for {people}.
                Get us a table for {people} {time} at {restaurant}.
            """,
        ),
        function(
            "scale_recipe",
            "Adapts a recipe to a number of servings.",
            P("recipe", "str", "The name of the dish.", DISH),
            P("servings", "int", "The number of servings.", n.count(2, 12)),
            say="""
                Scale the {recipe} recipe to {servings} servings.
                How much of everything do I need for {recipe} for {servings} people?
                {recipe} for {servings}, please adapt the recipe
                I'm making {recipe} for {servings} guests. Adapt the recipe.
                Change my {recipe} recipe so that it serves {servings}.
                Convert the recipe for {recipe} to {servings} portions.
            """,
        ),
        function(
            "add_groceries",
            "Adds items with their quantities to the grocery list.",
            P("items", "Dict[str, int]", "The items and how many of each.", t.quantities(pools.PIECES)),
            not_with=("add_task", "add_to_cart"),
            say="""
                Put {items} on the grocery list.
                Add {items} to my groceries.
                We need {items}. Add that to the list.
                Grocery list: {items}
                I have to buy {items}. Write it on the grocery list.
                Could you add {items} to the shopping list for groceries?
            """,
        ),
        function(
            "food_delivery_status",
            "Shows where a food delivery is.",
            P("order_number", "int", "The number of the order.", n.whole(1000, 9999)),
            not_with=("track_order",),
            say="""
                Where's my food? The order number is {order_number}.
                Food order {order_number} status
                When will my meal arrive? It's order {order_number}.
                Check on the delivery of my food, order {order_number}.
                I ordered dinner, number {order_number}. Is it on its way?
                Look up food delivery {order_number}.
            """,
        ),
        function(
            "find_restaurants",
            "Finds restaurants in a city by cuisine.",
            P("cuisine", "str", "The cuisine.", CUISINE),
            P("city", "str", "The city.", t.CITY),
            P(
                "open_now",
                "bool, optional",
                "Whether it must be open now.",
                t.switch(["open now", "open at the moment"], ["whether open or not", "even if closed now"]),
                False,
            ),
            held_out=True,
            say="""
                Where can I eat {cuisine} food in {city}?
                Find {cuisine} restaurants in {city}.
                {cuisine} restaurants in {city}, {open_now}
                Show me {cuisine} places to eat in {city}, {open_now}.
                I'm in {city} and craving {cuisine} food. Any restaurants?
                Recommend somewhere to eat {cuisine} food in {city}.
                Find {cuisine} restaurants in {city} and {2:cuisine} ones in {2:city}.
            """,
        ),
        function(
            "plan_meals",
            "Makes a meal plan for some days.",
            P("days", "int", "The number of days.", n.days(2, 10)),
            P("diet", "str", "One of 'vegan', 'vegetarian', 'keto' or 'paleo'.", DIET),
            held_out=True,
            say="""
                Make me a {diet} meal plan for {days}.
                Plan {diet} meals for {days}.
                I want to eat {diet} for {days}. Plan my meals.
                Meal plan: {days}, {diet}
                What should I eat for the next {days} on a {diet} diet?
                Create a meal plan for {days} that is {diet}.
            """,
        ),
        function(
            "pair_wine",
            "Suggests a wine for a dish.",
            P("dish", "str", "The dish.", DISH),
            held_out=True,
            say="""
                Which wine goes with {dish}?
                Suggest a wine for {dish}.
                I'm serving {dish}. What wine should I open?
                Wine for {dish}
                Find a good wine to drink with {dish}.
                Tell me what wine fits {dish}.
                Which wine goes with {dish}, and which with {2:dish}?
            """,
        ),
    ),
)
