"""Words the samplers draw from. Large on purpose: a model cannot learn the answers by heart."""

from __future__ import annotations


def _lines(text: str) -> list[str]:
    return [item.strip() for item in text.replace("\n", ",").split(",") if item.strip()]


CITIES = _lines("""
    Paris, Rome, Lisbon, Madrid, Berlin, Vienna, Prague, Oslo, Helsinki, Dublin, Athens, Zurich, Geneva, Brussels
    Copenhagen, Stockholm, Warsaw, Budapest, Bucharest, Sofia, Zagreb, Tallinn, Riga, Vilnius, Porto, Seville
    Valencia, Bilbao, Lyon, Marseille, Nice, Bordeaux, Toulouse, Hamburg, Munich, Cologne, Leipzig, Dresden
    Stuttgart, Milan, Turin, Naples, Florence, Bologna, Palermo, Krakow, Gdansk, Brno, Graz, Salzburg, Antwerp
    Ghent, Rotterdam, Utrecht, Bergen, Malmo, Aarhus, Reykjavik, Edinburgh, Glasgow, Bristol, Leeds, Cardiff
    Belfast, Cork, Galway, London, Manchester, Liverpool, Boston, Chicago, Denver, Seattle, Portland, Austin, Dallas
    Houston, Phoenix, Atlanta, Miami, Tampa, Orlando, Detroit, Cleveland, Pittsburgh, Philadelphia, Baltimore
    Nashville, Memphis, Minneapolis, Milwaukee, Omaha, Tucson, Sacramento, San Diego, San Francisco, Los Angeles
    New York, New Orleans, Salt Lake City, Las Vegas, Kansas City, Honolulu, Anchorage, Toronto, Montreal, Vancouver
    Calgary, Ottawa, Winnipeg, Halifax, Quebec City, Mexico City, Guadalajara, Monterrey, Havana, San Juan, Bogota
    Medellin, Quito, Lima, Cusco, La Paz, Santiago, Buenos Aires, Cordoba, Montevideo, Sao Paulo, Rio de Janeiro
    Salvador, Recife, Brasilia, Caracas, Tokyo, Osaka, Kyoto, Sapporo, Nagoya, Fukuoka, Seoul, Busan, Beijing
    Shanghai, Shenzhen, Chengdu, Hong Kong, Taipei, Bangkok, Chiang Mai, Hanoi, Da Nang, Singapore, Kuala Lumpur
    Jakarta, Bandung, Manila, Cebu, Delhi, Mumbai, Bangalore, Chennai, Kolkata, Jaipur, Pune, Kathmandu, Dhaka
    Colombo, Karachi, Lahore, Dubai, Abu Dhabi, Doha, Muscat, Riyadh, Amman, Beirut, Tel Aviv, Istanbul, Ankara
    Izmir, Tbilisi, Yerevan, Baku, Almaty, Tashkent, Cairo, Alexandria, Tunis, Marrakesh, Casablanca, Fez, Dakar
    Accra, Lagos, Abuja, Nairobi, Mombasa, Kampala, Kigali, Addis Ababa, Lusaka, Harare, Maputo, Cape Town, Durban
    Johannesburg, Windhoek, Sydney, Melbourne, Brisbane, Perth, Adelaide, Hobart, Darwin, Canberra, Auckland
    Wellington, Christchurch, Queenstown, Dunedin, Suva
""")

COUNTRIES = _lines("""
    Argentina, Australia, Austria, Belgium, Bolivia, Brazil, Bulgaria, Cambodia, Canada, Chile, China, Colombia
    Croatia, Cuba, Cyprus, Denmark, Ecuador, Egypt, Estonia, Ethiopia, Fiji, Finland, France, Georgia, Germany
    Ghana, Greece, Hungary, Iceland, India, Indonesia, Ireland, Israel, Italy, Jamaica, Japan, Jordan, Kenya, Latvia
    Lithuania, Malaysia, Malta, Mexico, Mongolia, Morocco, Nepal, New Zealand, Nigeria, Norway, Oman, Panama, Peru
    Poland, Portugal, Qatar, Romania, Rwanda, Senegal, Serbia, Slovakia, Slovenia, South Africa, South Korea, Spain
    Sri Lanka, Sweden, Switzerland, Tanzania, Thailand, Tunisia, Turkey, Uganda, Ukraine, Uruguay, Vietnam, Zambia
""")

FIRST_NAMES = _lines("""
    Ada, Aisha, Alan, Alice, Amara, Amir, Anika, Anna, Anton, Arjun, Astrid, Ben, Bianca, Boris, Bruno, Camille
    Carlos, Carmen, Cecilia, Chen, Chloe, Clara, Daniel, Daria, David, Deepa, Diego, Dmitri, Edith, Elena, Elif, Eli
    Emeka, Emil, Emma, Erik, Esther, Eva, Fatima, Felix, Fiona, Florian, Frida, Gabriel, George, Gita, Grace, Greta
    Hana, Harry, Hassan, Helen, Hugo, Ida, Igor, Ines, Ingrid, Isabel, Ivan, Jack, Jamal, Jana, Javier, Jin, Joana
    Jonas, Julia, Kai, Karim, Karla, Kenji, Kofi, Lara, Lars, Laura, Layla, Leo, Lena, Liam, Lina, Luca, Lucia
    Magnus, Maja, Marco, Maria, Marta, Mateo, Maya, Mei, Mia, Miguel, Mila, Mina, Nadia, Naomi, Nikhil, Nina, Noah
    Nora, Oscar, Olga, Olivia, Omar, Otto, Pablo, Paula, Pedro, Petra, Priya, Quentin, Rafael, Ravi, Rosa, Ruth
    Samir, Sara, Selma, Simon, Sofia, Sven, Tara, Tariq, Theo, Tomas, Uma, Vera, Viktor, Wanda, Wei, Yara, Yuki
    Yusuf, Zara, Zoe
""")

LAST_NAMES = _lines("""
    Abbott, Adeyemi, Ahmed, Almeida, Andersen, Bauer, Becker, Bennett, Bianchi, Bjork, Bonnet, Carter, Castillo
    Chen, Conti, Costa, Dahl, Diaz, Dubois, Eriksen, Farah, Ferrari, Fischer, Fontaine, Garcia, Gupta, Haas, Hansen
    Hoffman, Ibrahim, Ito, Jansen, Jensen, Joshi, Kaya, Keller, Khan, Kim, Kovacs, Kowalski, Kumar, Larsen, Laurent
    Lopez, Lund, Mancini, Marsh, Meyer, Mori, Morris, Mwangi, Nakamura, Navarro, Nguyen, Novak, Nowak, Obi, Okafor
    Olsen, Ortiz, Park, Patel, Pereira, Petrov, Quinn, Ramos, Rossi, Ruiz, Sato, Schmidt, Sharma, Silva, Singh
    Sokolov, Suzuki, Tanaka, Torres, Turner, Vargas, Vogel, Wagner, Walsh, Weber, Wong, Yilmaz, Young, Zhang, Zimmer
""")

TICKERS = _lines("""
    AAPL, MSFT, GOOGL, AMZN, NVDA, META, TSLA, NFLX, INTC, AMD, ORCL, IBM, CSCO, ADBE, CRM, QCOM, TXN, HPE, DELL
    UBER, SHOP, PYPL, SQ, DIS, NKE, SBUX, MCD, KO, PEP, WMT, COST, TGT, HD, LOW, JPM, BAC, GS, MS, V, MA, AXP, PFE
    MRK, JNJ, ABBV, UNH, BA, CAT, DE, GE, MMM, HON, F, GM, XOM, CVX, BP, SHEL, T, VZ, SAP, ASML, TSM, SONY, BABA
    NIO
""")

COMPANY_HEADS = _lines("""
    Alder, Apex, Arbor, Aurora, Beacon, Birch, Blue Ridge, Bright, Canyon, Cedar, Cobalt, Comet, Copper, Coral
    Crescent, Delta, Ember, Falcon, Fern, Granite, Harbor, Hazel, Horizon, Iris, Juniper, Keystone, Lantern, Lumen
    Maple, Meridian, Nimbus, North Star, Oak, Orchid, Pacific, Pine, Quartz, Raven, Ridge, River, Sable, Silver
    Summit, Terra, Vertex, Violet, Willow, Zephyr
""")
COMPANY_TAILS = _lines("""
    Labs, Systems, Foods, Motors, Energy, Robotics, Pharma, Bank, Software, Airlines, Textiles, Media, Logistics
    Mining, Health, Networks, Studios, Insurance
""")

ADJECTIVES = _lines("""
    amber, ancient, bitter, blue, bold, bright, broken, calm, clever, cold, crimson, crooked, curious, dark, distant
    early, electric, empty, endless, faded, fading, fearless, final, first, foggy, forgotten, fragile, frozen
    gentle, golden, green, hidden, hollow, honest, humble, icy, kind, last, late, little, lonely, long, lost, loud
    lucky, mellow, midnight, misty, modern, narrow, new, noble, old, open, pale, patient, proud, quick, quiet, rapid
    red, restless, rusty, sacred, secret, shining, silent, silver, simple, sleepy, slow, small, soft, solar, stolen
    strange, sudden, sweet, tall, tender, thirsty, tiny, twisted, velvet, violet, warm, wandering, wild, wise
    wooden, yellow, young
""")
NOUNS = _lines("""
    anchor, apple, arrow, bell, bird, boat, bone, book, bridge, candle, canyon, castle, cave, city, clock, cloud
    coast, comet, crown, desert, door, dream, drum, echo, eagle, engine, feather, fence, field, fire, flower, forest
    fountain, fox, garden, ghost, glass, harbor, heart, hill, horizon, horse, hour, house, island, journey, key
    kingdom, kite, ladder, lake, lamp, lantern, leaf, letter, light, lion, machine, map, meadow, mirror, moon
    morning, mountain, night, ocean, orchard, owl, painter, paper, path, pearl, piano, planet, pond, rain, ring
    river, road, rocket, room, rose, sailor, sea, shadow, ship, shore, sky, song, sparrow, spring, star, station
    stone, storm, stranger, street, summer, sun, teacher, thread, thunder, tide, tower, train, tree, valley, village
    voice, wall, water, whale, wheel, wind, window, winter, wolf, world
""")

FOODS = _lines("""
    apples, bananas, carrots, tomatoes, onions, garlic, spinach, broccoli, mushrooms, potatoes, peppers, zucchini
    rice, pasta, bread, butter, cheese, milk, eggs, yogurt, chicken, beef, salmon, tuna, shrimp, tofu, lentils
    chickpeas, beans, corn, peas, celery, cucumber, lettuce, kale, cabbage, pumpkin, eggplant, avocado, lemons
    limes, oranges, pears, peaches, cherries, strawberries, blueberries, grapes, mangoes, pineapple, coconut
    walnuts, almonds, honey, flour, sugar, oats, quinoa, couscous, noodles, olives, basil, ginger, coffee, tea
""")
# Foods that come by the piece.
PIECES = _lines("""
    apples, bananas, carrots, tomatoes, onions, potatoes, peppers, eggs, lemons, limes, oranges, pears, peaches, mangoes
    avocados, cucumbers, mushrooms, bagels, muffins, yogurts, bottles of milk, bags of rice, loaves of bread
    cans of beans, jars of honey, boxes of tea, packs of butter, bags of flour
""")
DISHES = _lines("""
    lasagna, mushroom risotto, chicken curry, beef stew, fish tacos, pad thai, lentil soup, tomato soup, ramen
    paella, ratatouille, shakshuka, falafel, moussaka, goulash, pierogi, gnocchi, pumpkin pie, apple crumble
    banana bread, pancakes, waffles, vegetable stir fry, chili con carne, onion soup, roast lamb, grilled salmon
    shepherd's pie, chicken biryani, dal makhani, bibimbap, beef bourguignon, seafood chowder, spinach quiche
    carrot cake, minestrone, fried rice, meatballs, steak frites, duck confit, lemon tart, cheesecake, tiramisu
    brownies, gazpacho
""")
PRODUCTS = _lines("""
    wireless mouse, mechanical keyboard, desk lamp, office chair, standing desk, coffee grinder, electric kettle
    toaster, blender, rice cooker, air fryer, vacuum cleaner, yoga mat, hiking boots
    rain jacket, winter coat, backpack, suitcase, sleeping bag, camping stove, water bottle, headphones
    bluetooth speaker, webcam, monitor, laptop stand, phone case, power bank, usb hub, memory card, tripod
    camera bag, wool scarf, leather belt, notebook, fountain pen, board game, jigsaw puzzle, garden hose
    bike helmet, bike pump, tool box, cordless drill, step ladder, picture frame, wall clock, bath towel, pillow
    duvet, cutting board, frying pan, chef knife, baking tray, thermos, lunch box, umbrella, robot vacuum
    smart plug, tent, kayak, skateboard
""")
CURRENCIES = _lines("""
    USD, EUR, GBP, JPY, CHF, CAD, AUD, NZD, SEK, NOK, DKK, PLN, CZK, INR, BRL, MXN, ZAR, SGD, KRW, TRY
""")
LANGUAGES = _lines("""
    Spanish, French, German, Italian, Portuguese, Dutch, Swedish, Norwegian, Danish, Finnish, Polish, Czech
    Hungarian, Greek, Turkish, Arabic, Hebrew, Hindi, Bengali, Thai, Vietnamese, Korean, Japanese, Mandarin, Swahili
    Ukrainian, Romanian, Indonesian, Icelandic, Welsh
""")
STREETS = _lines("""
    Maple Street, Oak Avenue, Station Road, Church Lane, Mill Road, Park Avenue, High Street, River Drive
    Hill Street, Cedar Lane, Lake View Road, Garden Street, Market Street, Sunset Boulevard, King Street, Elm Street
    Bridge Road, Harbor Way, College Avenue, Forest Drive, Victoria Road, Orchard Lane, School Street, Meadow Lane
    Castle Street
""")
TEAMS = _lines("""
    Lions, Tigers, Eagles, Falcons, Sharks, Wolves, Bears, Hawks, Panthers, Dragons, Rovers, Rangers, United
    Wanderers, Comets, Rockets, Titans, Knights, Pirates, Raiders, Storm, Thunder, Bulls, Stallions
""")
TOPICS = _lines("""
    climate change, solar power, electric cars, space travel, machine learning, remote work, coffee prices
    coral reefs, chess, urban farming, quantum computing, ocean plastics, renewable energy, sleep science
    world history, jazz, mountain biking, food waste, personal finance, robotics, bird migration, public transport
    artificial intelligence, home schooling, film photography, ancient Egypt, the housing market, vaccines
    street art, volcanoes, board games, mental health, cybersecurity, bread baking, the stock market
    marathon training, tropical storms, wine making
""")
TASKS = _lines("""
    buy milk, call the dentist, water the plants, pay the rent, walk the dog, pick up the kids, send the invoice
    renew my passport, book the flights, clean the kitchen, charge the car, return the library books
    take my vitamins, feed the cat, review the contract, submit the report, back up my laptop, change the sheets
    order new filters, check the mailbox, print the tickets, defrost the chicken, take out the trash, fix the bike
    call grandma, iron the shirts, reply to the landlord, update the slides, pack the suitcase, sign the lease
    mow the lawn, wash the car, buy stamps, cancel the subscription, collect the parcel, finish the essay
    vacuum the stairs
""")
EVENTS = _lines("""
    team standup, budget review, project kickoff, dentist appointment, yoga class, parent evening, job interview
    design workshop, sales call, book club, piano lesson, birthday dinner, board meeting, lunch with the team
    sprint demo, haircut, car inspection, movie night, choir practice, client visit, performance review, study group
    garage sale, town hall, product launch, wine tasting, chess club, training session, photo shoot, safety briefing
    coffee chat, tax consultation, vet appointment, guitar lesson, housewarming party, investor update, code review
""")
MESSAGES = _lines("""
    I'll be ten minutes late, the keys are under the mat, dinner is ready, see you at the station
    thanks for the help, the meeting moved to room four, call me when you land, the package arrived
    great job on the demo, I'm on my way, don't forget the charger, we are out of coffee, the build is green again
    lunch is on me, please bring the tickets, happy birthday, the server is back up, I found your scarf
    good luck today, the train is delayed, we won the match, can you pick up bread, the report is done
    my phone is dying, let's meet at the cafe, the plumber is here, are you free tonight, the kids are asleep
    parking is free on Sunday, I left my jacket at your place, the invoice is attached, tickets are booked
    bring warm clothes, the wifi is fixed, the contract is signed
""")
ROOMS = _lines("""
    living room, bedroom, kitchen, bathroom, hallway, garage, office, dining room, basement, attic, nursery
    guest room, laundry room, study, library, playroom, conservatory, sunroom, workshop, pantry
""")
SERVICES = _lines("""
    checkout, payments, search, billing, auth, inventory, gateway, notifications, catalog, reports, shipping
    profile, recommendations, scheduler, ingest, analytics, mailer, exports, sessions, orders, pricing, media, audit
    webhooks
""")
PLANTS = _lines("""
    basil, tomato, mint, rosemary, lavender, monstera, ficus, cactus, aloe vera, orchid, rose, tulip, sunflower
    hydrangea, jasmine, fern, bamboo, spider plant, snake plant, peace lily, strawberry, pepper, cucumber, lettuce
    carrot, pumpkin, olive tree, lemon tree, fig tree, bonsai, geranium, begonia, thyme, sage, parsley, chili
    raspberry, peony
""")
SPORTS = _lines("""
    running, cycling, swimming, rowing, hiking, yoga, boxing, tennis, climbing, skiing, dancing, walking, basketball
    football, pilates, skating, badminton, volleyball, squash, surfing
""")
