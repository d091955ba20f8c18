"""Which device a browser says it runs on, in words."""

from dataclasses import dataclass

# The first that occurs counts: Edge and Opera also call themselves Chrome, and Chrome calls itself Safari.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("python-", "Python"),
)
# Android says Linux too, and iPads and iPhones say Mac OS.
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("SmartTV", "a television"),
    ("Tizen", "a television"),
    ("Web0S", "a television"),
    ("Linux", "Linux"),
)


_KINDS = {
    "iPhone": "phone",
    "iPad": "tablet",
    "a television": "television",
    "ChromeOS": "desktop",
    "Windows": "desktop",
    "Mac": "desktop",
    "Linux": "desktop",
}


@dataclass(frozen=True, slots=True)
class Device:
    """What a User-Agent says. `browser` and `system` are empty, and `kind` too, where it says nothing we know; `kind`
    is desktop, phone, tablet or television."""

    browser: str
    system: str
    kind: str

    def __str__(self) -> str:
        if self.browser and self.system:
            return f"{self.browser} on {self.system}"
        return self.browser or (self.system[:1].upper() + self.system[1:] if self.system else "An unknown device")


def read_device(user_agent: str) -> Device:
    """The device of a User-Agent."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    # Televisions and tablets with Android don't call themselves mobile.
    if system == "Android":
        return Device(browser, system, "phone" if "Mobile" in user_agent else "tablet")
    return Device(browser, system, _KINDS.get(system, ""))


def device_name(user_agent: str) -> str:
    """ "Firefox on Windows"; "An unknown device" for what says nothing we know."""
    return str(read_device(user_agent))
