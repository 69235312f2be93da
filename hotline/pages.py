"""Pages of the hotline: whom to phone on the road, and where one can stop and be tested."""

from flask import Blueprint, render_template

from accounts.guards import open_to_all
from accounts.public import area_words_many
from checkpoints.public import service_areas
from foundation.database import db
from hotline.queries import lines

pages = Blueprint("hotline", __name__, template_folder="templates")


@pages.get("/service-areas")
@open_to_all("drivers read it on the road, without any account")
def service_area_list() -> str:
    """The service areas that test drivers, and the numbers to phone."""
    session = db.session()
    areas = service_areas(session)
    return render_template(
        "hotline/lines.html",
        lines=lines(session),
        areas=areas,
        counties=area_words_many(session, {area.county for area in areas if area.county}),
    )
