"""A day in an address."""

from datetime import date


class DayConverter:
    """YYYY-MM-DD; an address with a day that no calendar has is 404."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)

    def to_url(self, value: date) -> str:
        return value.isoformat()
