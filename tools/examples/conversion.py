"""From a workflow as people save it to the prompt of the API: the client's own conversion."""

from ..pack import pure

_conversion = pure("client.page.workflow")
to_api, widget_values = _conversion.to_api, _conversion.widget_values
