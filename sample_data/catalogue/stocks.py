"""Shares: prices, orders, company facts."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import texts as t
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

STOCKS = Domain(
    "stocks",
    (
        function(
            "stocks.get_price",
            "Gets the latest price of a stock.",
            P("ticker", "str", "The ticker symbol.", t.TICKER),
            say="""
                What's {ticker} trading at?
                How much is a share of {ticker} right now?
                Get me the stock price of {ticker}.
                {ticker} price
                Check what {ticker} costs at the moment.
                I'm thinking about {ticker}. What's the current share price?
                What are {ticker} and {2:ticker} trading at?
            """,
        ),
        function(
            "stocks.price_history",
            "Gets daily closing prices between two dates.",
            P("ticker", "str", "The ticker symbol.", t.TICKER),
            P("start_date", "str", "The first day.", t.EARLIER_DATE),
            P("end_date", "str", "The last day.", t.LATER_DATE),
            say="""
                How did {ticker} close each day from {start_date} to {end_date}?
                Show me the price history of {ticker} between {start_date} and {end_date}.
                {ticker} daily closes, {start_date} to {end_date}
                Get closing prices for {ticker} starting {start_date} and ending {end_date}.
                I need {ticker} historical prices from {start_date} until {end_date}.
                From {start_date} to {end_date}, what were the closing prices of {ticker}?
            """,
        ),
        function(
            "stocks.dividend_yield",
            "Gets the dividend yield of a stock.",
            P("ticker", "str", "The ticker symbol.", t.TICKER),
            say="""
                What's the dividend yield of {ticker}?
                Does {ticker} pay a good dividend? Give me the yield.
                Look up the dividend yield for {ticker}.
                {ticker} dividend yield
                I want to know how much {ticker} pays in dividends as a yield.
                Find {ticker}'s current dividend yield.
                Compare the dividend yields of {ticker} and {2:ticker}.
            """,
        ),
        function(
            "stocks.buy_shares",
            "Places an order to buy shares.",
            P("ticker", "str", "The ticker symbol.", t.TICKER),
            P("shares", "int", "The number of shares.", n.amount(2, 5_000)),
            P("limit_price", "float, optional", "The highest price to pay.", n.price(10, 500), default=""),
            say="""
                Buy {shares} shares of {ticker}.
                Buy {shares} {ticker} at no more than {limit_price}.
                I'd like to purchase {shares} shares of {ticker}.
                Place a buy order for {shares} {ticker}, limit {limit_price}.
                Get me {shares} shares in {ticker} as long as they cost {limit_price} or less.
                buy {shares} {ticker}
                Buy {shares} shares of {ticker} and {2:shares} of {2:ticker}.
            """,
        ),
        function(
            "stocks.set_price_alert",
            "Sets an alert for when a stock passes a price.",
            P("ticker", "str", "The ticker symbol.", t.TICKER),
            P("price", "float", "The price that triggers the alert.", n.price(10, 700)),
            P("direction", "str", "Either 'above' or 'below'.", t.choice("above", "below")),
            say="""
                Alert me when {ticker} goes {direction} {price}.
                Tell me if {ticker} is {direction} {price}.
                Set a price alert on {ticker} at {price}, {direction}.
                I want a notification once {ticker} trades {direction} {price}.
                Price alert: {ticker} {direction} {price}
                Warn me as soon as {ticker} moves {direction} {price}.
                Alert me when {ticker} goes {direction} {price} or {2:direction} {2:price}.
            """,
        ),
        function(
            "stocks.company_news",
            "Finds recent news about a listed company.",
            P("company", "str", "The name of the company.", t.COMPANY),
            P("limit", "int, optional", "How many articles to return.", n.count(2, 12), default="5"),
            say="""
                What's in the news about {company}?
                Show me the latest {limit} articles about {company}.
                Any recent headlines on {company}?
                {company} news
                Get {limit} news stories on {company}.
                I own shares in {company}. Find me recent news on them.
                Any recent headlines on {company} or {2:company}?
            """,
        ),
        function(
            "stocks.market_cap",
            "Gets the market capitalization of a stock.",
            P("ticker", "str", "The ticker symbol.", t.TICKER),
            held_out=True,
            say="""
                What's the market cap of {ticker}?
                How big is {ticker} by market capitalization?
                Look up the market capitalization of {ticker}.
                {ticker} market cap
                Get me the market value of the company behind {ticker}.
                I need the market cap for {ticker}.
                Market cap of {ticker} and {2:ticker}?
            """,
        ),
        function(
            "stocks.sell_shares",
            "Places an order to sell shares.",
            P("ticker", "str", "The ticker symbol.", t.TICKER),
            P("shares", "int", "The number of shares.", n.amount(2, 5_000)),
            held_out=True,
            say="""
                Sell {shares} shares of {ticker}.
                I want to get rid of {shares} {ticker} shares.
                Sell {shares} of my {ticker}.
                Place a sell order: {shares} {ticker}
                Could I sell {shares} shares in {ticker} now?
                sell {shares} {ticker}
                Sell {shares} shares of {ticker} and {2:shares} of {2:ticker}.
            """,
        ),
        function(
            "stocks.earnings_date",
            "Finds when a company next reports earnings.",
            P("ticker", "str", "The ticker symbol.", t.TICKER),
            held_out=True,
            say="""
                When does {ticker} report earnings next?
                Find the next earnings date for {ticker}.
                {ticker} earnings date
                On which day are the next results of {ticker} due?
                I'd like to know when {ticker} publishes its earnings.
                Check when the earnings report of {ticker} comes out.
                When do {ticker} and {2:ticker} report earnings?
            """,
        ),
    ),
)
