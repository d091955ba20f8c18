from processing.services.conversions.control import cancel_conversions, delete_outputs, retry_conversions
from processing.services.conversions.proofs import current_capabilities, prove_encoders
from processing.services.conversions.request import forecast, request_conversions

__all__ = [
    "cancel_conversions",
    "current_capabilities",
    "delete_outputs",
    "forecast",
    "prove_encoders",
    "request_conversions",
    "retry_conversions",
]
