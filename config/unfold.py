"""The admin's theme, navigation and command palette, as django-unfold reads them (`UNFOLD` in the settings).

Everything that asks the database is a dotted name, called once per page; this module itself loads before the apps.
The colours are those of the web pages' tokens.css: `base` runs from the light room's ground (50) to the dark one's
(950), `primary` holds the light room's accent at 600 and the dark one's at 500, `font` the text colours. What Unfold
places otherwise than the web pages do, admin.css corrects.
"""

from typing import Any

from django.templatetags.static import static


def _static(name: str) -> Any:
    return lambda request: static(f"videothek/{name}")


BASE = {
    "50": "#f5f4f1",
    "100": "#eceae5",
    "200": "#dcd8d0",
    "300": "#c4c1ba",
    "400": "#a0aab8",
    "500": "#7d848e",
    "600": "#545d69",
    "700": "#3a434f",
    "800": "#2a313b",
    "900": "#161a20",
    "950": "#0e1014",
}
PRIMARY = {
    "50": "#fdf6e9",
    "100": "#faeacd",
    "200": "#f7dca9",
    "300": "#f5cd82",
    "400": "#f4c064",
    "500": "#f2b34a",
    "600": "#8f5400",
    "700": "#7a4800",
    "800": "#613900",
    "900": "#4a2d00",
    "950": "#201503",
}
FONT = {
    "subtle-light": "#545d69",
    "subtle-dark": "#a0aab8",
    "default-light": "#3f4751",
    "default-dark": "#c3cad4",
    "important-light": "#1c1f24",
    "important-dark": "#e9ecf1",
}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Videothek",
    "SITE_HEADER": "Videothek",
    "SITE_URL": "/",
    "SITE_ICON": _static("img/icon.svg"),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _static("img/icon.svg")}],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": True,
    "ENVIRONMENT": None,
    "BORDER_RADIUS": "8px",
    "COLORS": {"base": BASE, "primary": PRIMARY, "font": FONT},
    "STYLES": [_static("css/tokens.css"), _static("css/admin.css")],
    "SCRIPTS": [_static("js/admin.js")],
    "DASHBOARD_CALLBACK": "library.admin.dashboard.add_sections",
    "COMMAND": {"search_models": False, "show_history": True, "search_callback": "config.admin_site.search"},
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": "config.admin_site.navigation",
    },
}
