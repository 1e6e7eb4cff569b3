"""Whether an error says that memory ran out, on whatever kind of device."""

import comfy.model_management as host
import torch


def is_out_of_memory(error: BaseException) -> bool:
    """Also where the device's own error is a general one, as far as the host can tell."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    # ComfyUI before 0.30 knows but one class, and on some devices that is every exception.
    told = getattr(host, "is_oom", None)
    if told:
        return told(error)
    return host.OOM_EXCEPTION is not Exception and isinstance(error, host.OOM_EXCEPTION)
