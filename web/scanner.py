"""The scanner's app: its page and its service worker, as the build left them. Everything else of it is a static file."""

from pathlib import Path

from flask import Response, request

from accounts.guards import open_to_all
from foundation.i18n import lazy_gettext as _
from foundation.problems import DomainProblem
from foundation.words import ProblemWords, register_problems
from web.pages import pages

BUILT = Path(__file__).parent / "static" / "built" / "scanner"
MEDIA = {".html": "text/html", ".js": "text/javascript"}

register_problems(
    {
        "scanner.not_built": ProblemWords(
            503,
            _("扫码端还没有构建。"),
            _("其他页面不受影响，已安装的扫码端照常离线使用。"),
            (_("管理员请在程序目录中运行：make frontend"),),
        )
    }
)


@pages.get("/scanner/")
@open_to_all(
    "the app is the same for everybody and holds no secret; what it does is let in by the token of the device"
)
def scanner() -> Response:
    """The page of the app. Which version it is must be asked each time, or a phone would mix two of them."""
    return _built("index.html")


@pages.get("/sw.js")
@open_to_all("a browser asks for its service worker by itself, and drivers have one without an account")
def service_worker() -> Response:
    """The service worker of the whole site: it answers the scanner, and codes and drivers' links that were opened before."""
    response = _built("sw.js")
    response.headers["Service-Worker-Allowed"] = "/"
    return response


def _built(name: str) -> Response:
    try:
        content = (BUILT / name).read_bytes()
    except FileNotFoundError:
        raise DomainProblem("scanner.not_built") from None
    response = Response(content, mimetype=MEDIA[Path(name).suffix])
    response.add_etag()
    response.headers["Cache-Control"] = "no-cache"
    response.make_conditional(request)
    return response
