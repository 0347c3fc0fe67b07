"""Taking, editing and printing photographs."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import texts as t
from sample_data.exam import values as v
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

PHOTO = t.made(lambda rng: f"{rng.choice(['IMG', 'DSC', 'P'])}_{rng.randint(1000, 9999)}.jpg")
PRINT_SIZE = t.any_of(["10x15", "13x18", "20x30", "30x45", "40x60"])

PHOTOGRAPHY = Domain(
    "photography",
    (
        function(
            "photo.crop",
            "Crops a photo to an aspect ratio.",
            P("file", "str", "The name of the file.", PHOTO),
            P(
                "ratio",
                "str",
                "The aspect ratio, such as 16:9.",
                t.any_of(["16:9", "4:3", "3:2", "1:1", "5:4", "21:9", "2:3"]),
            ),
            say="""
                Crop {file} to {ratio}.
                Can you cut {file} down to {ratio}?
                Crop: {file}, {ratio}
                I need {file} in {ratio} format.
                Trim the photo {file} so that it has an aspect ratio of {ratio}.
                The picture {file} should be {ratio}. Crop it accordingly.
                Crop {file} to {ratio} and {2:file} to {2:ratio}.
            """,
        ),
        function(
            "photo.adjust_contrast",
            "Raises the contrast of a photo.",
            P("file", "str", "The name of the file.", PHOTO),
            P("amount", "int", "By how much, in percent.", n.percent(5, 60, 5)),
            say="""
                Raise the contrast of {file} by {amount}.
                I'd like {amount} more contrast in {file}.
                Contrast of {file}: {amount} up
                Give {file} {amount} more contrast.
                The photo {file} looks flat. Can you add {amount} contrast?
                Increase contrast in {file} by {amount}.
                Raise the contrast of {file} by {amount} and of {2:file} by {2:amount}.
            """,
        ),
        function(
            "photo.add_watermark",
            "Puts a watermark on photos.",
            P("files", "List[str]", "The names of the files.", t.several_made(PHOTO)),
            P("text", "str", "What the watermark says.", t.PERSON),
            say="""
                Put the watermark "{text}" on {files}.
                I want "{text}" to appear as a watermark on {files}.
                Watermark "{text}": {files}
                Add a watermark that says "{text}" to {files}.
                Can you mark {files} with the watermark "{text}"?
                My photos {files} need a watermark with the text "{text}".
            """,
        ),
        function(
            "photo.print_resolution",
            "Calculates the resolution of a print.",
            P("pixels", "int", "The pixels along the long side.", n.whole(2_000, 9_000, 100)),
            P("length_cm", "float", "The length of that side on paper, in centimeters.", n.whole(15, 120, 5)),
            say="""
                My photo has {pixels} pixels on its long side. What's the resolution if I print it {length_cm} cm long?
                What resolution does a print of {length_cm} cm have with {pixels} pixels along it?
                Print resolution: {pixels} pixels on {length_cm} cm
                Calculate the resolution for printing {pixels} pixels at a length of {length_cm} cm.
                Are {pixels} pixels enough for a print {length_cm} cm long?
                I'd like to print {pixels} pixels over {length_cm} centimeters. Which resolution is that?
            """,
        ),
        function(
            "photo.timelapse_length",
            "Calculates how long a time-lapse film made of photos runs.",
            P("photos", "int", "The number of photos.", n.amount(300, 9_000)),
            P("frames_per_second", "int", "The photos shown in a second.", v.among(12, 15, 24, 25, 30, 50, 60)),
            say="""
                How long is a time-lapse of {photos} photos at {frames_per_second} frames per second?
                I took {photos} photos. How long does the time-lapse run at {frames_per_second} fps?
                Time-lapse: {photos} photos, {frames_per_second} fps
                Calculate the length of a time-lapse film from {photos} pictures at {frames_per_second} frames a second.
                If I show {frames_per_second} frames a second, how long do {photos} photos last?
                My time-lapse has {photos} pictures and plays at {frames_per_second} frames per second. What's its length?
            """,
        ),
        function(
            "photo.depth_of_field",
            "Calculates which part of a picture is sharp.",
            P(
                "focal_length_mm",
                "int",
                "The focal length of the lens in millimeters.",
                v.among(24, 35, 50, 85, 105, 135, 200),
            ),
            P("aperture", "float", "The f-number.", v.among(1.4, 1.8, 2, 2.8, 4, 5.6, 8, 11, 16)),
            P("distance_m", "float", "The distance to the subject in meters.", n.whole(2, 30)),
            say="""
                What's the depth of field of a {focal_length_mm} mm lens at f/{aperture} and {distance_m} meters?
                Depth of field: {focal_length_mm} mm, f/{aperture}, {distance_m} m
                My subject is {distance_m} meters away. What will be sharp at {focal_length_mm} mm and f/{aperture}?
                Calculate the depth of field for f/{aperture} with {focal_length_mm} mm at a distance of {distance_m} m.
                How much is in focus at {distance_m} m with a {focal_length_mm} mm lens and f/{aperture}?
                I use {focal_length_mm} mm at f/{aperture}. Which range is sharp if I focus at {distance_m} meters?
            """,
        ),
        function(
            "photo.order_prints",
            "Orders paper prints of a photo.",
            P("file", "str", "The name of the file.", PHOTO),
            P("copies", "int", "How many.", n.count(2, 12)),
            P("size", "str, optional", "The size in centimeters, such as 10x15.", PRINT_SIZE, "10x15"),
            say="""
                Order {copies} prints of {file}.
                I'd like {copies} prints of {file} in {size}.
                {copies} prints, {file}, {size}
                Have {file} printed {copies} times in {size}.
                Can I get {copies} paper copies of {file}?
                My aunt wants {copies} prints of {file}. Order them in {size}.
                Order {copies} prints of {file} and {2:copies} of {2:file}.
            """,
        ),
        function(
            "photo.golden_hour",
            "Finds the hour of soft evening light for taking pictures.",
            P("city", "str", "The city.", t.CITY),
            P("date", "str", "The day as YYYY-MM-DD.", t.DATE),
            say="""
                When is the golden hour in {city} on {date}?
                Golden hour, {city}, {date}
                I'm taking portraits in {city} on {date}. When is golden hour?
                Find the golden hour for {date} in {city}.
                At what time on {date} do I get golden light in {city}?
                Look up when golden hour starts in {city} on {date}.
                When is golden hour on {date} in {city} and in {2:city}?
            """,
        ),
    ),
)
