"""Geometry."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import texts as t
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

LENGTH = n.decimal(2, 60)

GEOMETRY = Domain(
    "geometry",
    (
        function(
            "geometry.circle_area",
            "Calculates the area of a circle.",
            P("radius", "float", "The radius.", LENGTH),
            say="""
                What's the area of a circle with radius {radius}?
                Calculate the area of a circle whose radius is {radius}.
                Circle area, radius {radius}
                A round table has a radius of {radius}. How large is its surface?
                How big is a circle of radius {radius}?
                Work out the circle area for r = {radius}.
                Area of circles with radius {radius} and {2:radius}?
            """,
        ),
        function(
            "geometry.triangle_area",
            "Calculates the area of a triangle.",
            P("base", "float", "The length of the base.", LENGTH),
            P("height", "float", "The height.", LENGTH),
            say="""
                What's the area of a triangle with base {base} and height {height}?
                Triangle, base {base}, height {height}: area?
                Calculate the area of a triangle that is {height} high and has a base of {base}.
                The base of my triangle is {base} and its height {height}. What's the area?
                Find the triangle area for base {base} and height {height}.
                How large is a triangle of height {height} on a base of {base}?
            """,
        ),
        function(
            "geometry.cylinder_volume",
            "Calculates the volume of a cylinder.",
            P("radius", "float", "The radius.", LENGTH),
            P("height", "float", "The height.", LENGTH),
            say="""
                What's the volume of a cylinder with radius {radius} and height {height}?
                Cylinder volume: r = {radius}, h = {height}
                How much fits in a cylinder of height {height} and radius {radius}?
                A tank is a cylinder {height} high with a radius of {radius}. What's its volume?
                Calculate the volume of a cylinder, radius {radius}, height {height}.
                Find the cylinder's volume given height {height} and radius {radius}.
            """,
        ),
        function(
            "geometry.distance",
            "Calculates the distance between two points.",
            P("point_a", "Tuple[float, float]", "The first point.", t.POINT),
            P("point_b", "Tuple[float, float]", "The second point.", t.POINT),
            say="""
                How far is {point_a} from {point_b}?
                What's the distance between {point_a} and {point_b}?
                Distance {point_a} to {point_b}
                Find the distance from point {point_a} to point {point_b}.
                Two points lie at {point_a} and {point_b}. How far apart are they?
                Measure the distance between the points {point_a} and {point_b}.
            """,
        ),
        function(
            "geometry.polygon_perimeter",
            "Calculates the perimeter of a polygon.",
            P("sides", "List[float]", "The lengths of the sides.", t.numbers(2, 30, size=(3, 6))),
            say="""
                What's the perimeter of a polygon with sides {sides}?
                Perimeter, sides {sides}
                My garden has sides of {sides} meters. How long is the fence around it?
                Add up the perimeter of a shape whose sides are {sides}.
                Calculate the perimeter for the sides {sides}.
                A polygon has the sides {sides}. Find its perimeter.
            """,
        ),
        function(
            "geometry.rectangle_diagonal",
            "Calculates the diagonal of a rectangle.",
            P("width", "float", "The width.", LENGTH),
            P("length", "float", "The length.", LENGTH),
            not_with=("geometry.hypotenuse",),
            say="""
                How long is the diagonal of a rectangle {width} wide and {length} long?
                Rectangle diagonal: width {width}, length {length}
                What's the diagonal of a screen with width {width} and length {length}?
                Calculate the diagonal for a rectangle of width {width} and length {length}.
                My room is {length} long and {width} wide. How far is it from corner to corner?
                Find the diagonal if the length is {length} and the width {width}.
            """,
        ),
        function(
            "geometry.line_slope",
            "Calculates the slope of the line through two points.",
            P("first", "Tuple[float, float]", "The first point.", t.POINT),
            P("second", "Tuple[float, float]", "The second point.", t.POINT),
            say="""
                What's the slope of the line through {first} and {second}?
                Slope from {first} to {second}
                Find the slope between the points {first} and {second}.
                A line passes through {first} and {second}. How steep is it?
                Calculate the gradient of the line from {first} to {second}.
                How steep is the line that joins {first} and {second}?
            """,
        ),
        function(
            "geometry.midpoint",
            "Finds the point halfway between two points.",
            P("start", "Tuple[float, float]", "The first point.", t.POINT),
            P("end", "Tuple[float, float]", "The second point.", t.POINT),
            held_out=True,
            say="""
                What's the midpoint of {start} and {end}?
                Find the point halfway between {start} and {end}.
                Midpoint {start} {end}
                Which point lies in the middle between {start} and {end}?
                Calculate the midpoint of the line from {start} to {end}.
                A segment runs from {start} to {end}. Where is its middle?
            """,
        ),
        function(
            "geometry.sphere_volume",
            "Calculates the volume of a sphere.",
            P("radius", "float", "The radius.", LENGTH),
            held_out=True,
            say="""
                What's the volume of a sphere with radius {radius}?
                Calculate the volume of a ball whose radius is {radius}.
                Sphere volume, radius {radius}
                A ball has a radius of {radius}. How much space does it take?
                Find the volume of a sphere of radius {radius}.
                Work out the sphere volume for r = {radius}.
                Volume of spheres with radius {radius} and {2:radius}?
            """,
        ),
        function(
            "geometry.hypotenuse",
            "Calculates the hypotenuse of a right triangle.",
            P("a", "float", "One leg.", LENGTH),
            P("b", "float", "The other leg.", LENGTH),
            held_out=True,
            say="""
                What's the hypotenuse of a right triangle with legs {a} and {b}?
                Legs {a} and {b}: hypotenuse?
                Find the hypotenuse if the legs are {a} and {b}.
                Calculate the longest side of a right triangle whose other sides are {a} and {b}.
                The legs of a right triangle measure {a} and {b}. How long is the hypotenuse?
                Right triangle, legs {a} and {b}, hypotenuse please
            """,
        ),
    ),
)
